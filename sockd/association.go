package sockd

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/sockd/relay/udp"
	"github.com/rustsocks/rustsocks/sockd/sockopt"
)

// association decides about the datagrams of one client (Dante sockd/dante_udp.c). It belongs to the event loop of the
// relay, which calls it.
type association struct {
	*Worker
	s *session

	own      socks.Addr     // where the client sends its datagrams to
	client   socks.Addr     // where it sends from, as it has said or, once there was a datagram, as it does
	expected netip.AddrPort // the same; what it has not said is unset
	locked   bool           // no datagrams from elsewhere are taken

	// What the rules may know for as long as the session lasts. Names are looked up anew.
	known  map[acl.Question]acl.Answer
	ctx    context.Context // of lookups
	cancel context.CancelFunc

	forward, back latest
	targets       [2]outlet    // IPv4, IPv6
	opened        []udp.Socket // in order
}

// latest is the rule that has decided last in one direction.
type latest struct {
	rule *plan.Rule
	kept bool
}

// or gives that rule, if it is kept, else another one.
func (l latest) or(r *plan.Rule) *plan.Rule {
	if l.kept {
		return l.rule
	}
	return r
}

// outlet is one of the two sockets towards targets, and whom it was last used with.
type outlet struct {
	local  netip.AddrPort // of ours; not valid while there is no socket
	asked  socks.Addr     // the target as the client has written it
	remote netip.AddrPort // the address that it is sent to

	forward, back verdict
	source        netip.AddrPort // whose replies back is about
}

// verdict is a decision that holds until its source or its destination is another.
type verdict struct {
	rule *plan.Rule
	pass bool
}

func (a *association) target(s udp.Socket) *outlet { return &a.targets[s-udp.Target4] }

// relayDatagrams hands a session over to the relay of datagrams, which ends it when its control connection ends.
func (w *Worker) relayDatagrams(r associated) *failure {
	s := r.session
	s.stage = nil // and with it what negotiation took
	if early := r.in.Buffered(); len(early) > 0 {
		w.said(s, early)
	}
	err := w.bare(s)
	if err == nil {
		err = w.startAssociation(r)
	}
	if err != nil {
		w.log.Error("could not hand a session to the relay of datagrams: " + err.Error())
		closeDescriptor(r.fd)
		return &failure{kind: stopping}
	}
	return nil
}

func (w *Worker) startAssociation(r associated) error {
	s := r.session
	a := &association{
		Worker: w, s: s, own: s.sender.own, client: s.sender.peer, expected: s.announced, locked: r.connected,
		known: map[acl.Question]acl.Answer{},
	}
	a.ctx, a.cancel = context.WithCancel(context.Background())
	for q, answer := range s.known {
		if q.Kind == acl.AskPassword || q.Kind == acl.AskMember {
			a.known[q] = answer
		}
	}
	s.known, s.found = nil, nil
	c := udp.Config{Control: s.fd, Client: r.fd, Connected: r.connected, Idle: s.rule.Timeouts.UDPIO, Handler: a}
	if share := s.bandwidth(s.rule); share != nil {
		c.Bandwidth = share
	}
	err := w.datagrams.Start(c)
	if err != nil {
		a.cancel()
	}
	return err
}

// Forget implements udp.Handler. COMPAT: datagrams are judged by the rules of the latest configuration, also those of
// sessions from before.
func (a *association) Forget(*udp.Association) {
	a.forward.kept, a.back.kept = false, false
	for i := range a.targets {
		a.targets[i].forward, a.targets[i].back = verdict{}, verdict{}
	}
}

// decide asks the rules about one datagram. With questions all else is meaningless.
func (a *association) decide(snap *snapshot, cmd socks.Command, from, to socks.Addr, known map[acl.Question]acl.Answer) acl.Outcome {
	return snap.policy.Decide(acl.Socks, acl.Facts{
		From: from, To: to, ToUnknown: to == socks.Addr{}, Command: cmd, Protocol: socks.UDP, Version: a.s.version,
		ClientMethod: a.s.clientMethod, Method: a.s.method, User: a.s.creds.user, Known: known,
	})
}

// find answers questions and has the handling of the datagram go on with the answers: at once if there is nothing to
// wait for, else when the answers are there. Further datagrams of this client wait for it, others do not. The datagram
// must not be the loop's.
func (a *association) find(ua *udp.Association, snap *snapshot, ask []acl.Question, known map[acl.Question]acl.Answer,
	then func(known map[acl.Question]acl.Answer),
) {
	all := maps.Clone(known)
	rest := slices.DeleteFunc(slices.Clone(ask), func(q acl.Question) bool {
		answer, ok := a.resolver.Remembered(snap.reachable(), q)
		if ok {
			all[q] = answer
		}
		return ok
	})
	if len(rest) == 0 {
		then(all)
		return
	}
	ua.Wait(func() {
		for _, q := range rest {
			if q.Kind == acl.AskPassword || q.Kind == acl.AskMember {
				all[q] = a.answer(a.ctx, a.s, q)
			} else {
				all[q] = a.resolver.Answer(a.ctx, snap.reachable(), q)
			}
		}
	}, func() {
		for _, q := range rest {
			if q.Kind == acl.AskPassword || q.Kind == acl.AskMember {
				a.known[q] = all[q]
			}
		}
		then(all)
	})
}

// Said implements udp.Handler.
func (a *association) Said(_ *udp.Association, p []byte) { a.said(a.s, p) }

// Delayed implements udp.Handler: it is about a datagram that was sent from the socket before.
func (a *association) Delayed(ua *udp.Association, at udp.Socket, err syscall.Errno) {
	switch {
	case !isOfPeer(err):
		if !isTemporary(err) {
			a.log.Warning("unexpected error when receiving UDP: " + strerror(err))
			ua.End(udp.Result{Why: udp.SocketError, At: at, Err: err})
		}
	case at == udp.Client:
		// COMPAT: whose reply it was is not told.
		a.trouble(a.forward.or(a.s.rule), socks.UDPReply, endpoint{}, a.clientEnd(a.expected), strerror(err)+" (delayed error)")
	default:
		t := a.target(at)
		a.trouble(a.back.or(a.s.rule), socks.UDPAssociate, a.clientEnd(a.expected), t.end(t.remote), strerror(err)+" (delayed error)")
	}
}

// isOfPeer tells whether an error of a UDP socket is an answer to what was sent from it.
func isOfPeer(err syscall.Errno) bool {
	switch err {
	case unix.ECONNREFUSED, unix.ECONNRESET, unix.ENETUNREACH, unix.EHOSTUNREACH, unix.ENETDOWN, unix.EPERM, unix.EACCES,
		unix.EMSGSIZE, unix.ETIMEDOUT, unix.EPROTO, unix.EOPNOTSUPP, unix.EHOSTDOWN, unix.ENOPROTOOPT:
		return true
	}
	return false
}

func isTemporary(err syscall.Errno) bool {
	return err == unix.EAGAIN || err == unix.EINTR || err == unix.ENOBUFS || err == unix.ENOMEM || err == unix.ENOMSG
}

// Ended implements udp.Handler.
func (a *association) Ended(ua *udp.Association, r udp.Result) {
	a.cancel()
	if a.s.snap.lingers { // a loop must not wait for the client
		sockopt.Unlinger(ua.FD(udp.Control))
	}
	e := associationEnd{
		text: associationReason(r), errors: r.Why == udp.ControlError || r.Why == udp.SocketError,
		lasted: time.Since(a.s.since), reported: ua.Reported(),
	}
	for _, s := range a.opened {
		t := a.target(s)
		end := t.end(netip.AddrPort{})
		if ua.Connected(s) {
			end = t.end(t.remote)
		}
		e.targets = append(e.targets, targetEnd{end, ua.Traffic(s)})
	}
	go a.finishAssociation(e) // a loop must not wait for the log
}

func (a *association) finishAssociation(e associationEnd) {
	a.s.leaveRules() // before the lines, so that who reads them finds room
	a.associationEndLines(e)
	a.leave(a.s)
}

func associationReason(r udp.Result) string {
	switch r.Why {
	case udp.ControlClosed:
		return "local client closed"
	case udp.ControlError:
		return "local client error (" + strerror(r.Err) + ")"
	case udp.SocketError:
		if r.At == udp.Client {
			return "local client error (" + strerror(r.Err) + ")"
		}
		return "remote peer error (" + strerror(r.Err) + ")"
	case udp.Blocked:
		return "blocked"
	case udp.IdleTimeout:
		return "i/o timeout"
	}
	return "administrative termination"
}
