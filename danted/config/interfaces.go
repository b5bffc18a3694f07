package config

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/addr"
)

// defaultPort is used when no port is given and the system knows no service "socks".
const defaultPort = 1080

// external is an external address as it was written.
type external struct {
	token syntax.Token
	host  host
	addr  netip.Addr // unless the host is an interface
}

// externalFamilies tells whether all external addresses read so far are of one family.
func (r *reader) externalFamilies() (only4, only6 bool) {
	var v4, v6 bool
	note := func(a netip.Addr) {
		v4, v6 = v4 || a.Is4(), v6 || a.Is6()
	}
	for _, e := range r.externals {
		if e.host.kind != addr.Interface {
			note(e.addr)
			continue
		}
		for _, a := range expand(r.facts, e.host.name) {
			if r.cfg.ExternalFamilies.Enabled(a) {
				note(a)
			}
		}
	}
	return v4 && !v6, v6 && !v4
}

func readInternal(r *reader, n *syntax.Node) {
	a := n.Address.Value
	h, ok := r.host(a.Host)
	if !ok {
		return
	}
	if !r.checkNoURL(a.Host, h) {
		return
	}
	_, ok = r.mask(a, h, maskForbidden)
	ports, ok2 := r.ports(a.Port, transport{tcp: true})
	if !ok || !ok2 {
		return
	}
	port := ports.TCP
	if a.Port == nil {
		port = defaultPort
		if p, ok := r.facts.Service("socks", "tcp"); ok {
			port = p
		}
	}
	switch h.kind {
	case addr.AnyIP:
		// 0/0 has a mask, and 0 alone is none of danted's addresses: both were refused above.
		return
	case addr.Prefix:
		if r.checkZone(a, h) && r.checkPortGiven(a, h, port) {
			r.checkLocal(a, h.ip, "")
			r.listen(n, "", []netip.Addr{h.ip}, port)
		}
	case addr.Interface:
		r.checkDynamicPort(a, port)
		r.listen(n, h.name, expand(r.facts, h.name), port)
	default:
		all, ok := r.resolve(a.Host, h)
		if !ok {
			return
		}
		r.checkDynamicPort(a, port)
		for _, ip := range all {
			r.checkLocal(a, ip, " (resolved from "+h.name+")")
		}
		r.listen(n, h.name, all, port)
	}
}

// checkZone refuses zones. COMPAT: danted dies of an internal error.
func (r *reader) checkZone(a *syntax.Address, h host) bool {
	if h.ip.Zone() != "" {
		r.fail(a.Host, codeZone, "an address with a zone cannot be used here", "write the name of the interface")
	}
	return h.ip.Zone() == ""
}

// checkPortGiven refuses port 0 of an address.
func (r *reader) checkPortGiven(a *syntax.Address, h host, port uint16) bool {
	if port == 0 {
		r.fail(a.Host, codeNoPort, fmt.Sprintf("address %s.0 does not specify a portnumber to bind", h.ip), "write for instance port = 1080")
	}
	return port != 0
}

// checkDynamicPort warns of port 0 where danted does not refuse it.
func (r *reader) checkDynamicPort(a *syntax.Address, port uint16) {
	if port == 0 {
		r.warn(a.Host, codeDynamicPort, "port 0 is another port after each start", "write for instance port = 1080")
	}
}

// checkLocal warns of an address to listen on that this machine does not have.
func (r *reader) checkLocal(a *syntax.Address, ip netip.Addr, from string) {
	if !ip.IsUnspecified() && !r.facts.Local(ip) {
		r.warn(a.Host, codeAddressNotLocal, fmt.Sprintf("could not find address %s%s on any network interface", ip, from),
			"the server will not start unless the address exists by then")
	}
}

// listen adds addresses to accept clients on, without those of families that are off and those that are there already.
func (r *reader) listen(n *syntax.Node, name string, addrs []netip.Addr, port uint16) {
	for _, a := range addrs {
		ap := netip.AddrPortFrom(a, port)
		known := slices.ContainsFunc(r.cfg.Internal, func(v Value[netip.AddrPort]) bool {
			// COMPAT: port 0 is taken for a port that is there already.
			return v.V == ap || port == 0 && v.V.Addr() == a
		})
		if !known && r.cfg.InternalFamilies.Enabled(a) {
			r.cfg.Internal = append(r.cfg.Internal, found(n, name, ap))
		}
	}
}

func readExternal(r *reader, n *syntax.Node) {
	a := n.Address.Value
	h, ok := r.host(a.Host)
	if !ok {
		return
	}
	if !r.checkNoURL(a.Host, h) {
		return
	}
	if _, ok = r.mask(a, h, maskUnknown); !ok || !r.checkExternalPort(a) {
		return
	}
	switch h.kind {
	case addr.AnyIP:
		return
	case addr.Prefix:
		if r.checkWildcard(a, h) {
			r.addExternal(n, external{token: a.Host, host: h, addr: h.ip})
		}
	case addr.Interface:
		// Danted keeps the interface and looks at its addresses when it needs one.
		r.externals = append(r.externals, external{token: a.Host, host: h})
		used := len(r.cfg.External)
		for _, ip := range expand(r.facts, h.name) {
			r.useExternal(n, h.name, ip)
		}
		if len(r.cfg.External) == used {
			r.cfg.IdleExternal = append(r.cfg.IdleExternal, at(n, h.name))
		}
	default:
		all, ok := r.resolve(a.Host, h)
		if !ok {
			return
		}
		for _, ip := range all {
			r.addExternal(n, external{token: a.Host, host: h, addr: ip})
		}
	}
}

// checkExternalPort refuses a port to connect out from.
func (r *reader) checkExternalPort(a *syntax.Address) bool {
	if a.Port != nil {
		r.fail(a.Port.Key, codeExternalPort, `syntax error near "port": an external address has no port`, "remove the port: the kernel picks one for each connection")
	}
	return a.Port == nil
}

// checkWildcard refuses to connect out from any address.
func (r *reader) checkWildcard(a *syntax.Address, h host) bool {
	if h.ip.IsUnspecified() {
		r.fail(a.Host, codeWildcard, fmt.Sprintf("external address (%s/%d) to connect out from cannot be a wildcard address", h.ip, h.ip.BitLen()),
			"write the address or interface to connect out from")
	}
	return !h.ip.IsUnspecified()
}

// addExternal adds an address to connect out from, unless its family is off.
func (r *reader) addExternal(n *syntax.Node, e external) {
	if r.cfg.ExternalFamilies.Enabled(e.addr) {
		r.externals = append(r.externals, e)
		r.useExternal(n, e.host.name, e.addr)
	}
}

func (r *reader) useExternal(n *syntax.Node, name string, a netip.Addr) {
	if r.cfg.ExternalFamilies.Enabled(a) {
		r.cfg.External = append(r.cfg.External, found(n, name, a))
	}
}

// found makes a value that was found by a name; "" is one that was written itself.
func found[T any](n *syntax.Node, name string, v T) Value[T] {
	value := at(n, v)
	value.Name = name
	return value
}

func readInternalFamilies(r *reader, n *syntax.Node) {
	r.checkFamilyOrder(n, len(r.cfg.Internal) > 0, "internal/client-side", keyword.Internal)
	readFamilies(&r.cfg.InternalFamilies, n)
}

func readExternalFamilies(r *reader, n *syntax.Node) {
	r.checkFamilyOrder(n, len(r.externals) > 0, "external/target-side", keyword.External)
	readFamilies(&r.cfg.ExternalFamilies, n)
}

// checkFamilyOrder refuses families chosen after addresses, some of which would have been left out.
func (r *reader) checkFamilyOrder(n *syntax.Node, late bool, side string, id keyword.ID) {
	if !late {
		return
	}
	r.fail(n.Key, codeFamilyTooLate, "protocols and address-families on the "+side+
		" interface must be specified before addresses for the same interface are specified",
		`move the line above "`+keyword.Get(id).Name+`:"`)
}

func readFamilies(f *Families, n *syntax.Node) {
	f.Pos = syntax.Pos(n.Key)
	for _, w := range n.Words.Values {
		switch w.Value {
		case "ipv4":
			f.IPv4 = true
		case "ipv6":
			f.IPv6 = true
		}
	}
}

// checkExternal makes the checks of the external side that need all of the file.
func (r *reader) checkExternal() {
	if !r.checkExternalGiven() {
		return
	}
	count4, count6 := 0, 0
	for i, e := range r.externals {
		a := e.addr
		if e.host.kind == addr.Interface {
			// COMPAT: of an interface danted tries the first address, whether its family is in use or not.
			a = expand(r.facts, e.host.name)[0]
		} else if a.Is4() {
			count4++
		} else {
			count6++
		}
		r.checkBindable(i, e, a)
	}
	r.checkExternalUsable()
	r.checkSeveralExternals(count4, count6)
	r.checkRotation()
}

// checkExternalGiven checks that there is an address to connect out from.
func (r *reader) checkExternalGiven() bool {
	if len(r.externals) == 0 && !r.file.Broken[keyword.External] {
		r.whole(diag.Error, codeNoExternal, "no external address specified for server to use when forwarding data on behalf of clients",
			"add for instance: external: eth0")
	}
	return len(r.externals) > 0
}

// checkBindable checks that an address can be connected out from.
func (r *reader) checkBindable(i int, e external, a netip.Addr) {
	if err := r.facts.Bindable(a); err != nil {
		r.fail(e.token, codeNotBindable, fmt.Sprintf("cannot bind external address #%d: %s: %v", i, a, err),
			"external takes addresses of this machine")
	}
}

// checkExternalUsable warns when external.protocol leaves no address.
func (r *reader) checkExternalUsable() {
	if len(r.cfg.External) == 0 {
		r.warn(r.externals[0].token, codeExternalUnusable, "no external address is of a family external.protocol allows", "add another external address")
	}
}

// checkSeveralExternals warns of addresses that are never used.
func (r *reader) checkSeveralExternals(count4, count6 int) {
	if r.cfg.Rotation.V == "none" && (count4 > 1 || count6 > 1) {
		r.warn(r.externals[1].token, codeSeveralExternal, "more than one external address has been specified, but as long as external.rotation has the default value none only the first address specified will be used",
			"remove the others")
	}
}

// checkRotation warns of a rotation of one address.
func (r *reader) checkRotation() {
	if r.cfg.Rotation.V == "same-same" && len(r.externals) == 1 {
		r.warn(r.externals[0].token, codeOneExternal, "rotation for external addresses is set to same-same, but the number of external addresses is only one, so this does not make sense",
			"remove external.rotation, or add external addresses")
	}
}

// checkInternal checks that there is something to listen on.
func (r *reader) checkInternal() {
	if len(r.cfg.Internal) == 0 && !r.file.Broken[keyword.Internal] {
		r.whole(diag.Error, codeNoInternal, "no internal address given for server to listen for clients on", "add for instance: internal: 0.0.0.0 port = 1080")
	}
}
