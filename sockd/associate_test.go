package sockd

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
	"github.com/rustsocks/rustsocks/sockd/relay/udp"
)

// A udpClient is one with an association.
type udpClient struct {
	t       testing.TB
	control *net.TCPConn
	conn    *net.UDPConn
	relay   netip.AddrPort
}

// associate makes a client of UDP ASSOCIATE that announces no address.
func (s *server) associate() *udpClient {
	s.t.Helper()
	c := s.dial()
	code, bound := s.ask(c, socks.UDPAssociate, socks.Addr{IP: netip.IPv4Unspecified()})
	if code != socks.Succeeded || bound.IP != s.at.Addr() {
		s.t.Fatal(code, bound)
	}
	return &udpClient{t: s.t, control: c, conn: socket(s.t, "127.0.0.1"), relay: netip.AddrPortFrom(bound.IP, bound.Port)}
}

// ask makes a request and gives the answer.
func (s *server) ask(c net.Conn, cmd socks.Command, to socks.Addr) (socks.Reply, socks.Addr) {
	s.t.Helper()
	write(s.t, c, ask5(s.t, cmd, to))
	r := wire.NewReader(c)
	if m, err := r.Method(); err != nil || m != socks.MethodNoAuth {
		s.t.Fatal(m, err)
	}
	code, bound, err := r.Reply5()
	if err != nil {
		s.t.Fatal(err)
	}
	return code, bound
}

// socket is a UDP socket of the test.
func socket(t testing.TB, ip string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(ip), 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func addressOf(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

func (u *udpClient) send(to netip.AddrPort, payload string) {
	u.t.Helper()
	u.sendFrame(append(wire.AppendDatagramHeader(nil, socks.AddrFrom(to)), payload...))
}

func (u *udpClient) sendFrame(frame []byte) {
	u.t.Helper()
	if _, err := u.conn.WriteToUDPAddrPort(frame, u.relay); err != nil {
		u.t.Fatal(err)
	}
}

// received is the next datagram that comes to a socket.
func received(t testing.TB, c *net.UDPConn) (string, netip.AddrPort) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	b := make([]byte, 1<<16)
	n, from, err := c.ReadFromUDPAddrPort(b)
	if err != nil {
		t.Fatal(err)
	}
	return string(b[:n]), from
}

// reply has the target send something to the client, which must get it next.
func (u *udpClient) reply(from *net.UDPConn, to netip.AddrPort, payload string) {
	u.t.Helper()
	if _, err := from.WriteToUDPAddrPort([]byte(payload), to); err != nil {
		u.t.Fatal(err)
	}
	frame, _ := received(u.t, u.conn)
	d, err := wire.ParseDatagram([]byte(frame))
	if err != nil || d.Address != socks.AddrFrom(addressOf(from)) || string(d.Payload) != payload {
		u.t.Fatalf("%v %q %v, want %q from %s", d.Address, d.Payload, err, payload, addressOf(from))
	}
}

// connecting has the sockets towards targets connected, as they are without a configuration that says otherwise.
func connecting(p *plan.Plan) { p.UDPConnect = true }

func TestAssociation(t *testing.T) {
	s := serveWith(t, connecting)
	u, e := s.associate(), socket(t, "127.0.0.1")
	var outside netip.AddrPort
	for i, payload := range []string{"one", "", strings.Repeat("x", 65000), "four"} {
		u.send(addressOf(e), payload)
		got, from := received(t, e)
		if got != payload || i > 0 && from != outside {
			t.Fatalf("datagram %d: %d bytes from %s, want %d from %s", i, len(got), from, len(payload), outside)
		}
		outside = from
		u.reply(e, from, payload)
	}
	u.control.Close()
	const client, accepted = "127.0.0.1.P 127.0.0.1.P", "pass(1): tcp/accept "
	want := []string{
		accepted + "[: " + client,
		"pass(1): udp/udpassociate [: 0.0.0.0.0 127.0.0.1.P",
		"pass(1): udp/udpassociate ]: 65047/4 -> " + client + " -> 65047/4, 65007/4 -> " + client + " -> 65007/4: local client closed.  Session duration: 0s",
		accepted + "]: 65047 -> " + client + " -> 65007: local client closed.  Session duration: 0s",
	}
	if diff := cmp.Diff(want, s.unhurried(4)); diff != "" {
		t.Error(diff)
	}
}

// unhurried gives log lines as if all had gone fast.
func (s *server) unhurried(n int) []string {
	s.t.Helper()
	all := s.lines(n)
	for i, line := range all {
		if head, _, found := strings.Cut(line, "Session duration: "); found {
			all[i] = head + "Session duration: 0s"
		}
	}
	return all
}

// replyRules lets replies pass from 127.0.0.1 only.
func replyRules(p *plan.Plan) {
	only := func(number int, verdict acl.Verdict, c acl.CommandSet, from string) plan.Rule {
		r := p.SocksRules[0]
		r.Number, r.Verdict, r.Commands = number, verdict, c
		if from != "" {
			r.From = addr.Spec{Kind: addr.Prefix, Prefix: netip.MustParsePrefix(from)}
		}
		return r
	}
	p.SocksRules = []plan.Rule{
		only(1, acl.Pass, acl.CmdUDPReply, "127.0.0.1/32"), only(2, acl.Block, acl.CmdUDPReply, ""), only(3, acl.Pass, acl.CmdAll, ""),
	}
}

// Replies are decided about by who sends them: the decision about one target is not one about the next.
func TestRepliesOfAllTargetsAreDecidedAbout(t *testing.T) {
	s := serveWith(t, replyRules)
	u, good, bad := s.associate(), socket(t, "127.0.0.1"), socket(t, "127.0.0.2")
	s.lines(2)
	u.send(addressOf(good), "to the one")
	_, outside := received(t, good)
	u.reply(good, outside, "and back")
	u.send(addressOf(bad), "to the other")
	_, outside = received(t, bad)
	if _, err := bad.WriteToUDPAddrPort([]byte("not passed on"), outside); err != nil {
		t.Fatal(err)
	}
	want := []string{"block(2): udp/udpreply -: 127.0.0.2.P 127.0.0.1.P -> 127.0.0.1.P 127.0.0.1.P"}
	if diff := cmp.Diff(want, s.lines(1)); diff != "" {
		t.Error(diff)
	}
	// The first target is still heard.
	u.reply(good, outside, "again")
}

// A blocked target of one family says nothing about one of the other.
func TestFamiliesAreDecidedAboutApart(t *testing.T) {
	s := serveWith(t, func(p *plan.Plan) {
		p.External = append(p.External, netip.IPv6Loopback())
		block := p.SocksRules[0]
		block.Verdict, block.To = acl.Block, addr.Spec{Kind: addr.Prefix, Prefix: netip.MustParsePrefix("127.0.0.2/32")}
		p.SocksRules[0].Number = 2
		p.SocksRules = append([]plan.Rule{block}, p.SocksRules...)
	})
	u, six, bad := s.associate(), socket(t, "::1"), socket(t, "127.0.0.2")
	s.lines(2)
	for range 2 {
		u.send(addressOf(six), "passes")
		received(t, six)
		u.send(addressOf(bad), "does not")
		if line := s.lines(1)[0]; !strings.HasPrefix(line, "block(1): udp/udpassociate -: ") {
			t.Fatal(line)
		}
	}
	u.control.Close()
	if lines := s.lines(3); !strings.Contains(lines[0], "::1.P") || !strings.Contains(lines[1], ", 0/0 -> 127.0.0.1.P 0.0.0.0.0 -> 0/0: ") {
		t.Error(strings.Join(lines, "\n"))
	}
}

// What is wrong with one datagram, or its target, is not held against the next.
func TestDatagramsThatAreDropped(t *testing.T) {
	s := serveWith(t, nil)
	u, e := s.associate(), socket(t, "127.0.0.1")
	s.lines(2)
	to := addressOf(e)
	fragment := wire.AppendDatagramHeader(nil, socks.AddrFrom(to))
	fragment[2] = 1
	const client = "block(1): udp/udpassociate -: 127.0.0.1.P 127.0.0.1.P -> "
	for _, c := range []struct {
		frame []byte
		want  string
	}{
		{[]byte("short"), "0.0.0.0.0 0.0.0.0.0: SOCKS protocol error in socks udp packet of length 5.  Could not extract valid address from SOCKS UDP header"},
		{fragment, "0.0.0.0.0 127.0.0.1.P: fragmented socks udp packets are not supported"},
		{wire.AppendDatagramHeader(nil, socks.Addr{IP: netip.IPv6Loopback(), Port: 53}), "0.0.0.0.0 ::1.P: packet for IPv6 address target, but no IPv6 address configured for our usage on the external interface "},
		{wire.AppendDatagramHeader(nil, socks.Addr{IP: netip.IPv4Unspecified(), Port: 53}), "0.0.0.0.0 0.0.0.0.53: could not resolve target address 0.0.0.0.53.  Non-DNS error: no system error "},
		{wire.AppendDatagramHeader(nil, socks.Addr{Name: "127.0.0.300", Port: 53}), "0.0.0.0.0 127.0.0.300.53: could not resolve target address 127.0.0.300.53: Name or service not known for IPv4 address "},
		{wire.AppendDatagramHeader(nil, socks.Addr{IP: to.Addr()}), "127.0.0.1.P 127.0.0.1.P: sendto of 0 bytes failed: Invalid argument"},
	} {
		u.sendFrame(c.frame)
		want := client + ports.ReplaceAllString(c.want, "$1.P")
		if got := s.lines(1)[0]; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		u.send(to, "fine")
		if got, _ := received(t, e); got != "fine" {
			t.Errorf("after %q: %q", c.frame, got)
		}
	}
}

// Errors of a target that is not there are told of, and end nothing.
func TestDelayedErrors(t *testing.T) {
	s := serveWith(t, connecting)
	u, e := s.associate(), socket(t, "127.0.0.1")
	s.lines(2)
	nobody := addressOf(e)
	e.Close()
	u.send(nobody, "anybody?")
	want := "block(1): udp/udpassociate -: 127.0.0.1.P 127.0.0.1.P -> 127.0.0.1.P 127.0.0.1.P: Connection refused (delayed error)"
	if got := s.lines(1)[0]; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	other := socket(t, "127.0.0.1")
	u.send(addressOf(other), "you?")
	if got, _ := received(t, other); got != "you?" {
		t.Error(got)
	}
}

// The first datagram says who the client is.
func TestClientAddressIsLocked(t *testing.T) {
	s := serveWith(t, nil)
	u, e, stranger := s.associate(), socket(t, "127.0.0.1"), socket(t, "127.0.0.9")
	u.send(addressOf(e), "client")
	received(t, e)
	frame := append(wire.AppendDatagramHeader(nil, socks.AddrFrom(addressOf(e))), "stranger"...)
	if _, err := stranger.WriteToUDPAddrPort(frame, u.relay); err != nil {
		t.Fatal(err)
	}
	u.send(addressOf(e), "client")
	if got, _ := received(t, e); got != "client" {
		t.Errorf("%q was passed on", got)
	}
	s.lines(2)

	// Who announces an address is held to it from the beginning.
	c := s.dial()
	code, bound := s.ask(c, socks.UDPAssociate, socks.Addr{IP: netip.MustParseAddr("127.0.0.1")})
	if code != socks.Succeeded {
		t.Fatal(code)
	}
	if _, err := stranger.WriteToUDPAddrPort(frame, netip.AddrPortFrom(bound.IP, bound.Port)); err != nil {
		t.Fatal(err)
	}
	want := "block(1): udp/udpassociate -: 127.0.0.9.P 127.0.0.1.P -> 0.0.0.0.0 0.0.0.0.0: expected udp packet from clientaddress 127.0.0.1.P, got it from 127.0.0.9.P"
	if got := s.lines(3)[2]; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A reload is about the datagrams that come from then on, also those of associations that are there.
func TestReloadReachesAssociations(t *testing.T) {
	s := serveWith(t, nil)
	u, e := s.associate(), socket(t, "127.0.0.1")
	s.lines(2)
	u.send(addressOf(e), "before")
	received(t, e)
	s.snapshot.Store(newSnapshot(thePlan(s.at, func(p *plan.Plan) {
		p.SocksRules[0].Verdict, p.SocksRules[0].To = acl.Block, addr.Spec{Kind: addr.Prefix, Prefix: netip.MustParsePrefix("127.0.0.1/32")}
		pass := p.SocksRules[0]
		pass.Number, pass.Verdict, pass.To = 2, acl.Pass, addr.Spec{Kind: addr.AnyIP}
		p.SocksRules = append(p.SocksRules, pass)
	}), s.snapshot.Load()))
	s.datagrams.Forget()
	u.send(addressOf(e), "after")
	if got := s.lines(1)[0]; !strings.HasPrefix(got, "block(1): udp/udpassociate -: ") {
		t.Error(got)
	}
}

func TestAssociationEnds(t *testing.T) {
	t.Run("idle", func(t *testing.T) {
		s := serveWith(t, func(p *plan.Plan) { p.SocksRules[0].Timeouts.UDPIO = 50 * time.Millisecond })
		u := s.associate()
		if b := rest(u.control); len(b) > 0 {
			t.Errorf("% x", b)
		}
		if got := s.unhurried(4)[2]; got != "pass(1): udp/udpassociate ]: 0/0 -> 0.0.0.0.0 127.0.0.1.P -> 0/0: i/o timeout.  Session duration: 0s" {
			t.Error(got)
		}
	})
	t.Run("terminated", func(t *testing.T) {
		s := serveWith(t, nil)
		u := s.associate()
		s.lines(2)
		s.endAll()
		rest(u.control)
		if got := s.lines(2)[1]; !strings.Contains(got, ": administrative termination.") {
			t.Error(got)
		}
	})
	t.Run("no target is allowed", func(t *testing.T) {
		s := serveWith(t, func(p *plan.Plan) {
			p.SocksRules[0].From = addr.Spec{Kind: addr.Prefix, Prefix: netip.MustParsePrefix("127.0.0.1/32")}
		})
		u := s.associate()
		u.conn = socket(t, "127.0.0.9")
		u.send(netip.MustParseAddrPort("127.0.0.1:9"), "x")
		rest(u.control)
		if got := s.lines(3)[2]; !strings.Contains(got, ": blocked.  Session") {
			t.Error(got)
		}
	})
	t.Run("bytes over the control connection do not end it", func(t *testing.T) {
		s := serveWith(t, nil)
		u, e := s.associate(), socket(t, "127.0.0.1")
		s.lines(2)
		write(t, u.control, []byte("what?"))
		if got := s.lines(1)[0]; !strings.Contains(got, "notice: run_io(): 5 unexpected bytes over control connection from client 127.0.0.1.P: what?") {
			t.Error(got)
		}
		u.send(addressOf(e), "still here")
		received(t, e)
	})
}

func TestAssociationsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*plan.Plan)
		from   socks.Addr
		code   socks.Reply
		want   string
	}{
		"by a rule": {
			func(p *plan.Plan) { p.SocksRules[0].Verdict = acl.Block },
			socks.Addr{IP: netip.IPv4Unspecified()},
			socks.NotAllowed,
			"block(1): udp/udpassociate ]: 0.0.0.0.0 0.0.0.0.0",
		},
		"without an address of the family": {
			nil,
			socks.Addr{IP: netip.IPv6Loopback(), Port: 9},
			socks.AddressNotSupported,
			"block(1): udp/udpassociate ]: 127.0.0.1.P 127.0.0.1.P: client wants to send us UDP packets from IPv6 address, but no IPv6 address configured for our usage on the internal interface",
		},
		"without an address of the family to send to": {
			nil,
			socks.Addr{IP: netip.IPv6Unspecified()},
			socks.AddressNotSupported,
			"block(1): udp/udpassociate ]: ::.0 ::.0: no IPv6 address found amongst the internal addresses",
		},
		"routes are for proxies": {
			func(p *plan.Plan) {
				p.Routes = []plan.Route{{Number: 1, From: addr.Spec{Kind: addr.AnyIP}, To: addr.Spec{Kind: addr.AnyIP}, Commands: acl.CmdConnect, Protocols: acl.ProtoTCP, Proxies: acl.VerSocks5}}
			},
			socks.Addr{IP: netip.IPv4Unspecified()},
			socks.NetworkUnreachable,
			"block(1): udp/udpassociate ]: 0.0.0.0.0 0.0.0.0.0: serverchain failed: command udpassociate is not supported by serverchaining and no direct route found",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveWith(t, c.change)
			control := s.dial()
			code, bound := s.ask(control, socks.UDPAssociate, c.from)
			if code != c.code || bound != c.from {
				t.Error(code, bound)
			}
			if diff := cmp.Diff(c.want, s.lines(2)[1]); diff != "" {
				t.Error(diff)
			}
			rest(control)
		})
	}
}

func TestUDPPortRange(t *testing.T) {
	free := addressOf(socket(t, "127.0.0.1")).Port()
	s := serveWith(t, func(p *plan.Plan) { p.SocksRules[0].UDPPorts = plan.PortRange{First: free, Last: free} })
	c := s.dial()
	if code, _ := s.ask(c, socks.UDPAssociate, socks.Addr{IP: netip.IPv4Unspecified()}); code != socks.GeneralFailure {
		t.Error(code, "though the port is taken")
	}
	if got := s.lines(2)[1]; !strings.HasSuffix(got, "no free ports in range to bind") {
		t.Error(got)
	}
	s = serveWith(t, func(p *plan.Plan) { p.SocksRules[0].UDPPorts = plan.PortRange{First: 20000, Last: 65000} })
	if port := s.associate().relay.Port(); port < 20000 || port > 65000 {
		t.Error(port)
	}
}

// COMPAT: the flag of an early draft is given back to clients that announce no port.
func TestUseClientPortFlag(t *testing.T) {
	for _, c := range []struct {
		draft bool
		port  uint16
		want  byte
	}{{true, 0, wire.FlagUseClientPort}, {true, 9, 0}, {false, 0, 0}} {
		s := serveWith(t, func(p *plan.Plan) { p.Draft505 = c.draft })
		ask := ask5(t, socks.UDPAssociate, socks.Addr{IP: netip.MustParseAddr("127.0.0.1"), Port: c.port})
		ask[5] = wire.FlagUseClientPort
		control := s.dial()
		write(t, control, ask)
		answer := make([]byte, 12)
		if _, err := io.ReadFull(control, answer); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(answer[:5], []byte{5, 0, 5, 0, c.want}) {
			t.Errorf("%v: % x", c, answer)
		}
	}
}

func TestSocketOptionsOfDatagrams(t *testing.T) {
	option := func(side plan.Side, value int32) plan.SocketOption {
		o := anOption(side, "ip_tos", unix.IPPROTO_IP, unix.IP_TOS, value, false)
		o.Protocols = acl.ProtoUDP
		return o
	}
	s := serveWith(t, func(p *plan.Plan) {
		p.SocketOptions = []plan.SocketOption{option(plan.Internal, 8)}
		p.SocksRules[0].SocketOptions = []plan.SocketOption{option(plan.External, 16)}
	})
	u, e := s.associate(), socket(t, "127.0.0.1")
	u.send(addressOf(e), "x")
	received(t, e)
	got := map[udp.Socket]int{}
	s.datagrams.Each(func(a *udp.Association, _, _ time.Duration) {
		for _, at := range []udp.Socket{udp.Client, udp.Target4} {
			got[at], _ = unix.GetsockoptInt(a.FD(at), unix.IPPROTO_IP, unix.IP_TOS)
		}
	})
	if diff := cmp.Diff(map[udp.Socket]int{udp.Client: 8, udp.Target4: 16}, got); diff != "" {
		t.Error(diff)
	}
}

func TestStatusOfAssociations(t *testing.T) {
	s := serveWith(t, nil)
	u, e := s.associate(), socket(t, "127.0.0.1")
	s.lines(2)
	s.printStatus()
	u.send(addressOf(e), "hello")
	received(t, e)
	s.printStatus()
	times := func(line string) string {
		head, rest, _ := strings.Cut(line, "age: ")
		_, rest, _ = strings.Cut(rest, "s, bytes")
		return head + "bytes" + rest
	}
	want := []string{
		"udp: 0.0.0.0.0 127.0.0.1.P: bytes transferred: 0 <-> 0, packets: 0 <-> 0",
		"udp: 127.0.0.1.P 127.0.0.1.P <-> 127.0.0.1.P 127.0.0.1.P: bytes transferred: 5 <-> 0, packets: 1 <-> 0",
	}
	var got []string
	for _, line := range s.lines(4) { // each time one about the worker as well
		if strings.HasPrefix(line, "udp: ") {
			got = append(got, times(line))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func descriptors(t *testing.T) int {
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// Associations leave nothing behind, whatever became of them.
func TestAssociationsLeaveNothing(t *testing.T) {
	s := serveWith(t, func(p *plan.Plan) {
		p.External = append(p.External, netip.IPv6Loopback())
		p.ClientRules[0].Log, p.SocksRules[0].Log = 0, 0
	})
	e, e6 := socket(t, "127.0.0.1"), socket(t, "::1")
	round := func() {
		for i := range 20 {
			c := s.dial()
			code, bound := s.ask(c, socks.UDPAssociate, socks.Addr{IP: netip.IPv4Unspecified()})
			if code != socks.Succeeded {
				t.Fatal(code)
			}
			u := &udpClient{t: t, control: c, conn: socket(t, "127.0.0.1"), relay: netip.AddrPortFrom(bound.IP, bound.Port)}
			if i%2 == 0 {
				u.send(addressOf(e), fmt.Sprint(i))
				received(t, e)
				u.send(addressOf(e6), fmt.Sprint(i))
				received(t, e6)
			}
			if i%5 == 0 {
				c.SetLinger(0)
			}
			u.conn.Close()
			c.Close()
		}
		deadline := time.Now().Add(20 * time.Second)
		for s.datagrams.Active() > 0 || s.counts.handled.Load() < s.counts.accepted.Load() {
			if time.Now().After(deadline) {
				t.Fatalf("%d associations are left", s.datagrams.Active())
			}
			runtime.Gosched()
		}
	}
	round()
	goroutines, open := runtime.NumGoroutine(), descriptors(t)
	round()
	until := time.Now().Add(20 * time.Second)
	for runtime.NumGoroutine() > goroutines || descriptors(t) > open {
		if time.Now().After(until) {
			t.Fatalf("%d goroutines and %d descriptors, before %d and %d", runtime.NumGoroutine(), descriptors(t), goroutines, open)
		}
		runtime.Gosched()
	}
}

func TestDatagramToAName(t *testing.T) {
	s := serveWith(t, nil)
	u, e := s.associate(), socket(t, "127.0.0.1")
	s.lines(2)
	frame := append(wire.AppendDatagramHeader(nil, socks.Addr{Name: "127.0.0.1", Port: addressOf(e).Port()}), "by name"...)
	u.sendFrame(frame)
	if got, _ := received(t, e); got != "by name" {
		t.Error(got)
	}
}

// Datagrams beyond the bandwidth of their rule come late: what is sent at once arrives at its rate.
func TestBandwidthOfDatagrams(t *testing.T) {
	const rate, size, many = 100_000, 1000, 40
	s := serveWith(t, func(p *plan.Plan) { p.SocksRules[0].Bandwidth = rate })
	u, e := s.associate(), socket(t, "127.0.0.1")
	begin := time.Now()
	for range many {
		u.send(addressOf(e), strings.Repeat("x", size))
	}
	for range many {
		received(t, e)
	}
	// The first of them may go at once.
	if took, least := time.Since(begin), time.Second*size*many/rate/2; took < least {
		t.Errorf("%d bytes in %s, at %d a second", many*size, took, rate)
	}
}
