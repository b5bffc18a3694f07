package sockd

import (
	"slices"
	"time"

	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/sockd/relay"
	"github.com/rustsocks/rustsocks/sockd/sockopt"
)

// relayReply hands a session with a peer over to the relay. It was the peer that connected, so that for the relay, as in
// the log, the peer is the client's side.
func (w *Worker) relayReply(j joined) *failure {
	s := j.session
	if err := w.bare(s); err != nil {
		w.log.Error("could not hand a session to the relay: " + err.Error())
		return &failure{kind: stopping}
	}
	client, peer, early := s.fd, s.outward, slices.Clone(j.in.Buffered())
	s.early = len(early)
	r := relay.Session{
		Client: peer, Target: client, TargetEarly: early,
		Idle: s.bindReply.Timeouts.TCPIO, FinWait: s.bindReply.Timeouts.TCPFinWait,
		Observe: w.observer(s.bindReply, socks.BindReply, s.visitor(), s.requester()), Tag: s,
		Done: func(res relay.Result) {
			if s.snap.lingers { // a loop must not wait for the peers
				sockopt.Unlinger(client)
				sockopt.Unlinger(peer)
			}
			w.finishReply(s, res)
		},
	}
	if share := s.bandwidth(s.bindReply); share != nil {
		r.Bandwidth = share
	}
	s.outward = -1 // after Start the session is the relay's
	if err := w.relays.Start(r); err != nil {
		w.log.Error("could not start a relay: " + err.Error())
		s.outward = peer
		return &failure{kind: stopping}
	}
	return nil
}

// finishReply ends a session that was relayed.
func (w *Worker) finishReply(s *session, res relay.Result) {
	s.leaveRules()
	// COMPAT: what came with the request is counted as written to the peer, not as read from the client.
	res.Counts.TargetRead -= uint64(s.early)
	if res.Why == relay.TargetError {
		res.Why = relay.ClientError // COMPAT: errors of either side are called the client's
	}
	e := ending{text: reasonOf(res), errors: res.Why == relay.ClientError, counts: res.Counts, lasted: time.Since(s.since)}
	w.endLine(s.bindReply, socks.BindReply, s.visitor().source(), s.requester(), e)
	if e.wants(s.bindReply.Log) {
		to := s.destination()
		to.peer = s.asked
		w.sessionLine(ended, s.rule, socks.TCP, socks.Bind, s.requester().source()+" -> "+to.target(), "")
	}
	w.endAcceptLine(s.clientRule, s.acceptor().source(), res.Counts.TargetWritten, res.Counts.ClientWritten, e)
	w.leave(s)
}
