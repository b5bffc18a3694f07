package sockd

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
	"github.com/rustsocks/rustsocks/sockd/sockopt"
	"github.com/rustsocks/rustsocks/sockd/upstream"
)

// departing is a session that knows its way: to a target, or through a proxy, where it has got already.
type departing struct {
	authorized
	chained bool
	local   netip.Addr // of the direct way
}

// result is what came of what was done apart to reach a target or a proxy.
type result struct {
	upstream.Connected
	err    error
	failed *failure
}

// depart finds the way to the target. Talking to a proxy takes its time.
func (w *Worker) depart(a authorized) (departing, halt) {
	s := a.session
	if r := s.apart; r != nil {
		s.apart = nil
		if r.failed != nil {
			return departing{}, r.failed
		}
		return departing{authorized: a, chained: true}, nil
	}
	way, h := w.way(s)
	if h != nil {
		return departing{}, h
	}
	if way.Proxy != 0 {
		return departing{}, apart(func(ctx context.Context) func() {
			fd, f := w.chain(ctx, s, way)
			return func() { s.outward, s.apart = fd, &result{failed: f} }
		})
	}
	targets, local, h := w.route(s, s.target, w.addresses)
	if h != nil {
		return departing{}, h
	}
	s.dial = w.dial(s, local, targets)
	return departing{authorized: a, local: local}, nil
}

// connected is a session with both its sides, of which the client has been told.
type connected struct{ authorized }

// connect reaches the target and answers the client.
func (w *Worker) connect(d departing) (connected, halt) {
	s := d.session
	if d.chained {
		s.creds.wipe()
		w.opened(s, s.via.bound, s.destination())
		return connected{d.authorized}, nil
	}
	c, h := w.attempt(d)
	if h != nil {
		return connected{}, h
	}
	s.creds.wipe()
	s.outward = c.FD
	w.settle(s, c)
	named := s.target
	s.outgoing, s.target = c.Local, socks.AddrFrom(c.Remote)
	to := s.destination()
	if !c.Last {
		to.peer = named // COMPAT: Dante waits for all addresses but the last itself, and then logs the name
	}
	w.opened(s, socks.AddrFrom(c.Local), to)
	return connected{d.authorized}, nil
}

// attempt goes on with connecting to the target. Where a port is to be had from the monitor first, that is done apart.
func (w *Worker) attempt(d departing) (*upstream.Connected, halt) {
	s := d.session
	if r := s.apart; r != nil {
		s.apart = nil
		if r.err != nil {
			return nil, s.connectFailure(r.err, d.local)
		}
		return &r.Connected, nil
	}
	if s.dial.Claim != nil {
		return nil, apart(func(ctx context.Context) func() {
			c, err := upstream.Connect(ctx, s.dial)
			return func() {
				s.apart = &result{Connected: c, err: err}
				if err == nil {
					s.outward = c.FD
				}
			}
		})
	}
	if s.awaiting {
		decided, failed := s.guest.Decided()
		if !decided {
			return nil, forTarget
		}
		var err error
		if failed {
			err = upstream.SocketError(s.dial.FD())
		}
		s.decide(err)
	}
	a, c, err := s.dial.Next(s.ctx)
	switch {
	case err != nil:
		return nil, s.connectFailure(err, d.local)
	case c != nil:
		return c, nil
	}
	s.awaiting = true
	if err := s.guest.Await(a.FD); err != nil {
		w.log.Error("could not watch a connection: " + err.Error())
		return nil, &failure{kind: stopping}
	}
	s.guest.Limit(a.Limit)
	return nil, forTarget
}

// decide ends an attempt.
func (s *session) decide(err error) {
	s.awaiting = false
	if err != nil {
		s.guest.Forget()
	}
	s.dial.Decide(err)
}

// dial prepares to connect to one of the targets, with the socket options of the rule on both sides.
func (w *Worker) dial(s *session, local netip.Addr, targets []netip.AddrPort) *upstream.Dial {
	w.setAccepted(s, s.rule.SocketOptions)
	return &upstream.Dial{
		Local: local, Port: s.sourcePort(), Targets: targets, Limit: s.rule.Timeouts.Connect,
		Prepare: w.prepareOutgoing(s), Claim: w.claimFor(s),
	}
}

// settle sets what an established connection is to have. COMPAT: those that Dante waits for itself, all but the one
// to the last address, do without.
func (w *Worker) settle(s *session, c *upstream.Connected) {
	if c.Last {
		s.setOutgoing(c.FD, sockopt.Established, w.log.Warning)
	}
}

// opened tells the client and the log of a connection.
func (w *Worker) opened(s *session, bound socks.Addr, to endpoint) {
	if err := s.send(s.reply(socks.Succeeded, bound)); err != nil {
		// The relay will find the client gone and end the session as it should be ended, with its lines.
		w.log.Debug("could not send the reply to " + s.client.String() + ": " + cause(err))
	}
	w.sessionLine(opened, s.rule, s.protocol, s.command, s.requester().source()+" -> "+to.opening(), "")
}

// finder finds the addresses of a name for a session. ErrUnknown halts it until they are known.
type finder func(s *session, name string, of upstream.Family) ([]netip.Addr, error)

// route gives the addresses to try for what is to be connected to, and ours to go out from.
func (w *Worker) route(s *session, to socks.Addr, find finder) (targets []netip.AddrPort, local netip.Addr, h halt) {
	addrs := []netip.Addr{to.IP}
	if to.IsName() {
		var err error
		addrs, err = find(s, to.Name, s.snap.reachable())
		switch {
		case err == upstream.ErrUnknown:
			return nil, local, w.lookUp(s, to.Name, s.snap.reachable())
		case err != nil:
			return nil, local, noWayOut("could not resolve hostname \"" + visible([]byte(to.Name)) + "\": " + s.snap.lookupReason(err))
		}
	}
	local, err := s.egress(netip.AddrPortFrom(addrs[0], to.Port))
	if err != nil {
		if p := s.snap.policy; addrs[0].Is4() && p.External4 || addrs[0].Is6() && p.External6 {
			// There are addresses of the family, and they will not do: that is worth more than a line of the session.
			w.log.Warning("getoutaddr(): " + err.Error())
		}
		return nil, local, noWayOut(err.Error())
	}
	from, h := w.redirectSource(s, netip.AddrPortFrom(local, 0))
	if h != nil {
		return nil, local, h
	}
	local = from.Addr()
	if to.IsName() {
		// COMPAT: the whole list counts, also the addresses of the other family, where IPv4 is used.
		fam := upstream.AnyFamily
		if local.Is6() {
			fam = upstream.IPv6
		}
		all, err := find(s, to.Name, fam)
		switch {
		case err == upstream.ErrUnknown:
			return nil, local, w.lookUp(s, to.Name, fam)
		case err == nil:
			addrs = all
		}
	}
	for _, a := range addrs {
		targets = append(targets, netip.AddrPortFrom(a, to.Port))
	}
	return targets, local, nil
}

func noWayOut(why string) *failure {
	return &failure{
		kind: noOutgoing, reply: socks.NetworkUnreachable, text: "could not bind address to use on external side: " + why,
	}
}

// connectFailure makes a failure of an upstream error, and notes what the log is to show of the attempt.
func (s *session) connectFailure(err error, local netip.Addr) *failure {
	var e *upstream.ConnectError
	if !errors.As(err, &e) {
		return &failure{kind: stopping}
	}
	if e.BindErrno != 0 {
		return noWayOut("failed to bind address on external side: " + strerror(e.BindErrno))
	}
	s.outgoing = e.Local
	switch {
	case e.Timeout:
		s.target = socks.AddrFrom(e.Remote)
		return &failure{kind: connectTimeout, reply: socks.TTLExpired, text: "connect timeout"}
	case e.Family:
		return &failure{
			kind: connectRefused, reply: replyFor(e.Errno),
			text: fmt.Sprintf("can not attempt connect to address %s (resolved from %s) from our %s-socket on the external side",
				socks.Addr{IP: e.Remote.Addr()}, s.target, familyName(local)),
		}
	case e.Immediate:
		return &failure{
			kind: connectRefused, reply: replyFor(e.Errno),
			text: fmt.Sprintf("connect(2) to %s from %s failed: %s",
				socks.AddrFrom(e.Remote), socks.AddrFrom(e.Local), strerror(e.Errno)),
		}
	}
	s.target = socks.AddrFrom(e.Remote)
	return &failure{
		kind: connectFailed, reply: replyFor(e.Errno), text: "remote peer error (" + strerror(e.Errno) + ")",
	}
}

// reply encodes a reply in the version the request had.
func (s *session) reply(code socks.Reply, bound socks.Addr) []byte {
	if s.version == socks.V4 {
		return wire.AppendReply4(nil, reply4For(code), bound)
	}
	return wire.AppendReply5(nil, code, bound)
}
