package sockd

import (
	"bufio"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/sockd/upstream"
)

// descriptor finds the socket of the worker, which is this process, by its addresses.
func descriptor(t *testing.T, local, remote netip.AddrPort) int {
	t.Helper()
	for fd := 3; fd < 1<<12; fd++ {
		own, err := unix.Getsockname(fd)
		if err != nil || upstream.AddrPort(own) != local {
			continue
		}
		if peer, err := unix.Getpeername(fd); err == nil && upstream.AddrPort(peer) == remote {
			return fd
		}
	}
	t.Fatalf("no socket from %s to %s", local, remote)
	return -1
}

// logTo gives the log up to a line with the text.
func (s *server) logTo(text string) string {
	s.t.Helper()
	if err := s.logs.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	var all strings.Builder
	for lines := bufio.NewScanner(s.logs); lines.Scan(); {
		all.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), text) {
			return all.String()
		}
	}
	s.t.Fatal("no line with " + text + ":\n" + all.String())
	return ""
}

func anOption(side plan.Side, name string, level, number int, value int32, early bool) plan.SocketOption {
	return plan.SocketOption{
		Side: side, Option: name, LevelNumber: level, OptionNumber: number, Int: value, Early: early,
		Protocols: acl.ProtoTCP | acl.ProtoUDP,
	}
}

func TestSocketOptions(t *testing.T) {
	tos := func(side plan.Side, v int32) plan.SocketOption {
		return anOption(side, "ip_tos", 0, unix.IP_TOS, v, false)
	}
	ttl := func(side plan.Side, v int32) plan.SocketOption {
		return anOption(side, "ip_ttl", 0, unix.IP_TTL, v, true)
	}
	tcp := func(side plan.Side, number int, v int32) plan.SocketOption {
		return anOption(side, "tcp", unix.IPPROTO_TCP, number, v, true)
	}
	socket := func(side plan.Side, number int, v int32) plan.SocketOption {
		return anOption(side, "so", unix.SOL_SOCKET, number, v, true)
	}
	timeout := anOption(plan.Internal, "", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 1000, false)
	in, out := plan.Internal, plan.External
	type values map[[2]int]int
	for _, tt := range []struct {
		name                string
		ip                  string
		global, client, own []plan.SocketOption // own: of the socks rule
		wantIn, wantOut     values
		warnings            int
	}{
		{
			name: "global", ip: "127.0.0.1",
			global: []plan.SocketOption{
				tos(in, 184), timeout, tos(out, 96), ttl(out, 33), tcp(out, unix.TCP_KEEPIDLE, 77), tcp(out, unix.TCP_MAXSEG, 900),
				tcp(out, unix.TCP_NODELAY, 0), socket(out, unix.SO_RCVBUF, 20000), socket(out, unix.SO_SNDBUF, 30000),
				socket(out, unix.SO_KEEPALIVE, 0),
			},
			wantIn: values{{0, unix.IP_TOS}: 184, {unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT}: 1000},
			wantOut: values{
				{0, unix.IP_TOS}: 96, {0, unix.IP_TTL}: 33, {unix.IPPROTO_TCP, unix.TCP_KEEPIDLE}: 77,
				{unix.IPPROTO_TCP, unix.TCP_NODELAY}: 0, {unix.SOL_SOCKET, unix.SO_RCVBUF}: 40000,
				{unix.SOL_SOCKET, unix.SO_SNDBUF}: 60000, {unix.SOL_SOCKET, unix.SO_KEEPALIVE}: 0,
			},
		},
		{
			name: "rules win", ip: "127.0.0.1",
			global:  []plan.SocketOption{tos(in, 184), tos(out, 96), ttl(out, 33)},
			client:  []plan.SocketOption{tos(in, 8), timeout},
			own:     []plan.SocketOption{tos(in, 16), tos(out, 40)},
			wantIn:  values{{0, unix.IP_TOS}: 16, {unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT}: 1000},
			wantOut: values{{0, unix.IP_TOS}: 40, {0, unix.IP_TTL}: 33},
		},
		{
			name: "the client rule's alone", ip: "127.0.0.1",
			global: []plan.SocketOption{tos(in, 184)}, client: []plan.SocketOption{tos(in, 8)},
			wantIn: values{{0, unix.IP_TOS}: 8}, wantOut: values{{0, unix.IP_TOS}: 0},
		},
		{
			name: "too late", ip: "127.0.0.1",
			client: []plan.SocketOption{ttl(in, 33)}, own: []plan.SocketOption{tcp(in, unix.TCP_KEEPIDLE, 77)},
			wantIn: values{{0, unix.IP_TTL}: 64, {unix.IPPROTO_TCP, unix.TCP_KEEPIDLE}: 7200},
		},
		{
			name: "to IPv6", ip: "::1",
			global:  []plan.SocketOption{tcp(out, unix.TCP_KEEPIDLE, 77), ttl(out, 33)},
			own:     []plan.SocketOption{socket(out, unix.SO_RCVBUF, 20000)},
			wantOut: values{{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE}: 77, {unix.SOL_SOCKET, unix.SO_RCVBUF}: 40000},
		},
		{
			name: "failures fail no session", ip: "127.0.0.1",
			global: []plan.SocketOption{ttl(out, 4000)}, client: []plan.SocketOption{
				anOption(in, "", unix.IPPROTO_TCP, 9999, 1, false),
			},
			warnings: 2,
		},
		{
			name: "numbers are tried on connections again", ip: "127.0.0.1", warnings: 2,
			own: []plan.SocketOption{anOption(out, "", unix.IPPROTO_TCP, 9999, 1, false)},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serveWith(t, func(p *plan.Plan) {
				p.External = append(p.External, netip.IPv6Loopback())
				p.SocketOptions = tt.global
				p.ClientRules[0].SocketOptions, p.SocksRules[0].SocketOptions = tt.client, tt.own
			})
			e, c := echo(t, tt.ip), s.dial()
			write(t, c, ask5(t, socks.Connect, target(e)))
			reply := make([]byte, 2+4+e.Addr().BitLen()/8+2)
			if _, err := io.ReadFull(c, reply); err != nil || reply[3] != 0 {
				t.Fatalf("% x %v", reply, err)
			}
			from := netip.AddrPortFrom(e.Addr(), uint16(reply[len(reply)-2])<<8|uint16(reply[len(reply)-1]))
			for _, side := range []struct {
				name string
				fd   int
				want values
			}{
				{"client", descriptor(t, s.at, c.LocalAddr().(*net.TCPAddr).AddrPort()), tt.wantIn},
				{"target", descriptor(t, from, e), tt.wantOut},
			} {
				for o, want := range side.want {
					if got, err := unix.GetsockoptInt(side.fd, o[0], o[1]); err != nil || got != want {
						t.Errorf("%s, level %d option %d is %d, not %d (%v)", side.name, o[0], o[1], got, want, err)
					}
				}
			}
			c.Close()
			log := s.logTo("tcp/accept ]")
			if n := strings.Count(log, "warning: setconfsockoption(): failed to set socket option"); n != tt.warnings {
				t.Errorf("%d warnings:\n%s", n, log)
			}
		})
	}
}

// A client rule's options are set for clients that are turned away too, as the log shows.
func TestSocketOptionsOfRefusedClients(t *testing.T) {
	for _, verdict := range []acl.Verdict{acl.Pass, acl.Block} {
		s := serveWith(t, func(p *plan.Plan) {
			p.SourceChecks, p.FakeNames = acl.SourceChecks{Mismatch: true}, true
			p.ClientRules[0].Verdict = verdict
			p.ClientRules[0].SocketOptions = []plan.SocketOption{anOption(plan.Internal, "", unix.IPPROTO_TCP, 9999, 1, false)}
		})
		for range 2 { // so that what comes behind the first line is seen
			if got := rest(s.dial()); len(got) > 0 {
				t.Errorf("%s: the client gets % x", verdict, got)
			}
		}
		log := strings.Join(s.lines(4), "\n")
		if n := strings.Count(log, "setconfsockoption(): failed to set socket option"); n != 2 {
			t.Errorf("%s: %d warnings, want 2:\n%s", verdict, n, log)
		}
	}
}

// so_linger must not have an event loop wait for a client that takes nothing.
func TestClosingDoesNotWaitForThePeer(t *testing.T) {
	linger := anOption(plan.Internal, "so_linger", unix.SOL_SOCKET, unix.SO_LINGER, 60, false)
	s := serveWith(t, func(p *plan.Plan) { p.ClientRules[0].SocketOptions = []plan.SocketOption{linger} })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() { // writes until everything is full, which is when the session ends
		c, err := l.Accept()
		for err == nil {
			_, err = c.Write(make([]byte, 1<<20))
		}
	}()
	c := s.dial()
	write(t, c, ask5(t, socks.Connect, target(netip.MustParseAddrPort(l.Addr().String()))))
	if _, err := io.ReadFull(c, make([]byte, 12)); err != nil {
		t.Fatal(err)
	}
	fd := descriptor(t, s.at, c.LocalAddr().(*net.TCPAddr).AddrPort())
	if l, err := unix.GetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER); err != nil || l.Linger != 60 {
		t.Fatal(l, err)
	}
	for unsent := 0; unsent < 100_000; runtime.Gosched() {
		var err error
		if unsent, err = unix.IoctlGetInt(fd, unix.TIOCOUTQ); err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan struct{})
	go func() { s.relays.Terminate(nil); close(ended) }()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the event loop waits for the client")
	}
}
