package config

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
)

// maskUse says whether an IP address has a netmask in its place.
type maskUse uint8

const (
	maskRequired maskUse = iota
	maskForbidden
	maskUnknown // the grammar knows none: a slash is a syntax error
)

// Sizes of danted's buffers: the first length it refuses.
const (
	hostLimit    = 254
	urlLimit     = 254
	libwrapLimit = 198
	serviceLimit = 254
)

// host is what a word stands for.
type host struct {
	kind addr.Kind // 0 for a URL
	ip   netip.Addr
	name string
}

func (h host) typeName() string {
	switch h.kind {
	case addr.AnyIP:
		return "<IPvAny> address"
	case addr.Prefix:
		if h.ip.Is4() {
			return "IPv4 address"
		}
		return "IPv6 address"
	case addr.Interface:
		return "interfacename"
	case 0:
		return "url"
	}
	return "hostname"
}

// isIP tells whether the word is an address by itself.
func (h host) isIP() bool { return h.kind == addr.AnyIP || h.kind == addr.Prefix }

// host decides what a word is. Danted tries, in this order: IPv4, IPv6, an interface with an address; everything else
// is a host name, a misspelt interface too.
func (r *reader) host(t syntax.Token) (host, bool) {
	text := r.text(t)
	switch {
	case syntax.IsURL(t):
		return host{name: text}, r.checkLength(t, urlLimit)
	case text == "0":
		return host{kind: addr.AnyIP}, true
	}
	if ip, err := netip.ParseAddr(text); err == nil && r.zoneExists(ip) {
		return host{kind: addr.Prefix, ip: ip}, r.checkMapped(t, ip)
	}
	if addrs, ok := r.facts.Interface(text); ok && r.checkInterface(t, addrs) {
		return host{kind: addr.Interface, name: text}, true
	}
	if !r.checkLength(t, hostLimit) {
		return host{}, false
	}
	r.checkCarriageReturn(t)
	if strings.HasPrefix(text, ".") {
		return host{kind: addr.Domain, name: text}, true
	}
	return host{kind: addr.Host, name: text}, true
}

// checkMapped refuses IPv4 addresses that are written as IPv6 addresses.
func (r *reader) checkMapped(t syntax.Token, ip netip.Addr) bool {
	if ip.Is4In6() {
		r.fail(t, codeMappedAddress, "we do not use IPv4-mapped IPv6 addresses", "write "+ip.Unmap().String())
	}
	return !ip.Is4In6()
}

// checkInterface warns of an interface that cannot be used as one.
func (r *reader) checkInterface(t syntax.Token, addrs []netip.Prefix) bool {
	if len(addrs) == 0 {
		r.warn(t, codeInterfaceBare, `interface "`+r.text(t)+`" has no usable IP-addresses configured, so it is taken for a host name`,
			"give the interface an address first")
	}
	return len(addrs) > 0
}

// zoneExists tells whether the zone of an address, when it has one, can be one here. A number always can; the name of an
// interface only behind a link-local address.
func (r *reader) zoneExists(ip netip.Addr) bool {
	zone := ip.Zone()
	if zone == "" || strings.Trim(zone, "0123456789") == "" {
		return true
	}
	_, ok := r.facts.Interface(zone)
	return ok && (ip.IsLinkLocalUnicast() || ip.IsLinkLocalMulticast())
}

// mask reads the netmask of an address, and says when there is one too many or too few. ok is false when something was
// wrong; without a mask the bits are those of the whole address.
func (r *reader) mask(a *syntax.Address, h host, use maskUse) (bits int, ok bool) {
	full := 0
	if h.kind == addr.Prefix {
		full = h.ip.BitLen()
	}
	if a.Mask == nil {
		return full, r.checkMaskMissing(a, h, use, full)
	}
	if !r.checkMaskAllowed(a, h, use) {
		return 0, false
	}
	n, ok := r.number(a.Mask.Bits)
	return int(n), ok && r.checkMaskRange(a, h, n, full) && r.checkMaskUnwanted(a, h, use)
}

// checkMaskMissing checks that an address has a netmask where it needs one.
func (r *reader) checkMaskMissing(a *syntax.Address, h host, use maskUse, full int) bool {
	if use != maskRequired || !h.isIP() {
		return true
	}
	r.fail(a.Host, codeMissingNetmask, "No netmask has been specified for this "+h.typeName()+
		", but a netmask must be specified in this context",
		fmt.Sprintf(`specify it using the standard "/ <netmask bits>" syntax: %s/%d`, a.Host.Value, full))
	return false
}

// checkMaskAllowed checks that there is something a netmask can follow.
func (r *reader) checkMaskAllowed(a *syntax.Address, h host, use maskUse) bool {
	if use != maskUnknown && h.isIP() {
		return true
	}
	hint := "remove it"
	if !h.isIP() && strings.Trim(a.Host.Value, "0123456789.") == "" {
		hint = "write all four numbers of the address, as 10.0.0.0/8"
	}
	r.fail(a.Mask.Slash, codeMaskOnName, `syntax error near "/": no netmask can follow this `+h.typeName(), hint)
	return false
}

// checkMaskRange checks that an address has as many bits as its netmask.
func (r *reader) checkMaskRange(a *syntax.Address, h host, n int64, full int) bool {
	if n <= int64(full) {
		return true
	}
	legal := fmt.Sprintf("Legal range is 0 - %d", full)
	if h.kind == addr.AnyIP {
		legal = "Only legal value is 0"
	}
	hint := ""
	if r.dotted(a) {
		hint = "a netmask is written as a number of bits, for instance /16 for /255.255.0.0"
	}
	r.fail(a.Mask.Bits, codeBadNetmask, fmt.Sprintf("bad %s netmask: %d.  %s", h.typeName(), n, legal), hint)
	return false
}

// checkMaskUnwanted checks that an address has no netmask where it must have none.
func (r *reader) checkMaskUnwanted(a *syntax.Address, h host, use maskUse) bool {
	if use != maskForbidden {
		return true
	}
	r.fail(a.Mask.Bits, codeUnwantedNetmask, "A netmask has been specified for this "+h.typeName()+
		", but no netmask should be specified in this context", "remove /"+a.Mask.Bits.Value)
	return false
}

// dotted tells whether a mask looks like a dotted one.
func (r *reader) dotted(a *syntax.Address) bool {
	end := a.Mask.Bits.Pos.Offset + len(a.Mask.Bits.Value)
	return strings.HasPrefix(r.file.Source[min(end, len(r.file.Source)):], ".")
}

// transport is what is known of the protocols of a rule when an address in it is read: service names depend on it.
type transport struct{ tcp, udp bool }

// ports reads a port condition.
func (r *reader) ports(p *syntax.Port, known transport) (addr.Ports, bool) {
	if p == nil {
		return addr.Ports{}, true
	}
	if p.IsRange() {
		first, ok := r.portNumber(p.First)
		last, ok2 := r.portNumber(p.Last)
		if !ok || !ok2 {
			return addr.Ports{}, false
		}
		return addr.Ports{Op: addr.Range, TCP: first, UDP: first, End: last}, r.checkPortOrder(p.Last, first, last)
	}
	ports := addr.Ports{Op: operators[p.Op.Value]}
	if syntax.IsNumber(p.Value) {
		n, ok := r.portNumber(p.Value)
		ports.TCP, ports.UDP = n, n
		return ports, ok
	}
	if !r.checkOperator(p) {
		return addr.Ports{}, false
	}
	return r.service(p.Value, ports, known)
}

// checkPortOrder checks that a range of ports does not end before it begins.
func (r *reader) checkPortOrder(t syntax.Token, first, last uint16) bool {
	if first > last {
		r.fail(t, codePortOrder, fmt.Sprintf("end port (%d) can not be less than start port (%d)", last, first), "swap them")
	}
	return first <= last
}

// checkOperator refuses the operator that is in Dante's documentation only.
func (r *reader) checkOperator(p *syntax.Port) bool {
	if p.NotEqual() {
		r.fail(p.Op, codeUnknownOperator, `unknown tcp/udp protocol: "neq" is read as the operator "ne" and the service "q"`, `write "ne" or "!="`)
	}
	return !p.NotEqual()
}

var operators = map[string]addr.Op{
	"eq": addr.EQ, "=": addr.EQ, "ne": addr.NE, "!=": addr.NE, "ge": addr.GE, ">=": addr.GE,
	"le": addr.LE, "<=": addr.LE, "gt": addr.GT, ">": addr.GT, "lt": addr.LT, "<": addr.LT,
	// COMPAT: a colon is no operator. The port is read, and nothing is compared with it.
	":": addr.AnyPort,
}

// service looks up a service name. COMPAT: the rule's protocols count only when they were given before the address.
func (r *reader) service(t syntax.Token, ports addr.Ports, known transport) (addr.Ports, bool) {
	name := r.text(t)
	tcp, okTCP := r.facts.Service(name, "tcp")
	udp, okUDP := r.facts.Service(name, "udp")
	unknown := ""
	switch {
	case !okTCP && known.tcp:
		unknown = "tcp"
	case !okUDP && known.udp:
		unknown = "udp"
	case (!okTCP || tcp == 0) && (!okUDP || udp == 0):
		unknown = "tcp/udp"
	}
	if !r.checkService(t, unknown) {
		return addr.Ports{}, false
	}
	if !okTCP || tcp == 0 {
		tcp = udp
	}
	if !okUDP || udp == 0 {
		udp = tcp
	}
	ports.TCP, ports.UDP = tcp, udp
	if tcp != udp {
		if r.cfg.Services == nil {
			r.cfg.Services = map[[2]uint16]string{}
		}
		r.cfg.Services[[2]uint16{tcp, udp}] = name
	}
	return ports, true
}

// checkService refuses a service that is not known for the protocol it is used with.
func (r *reader) checkService(t syntax.Token, unknown string) bool {
	if unknown != "" {
		r.fail(t, codeUnknownService, "unknown "+unknown+" protocol: "+r.text(t), "write the port number, or add the service to /etc/services")
	}
	return unknown == ""
}

// spec reads an address condition.
func (r *reader) spec(a *syntax.Address, known transport) (addr.Spec, host, bool) {
	h, ok := r.host(a.Host)
	if !ok {
		return addr.Spec{}, h, false
	}
	if !r.checkNoURL(a.Host, h) {
		return addr.Spec{}, h, false
	}
	bits, ok := r.mask(a, h, maskRequired)
	ports, ok2 := r.ports(a.Port, known)
	if !ok || !ok2 {
		return addr.Spec{}, h, false
	}
	r.checkPortUnused(a, ports)
	s := addr.Spec{Kind: h.kind, Name: h.name, Ports: ports}
	if h.kind == addr.Prefix {
		s.Prefix = r.prefix(a, h, bits)
	}
	return s, h, true
}

// prefix gives the addresses of a prefix. A prefix has no zone.
func (r *reader) prefix(a *syntax.Address, h host, bits int) netip.Prefix {
	if h.ip.Zone() != "" {
		r.notYet(a.Host, a.Host.Value, "zones of link-local addresses are not looked at")
	}
	return netip.PrefixFrom(h.ip.WithZone(""), bits)
}

// checkPortUnused warns of a port that nothing is compared with.
func (r *reader) checkPortUnused(a *syntax.Address, ports addr.Ports) {
	if a.Port != nil && ports.Op == addr.AnyPort {
		r.warn(a.Port.Op, codePortUnused, `"port: `+a.Port.Value.Value+`" sets no operator, so that every port matches`,
			`write "port = `+a.Port.Value.Value+`" to mean this port only`)
	}
}

// checkNoURL refuses a URL.
func (r *reader) checkNoURL(t syntax.Token, h host) bool {
	if h.kind == 0 {
		r.fail(t, codeURL, `syntax error near "`+t.Value+`": a URL cannot be used here`, "write the host name alone")
	}
	return h.kind != 0
}

// expand gives the addresses of an interface, with the zone that link-local ones need to be used.
func expand(facts hostfacts.Facts, name string) []netip.Addr {
	prefixes, _ := facts.Interface(name)
	var all []netip.Addr
	for _, p := range prefixes {
		a := p.Addr()
		if a.Is6() && a.IsLinkLocalUnicast() {
			a = a.WithZone(name)
		}
		all = append(all, a)
	}
	return all
}

// resolve gives the addresses of a host name. Once external addresses are known danted asks for those families only.
func (r *reader) resolve(t syntax.Token, h host) ([]netip.Addr, bool) {
	if _, err := netip.ParseAddr(h.name); err == nil {
		// An address with a zone it cannot have, which resolvers treat differently.
		return nil, r.checkResolved(t, h, nil, nil)
	}
	only4, only6 := r.externalFamilies()
	all, err := r.facts.Resolve(h.name)
	var usable []netip.Addr
	for _, a := range all {
		if a.Is4() && !only6 || a.Is6() && !only4 {
			usable = append(usable, a)
		}
	}
	return usable, r.checkResolved(t, h, usable, err)
}

// checkResolved checks that a host name has an address that can be used.
func (r *reader) checkResolved(t syntax.Token, h host, usable []netip.Addr, err error) bool {
	if len(usable) > 0 {
		return true
	}
	reason := "Name or service not known"
	if err != nil {
		reason = err.Error()
	}
	switch only4, only6 := r.externalFamilies(); {
	case only4:
		reason += " for IPv4 address"
	case only6:
		reason += " for IPv6 address"
	}
	r.fail(t, codeUnresolvable, fmt.Sprintf("could not resolve hostname %q: %s", h.name, reason),
		"write an IP address, or check the name; a name that is no interface here is taken for a host name")
	return false
}
