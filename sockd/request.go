package sockd

import (
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/sockd/upstream"
)

// asked is a client that has said what it wants.
type asked struct{ identified }

// ask reads the request, the last of the negotiation.
func (w *Worker) ask(i identified) (asked, halt) {
	s := i.session
	read := i.in.Request
	if s.version == socks.V4 {
		read = i.in.Request4
	}
	req, err := read()
	if err != nil {
		return asked{}, i.failure(err)
	}
	if s.guest != nil {
		s.guest.Limit(0)
	}
	s.version, s.command, s.requested = req.Version, req.Command, req.Destination
	s.protocol = socks.TCP
	if s.command == socks.UDPAssociate {
		s.protocol = socks.UDP
	}
	return asked{i}, nil
}

// requested is a request that makes sense: its address can be resolved and reached from the addresses we have.
type requested struct {
	asked
	unmapped netip.Addr // the IPv4 address of an IPv4-mapped one, else unset
}

// check refuses what no rule could allow (Dante sockd/sockd_request.c reqhostisok). A name is looked up here, even
// when no rule needs its address.
func (w *Worker) check(a asked) (requested, halt) {
	s, r := a.session, requested{asked: a}
	if refused := plan.CheckCommand(s.version, s.command); refused != nil {
		if s.version == socks.V4 && s.command == socks.UDPAssociate {
			s.command = socks.Unknown // for the log
		}
		return r, badRequestFor(refused)
	}
	if !s.requested.IsName() && s.requested.IP.Is4In6() {
		r.unmapped = s.requested.IP.Unmap()
	}
	ip := s.requested.IP
	if r.unmapped.IsValid() {
		ip = r.unmapped
	}
	if s.requested.IsName() {
		addrs, err := w.addresses(s, s.requested.Name, s.snap.reachable())
		switch {
		case err == upstream.ErrUnknown:
			return r, w.lookUp(s, s.requested.Name, s.snap.reachable())
		case err != nil:
			return r, badRequestFor(plan.Unresolved(visible([]byte(s.requested.Name)), s.snap.lookupReason(err)))
		}
		ip = addrs[0]
	}
	var refused *plan.Refusal
	switch at := netip.AddrPortFrom(ip, s.requested.Port); s.command {
	case socks.UDPAssociate: // it is where the client will send from
		s.announced = at
		if !s.requested.IsName() {
			refused = s.snap.plan.CheckSource(ip)
		}
	case socks.Bind:
		refused = s.snap.plan.CheckPeer(s.requested, at)
	default:
		refused = s.snap.plan.CheckTarget(s.requested, at)
	}
	if refused != nil {
		return r, badRequestFor(refused)
	}
	return r, nil
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
