package plan

import (
	"fmt"
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// Redirect replaces addresses of a session. An invalid Spec (Kind 0) replaces nothing. What is replaced depends on the
// command (Dante include/sockd.h):
//
//	             From: the source                     To: the target
//	connect      our address towards the target       what is connected to
//	bind         the address that we accept on        -
//	bindreply    the address the reply tells of       where the reply goes (bind extension)
//	udpassociate the address that we send from        where the datagram goes
//	udpreply     the address the reply is said to be from; where it goes
type Redirect struct{ From, To addr.Spec }

// IsSet tells whether anything is replaced.
func (r Redirect) IsSet() bool { return r.From.Kind != 0 || r.To.Kind != 0 }

// Redirection gives what a session is redirected by: what its socks rule says or else what its client rule says, all or
// nothing (Dante sockd/rule.c). While no socks rule has decided (nil), nothing is.
func Redirection(client, socks *Rule) Redirect {
	switch {
	case socks == nil:
		return Redirect{}
	case !socks.Redirect.IsSet() && client != nil:
		return client.Redirect
	}
	return socks.Redirect
}

// Target gives where to go in the place of a target. Without a port of its own the redirection keeps the target's.
func (r Redirect) Target(target socks.Addr, p socks.Protocol) socks.Addr {
	port := portOf(r.To.Ports, p, target.Port)
	switch r.To.Kind {
	case addr.Prefix:
		return socks.Addr{IP: r.To.Prefix.Addr(), Port: port}
	case addr.Host:
		return socks.Addr{Name: r.To.Name, Port: port}
	}
	return target
}

// Source gives the address to come from in the place of one of ours, of the same family. Without a port of its own the
// redirection keeps that port. With a non-empty ask all else is meaningless, and the caller comes back with the answers
// in known. The error has the words of the log.
func (r Redirect) Source(source netip.AddrPort, p socks.Protocol, known map[acl.Question]acl.Answer) (
	from netip.AddrPort, ask []acl.Question, err error,
) {
	var q acl.Question
	switch r.From.Kind {
	case addr.Prefix:
		from, err = r.ofFamily([]netip.Addr{r.From.Prefix.Addr()}, source, p)
		return from, nil, err
	case addr.Host:
		q = acl.Question{Kind: acl.AskAddresses, Name: r.From.Name}
	case addr.Interface:
		q = acl.Question{Kind: acl.AskInterface, Name: r.From.Name}
	default:
		return source, nil, nil
	}
	a, isKnown := known[q]
	if !isKnown {
		return source, []acl.Question{q}, nil
	}
	from, err = r.ofFamily(a.Addrs, source, p)
	return from, nil, err
}

// SourcePort gives the port to come from in the place of one of ours.
func (r Redirect) SourcePort(source uint16, p socks.Protocol) uint16 {
	return portOf(r.From.Ports, p, source)
}

func (r Redirect) ofFamily(all []netip.Addr, source netip.AddrPort, p socks.Protocol) (netip.AddrPort, error) {
	for _, ip := range all {
		if ip.Is4() == source.Addr().Is4() {
			return netip.AddrPortFrom(ip, portOf(r.From.Ports, p, source.Port())), nil
		}
	}
	return source, fmt.Errorf("redirect from %s: it has no %s", r.From, familyName(source.Addr()))
}

// portOf is the one port of a redirection.
func portOf(ports addr.Ports, p socks.Protocol, otherwise uint16) uint16 {
	switch {
	case ports.Op != addr.EQ:
		return otherwise
	case p == socks.UDP:
		return ports.UDP
	}
	return ports.TCP
}
