package lint

import (
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/addr"
)

// private are the networks that nobody reaches from the Internet, loopback included.
func private() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("169.254.0.0/16"), loopback4(),
		netip.MustParsePrefix("fc00::/7"), netip.MustParsePrefix("fe80::/10"), loopback6(),
	}
}

func loopback4() netip.Prefix { return netip.MustParsePrefix("127.0.0.0/8") }
func loopback6() netip.Prefix { return netip.MustParsePrefix("::1/128") }

// public tells whether an internal address can be reached from the Internet by clients whose "to" is restricted to the
// condition; the wildcard address is all addresses there are.
func public(to addr.Spec, internal netip.Addr) bool {
	if internal.IsUnspecified() && inside(to, private()...) {
		return false
	}
	for _, p := range private() {
		if p.Contains(internal.WithZone("")) {
			return false
		}
	}
	return true
}

// inside tells whether all addresses of a condition are in one of the networks. Of names nothing is known.
func inside(s addr.Spec, networks ...netip.Prefix) bool {
	if s.Kind != addr.Prefix {
		return false
	}
	for _, p := range networks {
		if p.Bits() <= s.Prefix.Bits() && p.Contains(s.Prefix.Addr()) {
			return true
		}
	}
	return false
}

// covers tells whether a condition holds for all addresses of a network, whatever their port.
func covers(s addr.Spec, p netip.Prefix) bool {
	return s.Kind == addr.AnyIP || s.Kind == addr.Prefix && s.Prefix.Bits() <= p.Bits() && s.Prefix.Contains(p.Addr())
}

// anywhere tells whether a condition is for so much of the Internet that it restricts nobody: 0/0, or networks so large
// that no organisation has one.
func anywhere(s addr.Spec, v4 bool) bool {
	switch s.Kind {
	case addr.AnyIP:
		return true
	case addr.Prefix:
		limit := 16
		if v4 {
			limit = 7
		}
		return s.Prefix.Addr().Is4() == v4 && s.Prefix.Bits() <= limit && !inside(s, private()...)
	}
	return false
}

// holds tells whether a client that connected to an internal address can fulfil the "to" of a client-rule. Of names it
// is not known, so they can.
func holds(s addr.Spec, internal netip.AddrPort) bool {
	if !portsMatch(s.Ports, internal.Port()) {
		return false
	}
	a := internal.Addr().WithZone("")
	switch {
	case s.Kind != addr.Prefix:
		return true
	case a.IsUnspecified():
		return s.Prefix.Addr().Is4() == a.Is4()
	}
	return s.Prefix.Contains(a)
}
