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

// connected is a session with both its sides, of which the client has been told.
type connected struct {
	authorized
	target int // descriptor towards the target, owned
}

// connect reaches the target and answers the client.
func (w *Worker) connect(ctx context.Context, a authorized) (connected, *failure) {
	s := a.session
	defer s.creds.wipe()
	way, f := w.way(ctx, s)
	if f != nil {
		return connected{}, f
	}
	if way.Proxy != 0 {
		fd, f := w.chain(ctx, s, way)
		if f != nil {
			return connected{}, f
		}
		w.opened(s, s.via.bound, s.destination())
		return connected{authorized: a, target: fd}, nil
	}
	targets, local, f := w.route(ctx, s, s.target)
	if f != nil {
		return connected{}, f
	}
	c, err := w.dial(ctx, s, local, targets)
	if err != nil {
		return connected{}, s.connectFailure(err, local)
	}
	named := s.target
	s.outgoing, s.target = c.Local, socks.AddrFrom(c.Remote)
	to := s.destination()
	if !c.Last {
		to.peer = named // COMPAT: Dante waits for all addresses but the last itself, and then logs the name
	}
	w.opened(s, socks.AddrFrom(c.Local), to)
	return connected{authorized: a, target: c.FD}, nil
}

// dial connects to one of the targets, with the socket options of the rule on both sides.
func (w *Worker) dial(ctx context.Context, s *session, local netip.Addr, targets []netip.AddrPort) (upstream.Connected, error) {
	w.setAccepted(s, s.rule.SocketOptions)
	c, err := upstream.Connect(ctx, local, s.client.Port(), targets, s.rule.Timeouts.Connect, w.prepareOutgoing(s), w.claimFor(s))
	if err == nil && c.Last { // COMPAT: the connections that Dante waits for itself do without
		s.setOutgoing(c.FD, sockopt.Established, w.log.Warning)
	}
	return c, err
}

// opened tells the client and the log of a connection.
func (w *Worker) opened(s *session, bound socks.Addr, to endpoint) {
	if _, err := s.conn.Write(s.reply(socks.Succeeded, bound)); err != nil {
		// The relay will find the client gone and end the session as it should be ended, with its lines.
		w.log.Debug("could not send the reply to " + s.client.String() + ": " + cause(err))
	}
	w.sessionLine(opened, s.rule, s.protocol, s.command, s.requester().source()+" -> "+to.opening(), "")
}

// route gives the addresses to try for what is to be connected to, and ours to go out from.
func (w *Worker) route(ctx context.Context, s *session, to socks.Addr) (targets []netip.AddrPort, local netip.Addr, f *failure) {
	addrs := []netip.Addr{to.IP}
	if to.IsName() {
		var err error
		if addrs, err = w.resolver.Addresses(ctx, to.Name, s.snap.reachable()); err != nil {
			return nil, local, &failure{
				kind: noOutgoing, reply: socks.NetworkUnreachable,
				text: "could not bind address to use on external side: could not resolve hostname \"" +
					visible([]byte(to.Name)) + "\": " + s.snap.lookupReason(err),
			}
		}
	}
	local, err := s.egress(netip.AddrPortFrom(addrs[0], to.Port))
	if err != nil {
		if p := s.snap.policy; addrs[0].Is4() && p.External4 || addrs[0].Is6() && p.External6 {
			// There are addresses of the family, and they will not do: that is worth more than a line of the session.
			w.log.Warning("getoutaddr(): " + err.Error())
		}
		return nil, local, &failure{
			kind: noOutgoing, reply: socks.NetworkUnreachable,
			text: "could not bind address to use on external side: " + err.Error(),
		}
	}
	if to.IsName() {
		// COMPAT: the whole list counts, also the addresses of the other family, where IPv4 is used.
		fam := upstream.AnyFamily
		if local.Is6() {
			fam = upstream.IPv6
		}
		if all, err := w.resolver.Addresses(ctx, to.Name, fam); err == nil {
			addrs = all
		}
	}
	for _, a := range addrs {
		targets = append(targets, netip.AddrPortFrom(a, to.Port))
	}
	return targets, local, nil
}

// connectFailure makes a failure of an upstream error, and notes what the log is to show of the attempt.
func (s *session) connectFailure(err error, local netip.Addr) *failure {
	var e *upstream.ConnectError
	if !errors.As(err, &e) {
		return &failure{kind: stopping}
	}
	if e.BindErrno != 0 {
		return &failure{
			kind: noOutgoing, reply: socks.NetworkUnreachable,
			text: "could not bind address to use on external side: failed to bind address on external side: " +
				strerror(e.BindErrno),
		}
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
