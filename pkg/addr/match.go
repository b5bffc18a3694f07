package addr

import (
	"net/netip"
	"strings"

	"github.com/rustsocks/rustsocks/pkg/socks"
)

// Result is the outcome of a match.
type Result uint8

// The results. Unsure means that something must be looked up first; the Knowledge was told what.
const (
	No Result = iota
	Yes
	Unsure
)

// Knowledge is what a match may know of names. A method that does not know the answer yet returns known == false and
// remembers that it was asked; a lookup that failed is known and gives nothing.
type Knowledge interface {
	// Addresses gives the addresses of a host name. ofRule tells that the name stands in a rule, so that a failure is
	// probably a mistake in the configuration. reachable restricts the answer to the families we can connect out from.
	Addresses(name string, ofRule, reachable bool) (addrs []netip.Addr, known bool)
	// ReverseName gives the name of an address, "" when it has none.
	ReverseName(ip netip.Addr) (name string, known bool)
	// InterfaceAddresses gives the addresses an interface has now.
	InterfaceAddresses(name string) (addrs []netip.Addr, known bool)
	// MayResolve is false when names must not be looked up to match a rule (resolveprotocol: fake).
	MayResolve() bool
}

// Match tells whether a satisfies the condition. When a is a name and it matched by one of its addresses, that address
// is what the caller must connect to: it is returned with a's port. Otherwise a itself is returned.
//
// The rules are those of Dante's lib/addressmatch.c (dante-reference 5.5).
func (s Spec) Match(a socks.Addr, proto socks.Protocol, k Knowledge) (Result, socks.Addr) {
	if !s.Ports.Match(proto, a.Port) {
		return No, a
	}
	switch s.Kind {
	case AnyIP:
		return Yes, a
	case Prefix:
		return s.matchPrefix(a, k)
	case Host:
		return s.matchHost(a, k)
	case Domain:
		return s.matchDomain(a, k), a
	case Interface:
		return s.matchInterface(a, k)
	}
	return No, a
}

func (s Spec) matchPrefix(a socks.Addr, k Knowledge) (Result, socks.Addr) {
	if !a.IsName() {
		return yes(s.Prefix.Contains(a.IP)), a
	}
	if !k.MayResolve() {
		return No, a
	}
	addrs, known := k.Addresses(a.Name, false, false)
	if !known {
		return Unsure, a
	}
	return firstIn(addrs, a, s.Prefix.Contains)
}

func (s Spec) matchHost(a socks.Addr, k Knowledge) (Result, socks.Addr) {
	if a.IsName() && strings.EqualFold(s.Name, a.Name) {
		return Yes, a
	}
	if !k.MayResolve() {
		return No, a
	}
	var wanted []netip.Addr
	if a.IsName() {
		// The target first: when it does not resolve, the rule's name is not looked up (and not complained about).
		var known bool
		if wanted, known = k.Addresses(a.Name, false, true); !known {
			return Unsure, a
		}
		if len(wanted) == 0 {
			return No, a
		}
	} else {
		wanted = []netip.Addr{a.IP}
	}
	own, known := k.Addresses(s.Name, true, a.IsName())
	if !known {
		return Unsure, a
	}
	for _, ip := range own {
		for _, w := range wanted {
			if ip == w {
				a.IP, a.Name = ip, ""
				return Yes, a
			}
		}
	}
	return No, a
}

func (s Spec) matchDomain(a socks.Addr, k Knowledge) Result {
	if a.IsName() {
		return yes(s.suffixOf(a.Name))
	}
	if !k.MayResolve() {
		return No
	}
	name, known := k.ReverseName(a.IP)
	if !known {
		return Unsure
	}
	// COMPAT: the reverse name is trusted as it is, as Dante does; no forward confirmation.
	return yes(name != "" && s.suffixOf(name))
}

// suffixOf compares without regard to label boundaries: COMPAT ".host" matches "localhost".
func (s Spec) suffixOf(name string) bool {
	suffix := s.Name[1:]
	return len(suffix) <= len(name) && strings.EqualFold(name[len(name)-len(suffix):], suffix)
}

func (s Spec) matchInterface(a socks.Addr, k Knowledge) (Result, socks.Addr) {
	own, known := k.InterfaceAddresses(s.Name)
	if !known {
		return Unsure, a
	}
	isOwn := func(ip netip.Addr) bool {
		for _, o := range own {
			if o == ip {
				return true
			}
		}
		return false
	}
	if !a.IsName() {
		return yes(isOwn(a.IP)), a
	}
	if !k.MayResolve() {
		return No, a
	}
	addrs, known := k.Addresses(a.Name, false, false)
	if !known {
		return Unsure, a
	}
	// The interface's order decides which address is used, not the name's.
	for _, o := range own {
		for _, ip := range addrs {
			if ip == o {
				a.IP, a.Name = ip, ""
				return Yes, a
			}
		}
	}
	return No, a
}

func firstIn(addrs []netip.Addr, a socks.Addr, in func(netip.Addr) bool) (Result, socks.Addr) {
	for _, ip := range addrs {
		if in(ip) {
			a.IP, a.Name = ip, ""
			return Yes, a
		}
	}
	return No, a
}

func yes(b bool) Result {
	if b {
		return Yes
	}
	return No
}
