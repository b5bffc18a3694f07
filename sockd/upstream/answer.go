package upstream

import (
	"context"
	"errors"
	"net"
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/acl"
)

// Reachable is the family to which lookups of targets are restricted: the one there is to go out by, when there is one
// only.
func Reachable(p *acl.Policy) Family {
	switch {
	case p.External4 && !p.External6:
		return IPv4
	case p.External6 && !p.External4:
		return IPv6
	}
	return AnyFamily
}

// Reason words a failed lookup as Dante does, which adds the family when there is only one to go out by.
func Reason(err error, reachable Family) string {
	if e := (*LookupError)(nil); errors.As(err, &e) && e.OfFamily {
		switch reachable {
		case IPv4:
			return e.Reason + " for IPv4 address"
		case IPv6:
			return e.Reason + " for IPv6 address"
		}
	}
	return err.Error()
}

// Answer answers what the policy asks about names, addresses and interfaces. It always answers: what cannot be found
// out is a failed answer.
func (r *Resolver) Answer(ctx context.Context, reachable Family, q acl.Question) acl.Answer {
	switch q.Kind {
	case acl.AskAddresses:
		addrs, err := r.Addresses(ctx, q.Name, familyOf(q, reachable))
		return addressesAnswer(addrs, err, reachable)
	case acl.AskReverse:
		name, err := r.Name(ctx, q.IP)
		return nameAnswer(name, err)
	case acl.AskInterface:
		return acl.Answer{Addrs: interfaceAddresses(q.Name)}
	}
	return acl.Answer{Failed: true, Reason: "unknown question"}
}

// Remembered is Answer without waiting; false when that will not do.
func (r *Resolver) Remembered(reachable Family, q acl.Question) (acl.Answer, bool) {
	switch q.Kind {
	case acl.AskAddresses:
		addrs, err := r.RememberedAddresses(q.Name, familyOf(q, reachable))
		return addressesAnswer(addrs, err, reachable), err != ErrUnknown
	case acl.AskReverse:
		if e, ok := cached(r, r.reverse, q.IP); ok {
			return nameAnswer(e.value, e.err), true
		}
	}
	return acl.Answer{}, false
}

// familyOf is the family whose addresses a question is about.
func familyOf(q acl.Question, reachable Family) Family {
	if q.Reachable {
		return reachable
	}
	return AnyFamily
}

func addressesAnswer(addrs []netip.Addr, err error, reachable Family) acl.Answer {
	if err != nil {
		return acl.Answer{Failed: true, Reason: Reason(err, reachable)}
	}
	return acl.Answer{Addrs: addrs}
}

func nameAnswer(name string, err error) acl.Answer {
	if err != nil {
		return acl.Answer{Failed: true, Reason: err.Error()}
	}
	return acl.Answer{Name: name}
}

// interfaceAddresses gives the addresses an interface has at this moment.
func interfaceAddresses(name string) []netip.Addr {
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return nil
	}
	list, err := ifi.Addrs()
	if err != nil {
		return nil
	}
	var out []netip.Addr
	for _, a := range list {
		if p, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(p.IP); ok {
				out = append(out, ip.Unmap())
			}
		}
	}
	return out
}
