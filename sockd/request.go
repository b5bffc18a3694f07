package sockd

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/rustsocks/rustsocks/pkg/socks"
)

// requested is a request that makes sense: its address can be resolved and reached from the addresses we have.
type requested struct {
	identified
	unmapped netip.Addr // the IPv4 address of an IPv4-mapped one, else unset
}

// request reads the request and refuses what no rule could allow (Dante sockd/sockd_request.c reqhostisok).
func (w *Worker) request(ctx context.Context, i identified) (requested, *failure) {
	s := i.session
	r := requested{identified: i}
	read := i.in.Request
	if s.version == socks.V4 {
		read = i.in.Request4
	}
	req, err := read()
	if err != nil {
		return r, i.failure(err)
	}
	if err := s.conn.SetDeadline(time.Time{}); err != nil {
		return r, i.failure(err)
	}
	s.version, s.command, s.requested = req.Version, req.Command, req.Destination
	s.protocol = socks.TCP
	if s.command == socks.UDPAssociate {
		s.protocol = socks.UDP
	}
	if s.version == socks.V4 && s.command == socks.UDPAssociate {
		s.command = socks.Unknown
		return r, &failure{
			kind: badRequest, reply: socks.CommandNotSupported,
			text: fmt.Sprintf("unrecognized v4 command: %d", socks.UDPAssociate),
		}
	}
	if s.command != socks.Connect {
		return r, &failure{
			kind: badRequest, reply: socks.CommandNotSupported,
			text: fmt.Sprintf("command %s is not supported by this version", s.command),
		}
	}
	if !s.requested.IsName() && s.requested.IP.Is4In6() {
		r.unmapped = s.requested.IP.Unmap()
	}
	return r, w.checkTarget(ctx, r)
}

// checkTarget looks at the target before any rule does. A name is looked up here, even when no rule needs its address.
func (w *Worker) checkTarget(ctx context.Context, r requested) *failure {
	s := r.session
	ip := s.requested.IP
	if r.unmapped.IsValid() {
		ip = r.unmapped
	}
	if s.requested.IsName() {
		addrs, err := w.resolver.Addresses(ctx, s.requested.Name, s.snap.reachable())
		if err != nil {
			return &failure{
				kind: badRequest, reply: socks.HostUnreachable,
				text: fmt.Sprintf("could not resolve hostname \"%s\": %s",
					visible([]byte(s.requested.Name)), s.snap.lookupReason(err)),
			}
		}
		ip = addrs[0]
	} else if !s.snap.canReach(ip) {
		return &failure{
			kind: badRequest, reply: socks.AddressNotSupported,
			text: fmt.Sprintf("connect to %s requested, but no %s configured for our usage on the external interface",
				familyName(ip), familyName(ip)),
		}
	}
	at := netip.AddrPortFrom(ip, s.requested.Port)
	switch {
	case ip.IsUnspecified():
		return &failure{
			kind: badRequest, reply: socks.AddressNotSupported,
			text: fmt.Sprintf("unbound ipaddress (%s) in request", socks.AddrFrom(at)),
		}
	case at.Port() == 0:
		return &failure{
			kind: badRequest, reply: socks.AddressNotSupported,
			text: fmt.Sprintf("unbound port (%s) in request", socks.AddrFrom(at)),
		}
	case s.snap.listensOn(at):
		return &failure{kind: badRequest, reply: socks.NotAllowed, text: fmt.Sprintf(ownAddress, socks.AddrFrom(at))}
	}
	return nil
}

// ownAddress is what the log says of a request that would make us connect to ourselves.
const ownAddress = "client is requesting a connection to the same address we listen to new clients on: %s.  " +
	"Very suspicious.   For security reasons that is not allowed, as otherwise one client could trivially use up all " +
	"our resources by going into a loop sending a stream of requests that all asked us to connect to ourselves"

// canReach tells whether we have an address of the target's family to go out from.
func (s *snapshot) canReach(ip netip.Addr) bool {
	if ip.Is4() {
		return s.policy.External4
	}
	return s.policy.External6
}

// listensOn tells whether at is one of our own listening addresses.
func (s *snapshot) listensOn(at netip.AddrPort) bool {
	for _, l := range s.plan.Internal {
		if l == at {
			return true
		}
	}
	return false
}

func familyName(ip netip.Addr) string {
	if ip.Is4() {
		return "IPv4 address"
	}
	return "IPv6 address"
}
