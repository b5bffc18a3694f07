package sockd

import (
	"context"
	"net/netip"
	"time"

	"github.com/rustsocks/rustsocks/pkg/plan"
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
	if refused := plan.CheckCommand(s.version, s.command); refused != nil {
		if s.version == socks.V4 && s.command == socks.UDPAssociate {
			s.command = socks.Unknown // for the log
		}
		return r, badRequestFor(refused)
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
			return badRequestFor(plan.Unresolved(visible([]byte(s.requested.Name)), s.snap.lookupReason(err)))
		}
		ip = addrs[0]
	}
	if refused := s.snap.plan.CheckTarget(s.requested, netip.AddrPortFrom(ip, s.requested.Port)); refused != nil {
		return badRequestFor(refused)
	}
	return nil
}

func badRequestFor(r *plan.Refusal) *failure {
	return &failure{kind: badRequest, reply: r.Reply, text: r.Text}
}

func familyName(ip netip.Addr) string {
	if ip.Is4() {
		return "IPv4 address"
	}
	return "IPv6 address"
}
