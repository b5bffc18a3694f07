package sockd

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/sockd/relay"
	"github.com/rustsocks/rustsocks/sockd/sockopt"
)

// fail ends a session before the relay: it tells the client, writes the lines and lets go of the connection.
func (w *Worker) fail(s *session, f *failure) {
	s.leaveRules() // before the client can know, and come back
	how := failures[f.kind]
	if how.bound != boundNone {
		// The client may be gone already; then there is nobody to tell.
		_ = s.send(s.reply(f.reply, s.boundAddr(how.bound)))
	}
	w.failLines(s, f, how.style, how.event)
	if f.kind == refusedByClientRule {
		// COMPAT: the options are set for clients that are turned away too, as their warnings show.
		w.setAdmitted(s)
	}
	if s.snap.lingers {
		s.control(sockopt.Unlinger)
	}
	w.drop(s)
}

// drop lets go of a session without a word.
func (w *Worker) drop(s *session) {
	s.creds.wipe()
	s.hangUp()
	w.leave(s)
}

func (s *session) boundAddr(b bound) socks.Addr {
	switch b {
	case boundEcho:
		return s.requested
	case boundOutgoing:
		return socks.AddrFrom(s.outgoing)
	case boundPeer:
		return socks.AddrFrom(s.peer)
	}
	return socks.Addr{IP: netip.IPv4Unspecified()}
}

func (w *Worker) failLines(s *session, f *failure, how style, e event) {
	accept := func(text string) {
		w.sessionLine(e, s.clientRule, socks.TCP, socks.Accept, s.acceptor().source(), text)
	}
	from := s.requester().source()
	to := s.destination()
	to.peer = s.asked // COMPAT: not the address that a rule has made of it
	both := from + " -> " + to.target()
	if s.command == socks.UDPAssociate {
		both = from // there is no target yet
	}
	switch how {
	case logAccept:
		accept(f.text)
	case logRequest, logOutgoing:
		if how == logOutgoing {
			from = both
		}
		// COMPAT: the line of the command carries the client rule's number.
		w.sessionLine(e, s.clientRule, s.protocol, s.command, from, f.text)
		accept("request was not performed due to error: " + f.text)
	case logBlock:
		w.sessionLine(e, s.rule, s.protocol, s.command, both, f.text)
		text := fmt.Sprintf("blocked by higher-level socks-rule #%d", s.rule.Number)
		if f.text != "" {
			text += ": " + f.text
		}
		accept(text)
	case logConnecting:
		w.sessionLine(e, s.rule, s.protocol, s.command, both, f.text)
		accept("request was not performed due to error: " + f.text)
	case logLeft:
		w.sessionLine(e, s.rule, s.protocol, s.command, both, f.text)
		accept(f.text)
	case logReply:
		w.refusedReplyLines(s, f.text)
	case logEnd:
		w.endLines(s.clientRule, s.rule, s.command, s.requester(), s.destination(), ending{
			text: f.text, errors: f.kind == connectFailed, lasted: time.Since(s.since),
		})
	}
}

// relay has a connected session relayed, by the loop whose guest it is.
func (w *Worker) relay(c connected) halt {
	s := c.session
	target := s.outward
	s.early = len(c.in.Buffered())
	r := relay.Session{
		Client: s.fd, Target: target, ClientEarly: slices.Clone(c.in.Buffered()),
		Idle: s.rule.Timeouts.TCPIO, FinWait: s.rule.Timeouts.TCPFinWait,
		Observe: w.observer(s.rule, s.command, s.requester(), s.destination()), Tag: s,
		Done: func(res relay.Result) {
			if s.snap.lingers { // a loop must not wait for the peers
				sockopt.Unlinger(s.fd)
				sockopt.Unlinger(target)
			}
			w.finish(s, res)
		},
	}
	if share := s.bandwidth(s.rule); share != nil {
		r.Bandwidth = share
	}
	if err := s.guest.Become(r); err != nil {
		w.log.Error("could not start a relay: " + err.Error())
		return &failure{kind: stopping}
	}
	s.outward = -1
	return forNobody
}

// observer logs what is read from the two sides of a relay, for a rule that wants it; nil for others.
func (w *Worker) observer(r *plan.Rule, cmd socks.Command, client, target endpoint) func(relay.Side, []byte) {
	if r.Log&(acl.LogData|acl.LogIOOp) == 0 {
		return nil
	}
	ended := false
	return func(side relay.Side, p []byte) {
		// COMPAT: only the first end of file is logged; the second ends the session.
		if len(p) == 0 && ended {
			return
		}
		ended = ended || len(p) == 0
		if side == relay.Client {
			w.dataLine(r, cmd, client, target, p)
		} else {
			w.dataLine(r, cmd, target, client, p)
		}
	}
}

// finish ends a session that was relayed.
func (w *Worker) finish(s *session, res relay.Result) {
	s.leaveRules() // before the lines, so that who reads them finds room
	// COMPAT: what came with the request is counted as written to the target, not as read from the client.
	res.Counts.ClientRead -= uint64(s.early)
	w.endLines(s.clientRule, s.rule, s.command, s.requester(), s.destination(), ending{
		text: reasonOf(res), errors: res.Why == relay.ClientError || res.Why == relay.TargetError,
		counts: res.Counts, lasted: time.Since(s.since),
	})
	w.leave(s)
}

// reasonOf is the log's word for why a relayed session ended.
func reasonOf(res relay.Result) string {
	switch res.Why {
	case relay.ClientClosed:
		return "local client closed"
	case relay.TargetClosed:
		return "remote peer closed"
	case relay.ClientError:
		return "local client error" + because(res)
	case relay.TargetError:
		return "remote peer error" + because(res)
	case relay.IdleTimeout:
		return "i/o timeout"
	case relay.FinWaitTimeout:
		if res.WaitFor == relay.Client {
			return "tcp-fin-wait timeout (waiting for client to close)"
		}
		return "tcp-fin-wait timeout (waiting for remote peer to close)"
	}
	return "administrative termination"
}

func because(res relay.Result) string {
	if res.Err == 0 {
		return ""
	}
	return " (" + strerror(res.Err) + ")"
}
