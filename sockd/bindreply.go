package sockd

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/sockd/sockopt"
)

// joined is a session whose peer is the one that was waited for and whom a socks rule lets through. The client knows.
type joined struct{ visited }

// join asks the socks rules about the peer and tells the client who has come. There is no other try: whoever came, nobody
// else can.
func (w *Worker) join(ctx context.Context, v visited) (joined, *failure) {
	s := v.session
	why, ok := w.judgePeer(ctx, s)
	if !ok {
		if s.snap.lingers {
			sockopt.Unlinger(s.outward)
		}
		return joined{}, &failure{kind: refusedReply, reply: socks.NotAllowed, text: why}
	}
	s.target = socks.AddrFrom(s.peer)
	if err := s.send(s.reply(socks.Succeeded, s.target)); err != nil {
		// The relay will find the client gone.
		w.log.Debug("could not send the second reply to " + s.client.String() + ": " + cause(err))
	}
	w.sessionLine(opened, s.bindReply, socks.TCP, socks.BindReply, s.visitor().source()+" -> "+s.requester().target(), "")
	return joined{v}, nil
}

// judgePeer tells whether the peer may talk to the client, or why not.
func (w *Worker) judgePeer(ctx context.Context, s *session) (why string, ok bool) {
	peer := socks.AddrFrom(s.peer)
	if !w.expects(ctx, s, s.peer.Addr()) {
		expected := s.asked
		expected.Port = 0
		// COMPAT: it is no rule that says so, but the line is logged as the rule of the request wants it.
		s.bindReply = &plan.Rule{Rule: acl.Rule{Verdict: acl.Block, Log: s.rule.Log}}
		return fmt.Sprintf("expected bindreply from %s, but got it from %s", expected, peer), false
	}
	o := w.decide(ctx, s, acl.Socks, acl.Facts{
		From: peer, To: s.acceptor().peer, Command: socks.BindReply, Protocol: socks.TCP, Version: s.version,
	})
	s.bindReply = s.snap.plan.Decided(acl.Socks, o.Rule)
	if o.Verdict == acl.Block {
		return o.Reason, false
	}
	if why := s.enterReplyRule(); why != "" {
		return why, false
	}
	return "", true
}

// expects tells whether a peer is the one that the client waits for. Hosts have several addresses: one that has a name in
// common with the address that the client named will do (Dante lib/addressmatch.c addrmatch, with alias).
func (w *Worker) expects(ctx context.Context, s *session, peer netip.Addr) bool {
	want := s.asked
	if plan.AwaitsAnybody(want) || want.IP == peer {
		return true
	}
	if s.snap.plan.FakeNames {
		return false
	}
	addresses := func(name string) []netip.Addr {
		return w.answer(ctx, s, acl.Question{Kind: acl.AskAddresses, Name: name}).Addrs
	}
	wanted := []netip.Addr{want.IP}
	if want.IsName() {
		wanted = addresses(want.Name)
	}
	if slices.Contains(wanted, peer) {
		return true
	}
	name := w.answer(ctx, s, acl.Question{Kind: acl.AskReverse, IP: peer}).Name
	if name == "" {
		return false
	}
	return slices.ContainsFunc(addresses(name), func(a netip.Addr) bool { return slices.Contains(wanted, a) })
}

// enterReplyRule counts the session for the limits of the rule that let its peer through, if that has any: they take the
// place of those it had. It tells why the rule can have no more.
func (s *session) enterReplyRule() (why string) {
	if r := s.bindReply; r != s.rule && r.Session.IsSet() {
		s.leaveRules()
		return s.enterRule(r)
	}
	return ""
}

// visitor is the peer as the lines of bindreply show it, which begin with it.
func (s *session) visitor() endpoint {
	return endpoint{peer: socks.AddrFrom(s.peer), own: socks.AddrFrom(s.outgoing)}
}

// refusedReplyLines tells of a peer that was turned away, which ends the session.
func (w *Worker) refusedReplyLines(s *session, why string) {
	w.sessionLine(blocked, s.bindReply, socks.TCP, socks.BindReply, s.visitor().source()+" -> "+s.requester().target(), why)
	text := fmt.Sprintf("bind-reply from %s blocked by socks-rule #%d", socks.AddrFrom(s.peer), s.bindReply.Number)
	w.sessionLine(blocked, s.rule, s.protocol, s.command, s.requester().source()+" -> "+s.destination().target(), text)
	w.sessionLine(blocked, s.clientRule, socks.TCP, socks.Accept, s.acceptor().source(), text)
}
