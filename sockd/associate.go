package sockd

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
	"github.com/rustsocks/rustsocks/sockd/sockopt"
	"github.com/rustsocks/rustsocks/sockd/upstream"
)

// associated is a client that has been told where to send its datagrams to.
type associated struct {
	requested
	fd        int  // where they arrive; owned
	connected bool // to the one address the client has announced
}

// serveAssociation carries out a request for an association, to the relay of datagrams or to its failure.
func (w *Worker) serveAssociation(ctx context.Context, r requested) *failure {
	a, f := w.associate(ctx, r)
	if f != nil {
		return f
	}
	return w.relayDatagrams(a)
}

// associate asks the rules about a client of UDP ASSOCIATE, whose targets nobody knows yet, and opens the socket that
// its datagrams will come to. The socket towards a target is opened when there is a datagram for one.
func (w *Worker) associate(ctx context.Context, r requested) (associated, *failure) {
	s := r.session
	defer s.creds.wipe()
	from := s.requested
	if r.unmapped.IsValid() {
		from.IP = r.unmapped
	}
	nowhere := anyOf(s.announced.Addr())
	s.sender = &endpoint{peer: from, own: nowhere, method: s.method, user: s.creds.user}
	if f := w.authorizeAssociation(ctx, s, from); f != nil {
		return associated{}, f
	}
	// A route can only be direct, and without a target its `to` is compared with no address.
	_, h, err := w.wayFor(s, socks.AddrFrom(s.announced), nowhere)
	for h != nil {
		now(ctx, h)
		_, h, err = w.wayFor(s, socks.AddrFrom(s.announced), nowhere)
	}
	if err != nil {
		return associated{}, chainFailure(socks.NetworkUnreachable, err.Error())
	}
	ip, refused, wildcard := s.snap.plan.RelayAddress(s.local.Addr(), s.announced.Addr())
	if refused != nil {
		if wildcard {
			w.log.Notice("getinaddr(): " + refused.Text)
		}
		return associated{}, &failure{kind: chainFailed, reply: refused.Reply, text: refused.Text}
	}
	a := associated{requested: r}
	f := w.openRelay(&a, ip)
	if f != nil {
		return a, f
	}
	answer := s.reply(socks.Succeeded, s.sender.own)
	if s.snap.plan.Draft505 && r.in.Reserved&wire.FlagUseClientPort != 0 && s.announced.Port() == 0 {
		// COMPAT: the flag is given back to those who have no port yet, and nothing else comes of it.
		answer[reservedByte] = wire.FlagUseClientPort
	}
	if err := s.send(answer); err != nil {
		w.log.Debug("could not send the reply to " + s.client.String() + ": " + cause(err))
	}
	w.sessionLine(opened, s.rule, s.protocol, s.command, s.requester().source(), "")
	return a, nil
}

// reservedByte is where in an answer the flag is.
const reservedByte = 2

// anyOf is the unset address of a family.
func anyOf(ip netip.Addr) socks.Addr {
	if ip.Is4() {
		return socks.Addr{IP: netip.IPv4Unspecified()}
	}
	return socks.Addr{IP: netip.IPv6Unspecified()}
}

// authorizeAssociation asks the socks rules twice: whether there is a target at all that the announced address may send
// to, and, with the client's own address, for the rule that the session belongs to.
func (w *Worker) authorizeAssociation(ctx context.Context, s *session, announced socks.Addr) *failure {
	own := s.acceptor().peer
	froms := []socks.Addr{own}
	if announced.Port != 0 && (announced.IsName() && announced.Name != "" || announced.IP.IsValid() && !announced.IP.IsUnspecified()) {
		froms = []socks.Addr{announced, own}
	}
	for _, from := range froms {
		o := w.decide(ctx, s, acl.Socks, acl.Facts{
			From: from, ToUnknown: true, Command: s.command, Protocol: s.protocol, Version: s.version,
			ClientMethod: s.clientMethod, Method: s.method, User: s.creds.user,
		})
		s.rule, s.method = s.snap.plan.Decided(acl.Socks, o.Rule), o.Method
		s.sender.method = s.method
		if o.Verdict == acl.Block {
			return &failure{kind: refusedByRule, reply: socks.NotAllowed, text: o.Reason}
		}
	}
	if why := s.enterRule(s.rule); why != "" {
		return &failure{kind: refusedByRule, reply: socks.NotAllowed, text: why}
	}
	s.leaveNegotiation()
	return nil
}

// openRelay opens the socket that the client's datagrams come to.
func (w *Worker) openRelay(a *associated, ip netip.Addr) *failure {
	s := a.session
	refuse := func(reply socks.Reply, text string) *failure {
		if a.fd >= 0 {
			closeDescriptor(a.fd)
		}
		return &failure{kind: chainFailed, reply: reply, text: text}
	}
	var err error
	if a.fd, err = datagramSocket(ip); err != nil {
		text := "could not create socket(): " + cause(err)
		w.log.Warning("dorequest(): " + text)
		return refuse(socks.GeneralFailure, text)
	}
	t := sockopt.Target{FD: a.fd, Side: plan.Internal, Protocol: acl.ProtoUDP, Moment: sockopt.Unconnected}
	t.Set(s.snap.plan.SocketOptions, w.log.Warning)
	t.Set(s.rule.SocketOptions, w.log.Warning)
	if err := bindIn(a.fd, ip, s.rule.UDPPorts); err != nil {
		text := "could not bind local address " + socks.AddrFrom(netip.AddrPortFrom(ip, 0)).String() + ": " + cause(err)
		if s.rule.UDPPorts != (plan.PortRange{}) {
			text = "no free ports in range to bind"
		}
		return refuse(socks.GeneralFailure, text)
	}
	if to := s.announced; to.Port() != 0 && !to.Addr().IsUnspecified() {
		if err := unix.Connect(a.fd, upstream.Sockaddr(to)); err != nil {
			return refuse(socks.HostUnreachable, fmt.Sprintf("connect(2) to %s from %s failed: %s",
				socks.AddrFrom(to), socks.AddrFrom(localOf(a.fd)), cause(err)))
		}
		a.connected = true
	}
	s.sender.own = socks.AddrFrom(localOf(a.fd))
	return nil
}

// datagramSocket opens a UDP socket of the family of an address.
func datagramSocket(ip netip.Addr) (int, error) {
	family := unix.AF_INET
	if ip.Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_BROADCAST, 1) // as danted; without it broadcasts fail
	return fd, nil
}

// guesses is how many ports of a range are guessed before it is gone through.
const guesses = 10

// bindIn binds a port of a range, a random one as far as possible.
func bindIn(fd int, ip netip.Addr, ports plan.PortRange) error {
	if ports == (plan.PortRange{}) {
		return unix.Bind(fd, upstream.Sockaddr(netip.AddrPortFrom(ip, 0)))
	}
	size := int(ports.Last) - int(ports.First) + 1
	for range min(guesses, size) {
		port := ports.First + uint16(rand.IntN(size))
		if unix.Bind(fd, upstream.Sockaddr(netip.AddrPortFrom(ip, port))) == nil {
			return nil
		}
	}
	var err error
	for i := range size {
		if err = unix.Bind(fd, upstream.Sockaddr(netip.AddrPortFrom(ip, ports.First+uint16(i)))); err == nil {
			return nil
		}
	}
	return err
}

// localOf is the address that a socket is bound to.
func localOf(fd int) netip.AddrPort {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return netip.AddrPort{}
	}
	return upstream.AddrPort(sa)
}
