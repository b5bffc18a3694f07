package plan

import "net/netip"

// scope is how far an IPv6 address is good for.
type scope uint8

const (
	global scope = iota
	link
	host
)

func scopeOf(a netip.Addr) scope {
	switch {
	case a.IsLoopback(), a.IsInterfaceLocalMulticast():
		return host
	case a.IsLinkLocalUnicast(), a.IsLinkLocalMulticast():
		return link
	}
	return global
}

// suits tells whether a target can be reached from an address: the families must be the same and, for IPv6, the scope
// must suit (Dante sockd/getoutaddr.c). COMPAT: a request cannot name the interface of a link-local target, so that
// nothing reaches it.
func suits(from, target netip.Addr) bool {
	if from.Is4() || target.Is4() {
		return from.Is4() && target.Is4()
	}
	switch scopeOf(target) {
	case host:
		return scopeOf(from) != link
	case link:
		return false
	}
	return scopeOf(from) == global
}
