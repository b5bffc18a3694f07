package sockd

import (
	"context"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/sockd/upstream"
)

// BIND (dante-reference 6.4) has stages of its own after the request:
//
//	requested → reserved → permitted → listening → visited → joined → relay
//
// They wait, and so stand alone: the client's connection is s.conn.
//
// It is not the target that the socks rules are asked about but the address of ours that a peer is to connect to, so
// that one is bound first.

// reserved is a request for which an address of ours is bound. Nobody can connect to it yet.
type reserved struct {
	requested
	fd int // owned by bind
	at netip.AddrPort
}

// permitted is a bound address that a socks rule lets the client have.
type permitted struct{ reserved }

// listening is a session whose peer may connect, and whose client knows where.
type listening struct{ permitted }

// bind carries out a request, to the relay or to its failure.
func (w *Worker) bind(ctx context.Context, r requested) *failure {
	reserved, f := w.reserve(ctx, r)
	if f != nil {
		return f
	}
	open := reserved.fd
	defer func() { closeDescriptor(open) }() // one peer is enough
	permitted, f := w.permit(ctx, reserved)
	if f != nil {
		return f
	}
	if permitted, f = w.move(ctx, permitted); f != nil {
		return f
	}
	open = permitted.fd
	listening, f := w.listen(permitted)
	if f != nil {
		return f
	}
	visited, f := w.await(ctx, listening)
	if f != nil {
		return f
	}
	joined, f := w.join(ctx, visited)
	if f != nil {
		return f
	}
	return w.relayReply(joined)
}

// reserve binds an address for the peer to connect to. Proxies are not asked for one: only a direct route will do.
func (w *Worker) reserve(ctx context.Context, r requested) (reserved, *failure) {
	s := r.session
	s.asked = s.requested
	if r.unmapped.IsValid() {
		s.asked.IP = r.unmapped
	}
	s.target = plan.BindTowards(s.version, s.asked, s.local)
	towards := s.target
	f := w.direct(ctx, s)
	s.target = s.asked
	if f != nil {
		return reserved{}, f
	}
	peer, f := w.peerAddress(ctx, s, towards)
	if f != nil {
		return reserved{}, f
	}
	local, f := w.outside(s, peer)
	if f != nil {
		return reserved{}, f
	}
	return w.occupy(ctx, r, netip.AddrPortFrom(local, s.snap.plan.BindPort(peer)))
}

// occupy binds an address of ours, with its port when that is free.
func (w *Worker) occupy(ctx context.Context, r requested, at netip.AddrPort) (reserved, *failure) {
	var claim upstream.Claim
	if at.Port() > 0 && at.Port() < 1024 {
		claim = w.ports.claim
	}
	fd, at, err := upstream.Bind(ctx, at, claim)
	if err != nil {
		return reserved{}, noExit(r.session, "failed to bind address on external side: "+cause(err))
	}
	return reserved{requested: r, fd: fd, at: at}, nil
}

// move binds what the rule redirects from in the place of what is bound: only the rule tells, and it was asked about
// that.
func (w *Worker) move(ctx context.Context, p permitted) (permitted, *failure) {
	to, h := w.redirectSource(p.session, p.at)
	for ; h != nil; to, h = w.redirectSource(p.session, p.at) {
		if f := now(ctx, h); f != nil {
			return p, f
		}
	}
	if to == p.at {
		return p, nil
	}
	moved, f := w.occupy(ctx, p.requested, to)
	if f != nil {
		return p, f
	}
	closeDescriptor(p.fd)
	return permitted{moved}, nil
}

// direct makes sure that there is a direct way to the target.
func (w *Worker) direct(ctx context.Context, s *session) *failure {
	for {
		_, h := w.way(s)
		if h == nil {
			return nil
		}
		if f := now(ctx, h); f != nil {
			return f
		}
	}
}

// peerAddress is where the peer is expected: by it our address is chosen.
func (w *Worker) peerAddress(ctx context.Context, s *session, peer socks.Addr) (netip.AddrPort, *failure) {
	p := s.snap.policy
	switch {
	case plan.AsksForBindExtension(peer):
		if p.External4 {
			return netip.AddrPortFrom(netip.IPv4Unspecified(), 0), nil
		}
		return netip.AddrPortFrom(netip.IPv6Unspecified(), 0), nil
	case !peer.IsName():
		return netip.AddrPortFrom(peer.IP, peer.Port), nil
	}
	found, err := w.resolver.Addresses(ctx, peer.Name, s.snap.reachable())
	if err != nil {
		return netip.AddrPort{}, noExit(s, "could not resolve hostname \""+visible([]byte(peer.Name))+"\": "+s.snap.lookupReason(err))
	}
	return netip.AddrPortFrom(found[0], peer.Port), nil
}

// outside gives the external address to bind for a peer.
func (w *Worker) outside(s *session, peer netip.AddrPort) (netip.Addr, *failure) {
	if s.snap.plan.Rotation == plan.RotateRoute && !peer.Addr().IsUnspecified() && peer.Port() == 0 {
		// COMPAT: the kernel is asked about some port, and the log has it. danted means 1.
		peer = netip.AddrPortFrom(peer.Addr(), 256)
	}
	local, err := s.egress(peer)
	if err == nil {
		return local, nil
	}
	if p := s.snap.policy; peer.Addr().Is4() && p.External4 || peer.Addr().Is6() && p.External6 {
		w.log.Warning("getoutaddr(): " + err.Error())
	}
	return local, noExit(s, err.Error())
}

// noExit is a failure for want of an address of ours.
func noExit(s *session, why string) *failure {
	return &failure{kind: noOutgoing, reply: socks.NetworkUnreachable, text: plan.NoExit(s.command, why)}
}

// permit asks the socks rules whether the client may have the bound address.
func (w *Worker) permit(ctx context.Context, r reserved) (permitted, *failure) {
	s := r.session
	defer s.creds.wipe() // nobody asks for the password of a reply
	if plan.AsksForBindExtension(s.asked) {
		// There is no bind extension here, so that it is never enabled.
		s.rule = s.snap.plan.Decided(acl.Socks, s.snap.policy.Default())
		return permitted{}, &failure{kind: refusedByRule, reply: socks.NotAllowed, text: plan.BindExtensionOff}
	}
	o := w.decide(ctx, s, acl.Socks, acl.Facts{
		From: s.acceptor().peer, To: socks.AddrFrom(r.at), Command: s.command, Protocol: s.protocol, Version: s.version,
		ClientMethod: s.clientMethod, Method: s.method, User: s.creds.user,
	})
	s.rule, s.method = s.snap.plan.Decided(acl.Socks, o.Rule), o.Method
	if o.Verdict == acl.Block {
		return permitted{}, &failure{kind: refusedByRule, reply: socks.NotAllowed, text: o.Reason}
	}
	if why := s.enterRule(s.rule); why != "" {
		return permitted{}, &failure{kind: refusedByRule, reply: socks.NotAllowed, text: why}
	}
	s.leaveNegotiation()
	return permitted{r}, nil
}

// backlog is how many peers may knock before the first is let in. Only that one is.
const backlog = 511

// listen lets the peer connect, and tells the client where.
func (w *Worker) listen(p permitted) (listening, *failure) {
	s := p.session
	s.outgoing = p.at
	// COMPAT: options of the rule for the client's side are not set with this command.
	err := w.prepareOutgoing(s)(p.fd)
	if err == nil {
		err = unix.Listen(p.fd, backlog)
	}
	if err != nil {
		text := "listen(2) on bindreply socket failed: " + cause(err)
		w.log.Warning("dorequest(): " + text)
		return listening{}, &failure{kind: listenFailed, reply: socks.GeneralFailure, text: text}
	}
	if err := s.send(s.reply(socks.Succeeded, socks.AddrFrom(p.at))); err != nil {
		return listening{}, &failure{kind: clientFailed, text: "sending response to client failed: " + cause(err)}
	}
	w.sessionLine(opened, s.rule, s.protocol, s.command, s.requester().source()+" -> "+s.destination().target(), "")
	return listening{p}, nil
}
