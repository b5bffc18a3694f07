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
	if h.kind == 0 {
		r.fail(a.Host, codeURL, `syntax error near "`+a.Host.Value+`": a URL cannot be used here`, "write an address, a host name or an interface")
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
		if h.ip.Zone() != "" {
			// COMPAT: danted dies of an internal error here.
			r.fail(a.Host, codeZone, "an address with a zone cannot be used here", "write the name of the interface")
			return
		}
		if port == 0 {
			r.fail(a.Host, codeNoPort, fmt.Sprintf("address %s.0 does not specify a portnumber to bind", h.ip), "write for instance port = 1080")
			return
		}
		if !h.ip.IsUnspecified() && !r.facts.Local(h.ip) {
			r.warn(a.Host, codeAddressNotLocal, fmt.Sprintf("could not find address %s on any network interface", h.ip),
				"the server will not start unless the address exists by then")
		}
		r.listen(n, []netip.Addr{h.ip}, port)
	case addr.Interface:
		if port == 0 {
			r.dynamic(a)
		}
		r.listen(n, expand(r.facts, h.name), port)
	default:
		all, ok := r.resolve(a.Host, h)
		if !ok {
			return
		}
		if port == 0 {
			r.dynamic(a)
		}
		for _, ip := range all {
			if !r.facts.Local(ip) {
				r.warn(a.Host, codeAddressNotLocal, fmt.Sprintf("could not find address %s (resolved from %s) on any network interface", ip, h.name),
					"the server will not start unless the address exists by then")
			}
		}
		r.listen(n, all, port)
	}
}

// dynamic warns of port 0 where danted does not refuse it.
func (r *reader) dynamic(a *syntax.Address) {
	r.warn(a.Host, codeDynamicPort, "port 0 is another port after each start", "write for instance port = 1080")
}

// listen adds addresses to accept clients on, without those of families that are off and those that are there already.
func (r *reader) listen(n *syntax.Node, addrs []netip.Addr, port uint16) {
	for _, a := range addrs {
		ap := netip.AddrPortFrom(a, port)
		known := slices.ContainsFunc(r.cfg.Internal, func(v Value[netip.AddrPort]) bool {
			// COMPAT: port 0 is taken for a port that is there already.
			return v.V == ap || port == 0 && v.V.Addr() == a
		})
		if !known && r.cfg.InternalFamilies.Enabled(a) {
			r.cfg.Internal = append(r.cfg.Internal, at(n, ap))
		}
	}
}

func readExternal(r *reader, n *syntax.Node) {
	a := n.Address.Value
	h, ok := r.host(a.Host)
	if !ok {
		return
	}
	if h.kind == 0 {
		r.fail(a.Host, codeURL, `syntax error near "`+a.Host.Value+`": a URL cannot be used here`, "write an address, a host name or an interface")
		return
	}
	_, ok = r.mask(a, h, maskUnknown)
	if ok && a.Port != nil {
		r.fail(a.Port.Key, codeExternalPort, `syntax error near "port": an external address has no port`, "remove the port: the kernel picks one for each connection")
		ok = false
	}
	if !ok {
		return
	}
	switch h.kind {
	case addr.AnyIP:
		return
	case addr.Prefix:
		if h.ip.IsUnspecified() {
			r.fail(a.Host, codeWildcard, fmt.Sprintf("external address (%s/%d) to connect out from cannot be a wildcard address", h.ip, h.ip.BitLen()),
				"write the address or interface to connect out from")
			return
		}
		r.addExternal(n, external{token: a.Host, host: h, addr: h.ip})
	case addr.Interface:
		// Danted keeps the interface and looks at its addresses when it needs one.
		r.externals = append(r.externals, external{token: a.Host, host: h})
		for _, ip := range expand(r.facts, h.name) {
			r.useExternal(n, ip)
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

// addExternal adds an address to connect out from, unless its family is off.
func (r *reader) addExternal(n *syntax.Node, e external) {
	if r.cfg.ExternalFamilies.Enabled(e.addr) {
		r.externals = append(r.externals, e)
		r.useExternal(n, e.addr)
	}
}

func (r *reader) useExternal(n *syntax.Node, a netip.Addr) {
	if r.cfg.ExternalFamilies.Enabled(a) {
		r.cfg.External = append(r.cfg.External, at(n, a))
	}
}

func readInternalFamilies(r *reader, n *syntax.Node) {
	if len(r.cfg.Internal) > 0 {
		r.tooLate(n, "internal/client-side", keyword.Internal)
	}
	readFamilies(&r.cfg.InternalFamilies, n)
}

func readExternalFamilies(r *reader, n *syntax.Node) {
	if len(r.externals) > 0 {
		r.tooLate(n, "external/target-side", keyword.External)
	}
	readFamilies(&r.cfg.ExternalFamilies, n)
}

// tooLate says that families were chosen after addresses, some of which would have been left out.
func (r *reader) tooLate(n *syntax.Node, side string, id keyword.ID) {
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
	if len(r.externals) == 0 {
		if !r.file.Broken[keyword.External] {
			r.whole(diag.Error, codeNoExternal, "no external address specified for server to use when forwarding data on behalf of clients",
				"add for instance: external: eth0")
		}
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
		if err := r.facts.Bindable(a); err != nil {
			r.fail(e.token, codeNotBindable, fmt.Sprintf("cannot bind external address #%d: %s: %v", i, a, err),
				"external takes addresses of this machine")
		}
	}
	if len(r.cfg.External) == 0 {
		r.warn(r.externals[0].token, codeExternalUnusable, "no external address is of a family external.protocol allows", "add another external address")
	}
	rotation := r.cfg.Rotation.V
	if rotation == "none" && (count4 > 1 || count6 > 1) {
		r.warn(r.externals[1].token, codeSeveralExternal, "more than one external address has been specified, but as long as external.rotation has the default value none only the first address specified will be used",
			"remove the others")
	}
	if rotation != "none" && len(r.cfg.External) > 1 {
		r.notYet(r.externals[0].token, "external.rotation: "+rotation, keyword.Get(keyword.ExternalRotation).Note)
	}
	if rotation == "same-same" && len(r.externals) == 1 {
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
