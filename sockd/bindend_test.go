package sockd

import (
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/sockd/upstream"
)

// awaitNobody waits until the worker has no session.
func (s *server) awaitNobody() { s.slots.wait() }

// TestBindEndsWithTheWorker has the worker end its sessions while one waits for its peer.
func TestBindEndsWithTheWorker(t *testing.T) {
	s := serveWith(t, nil)
	client := s.askBind(socks.V5, anybody, "")
	bound := client.granted()
	s.lines(2)
	s.endAll()
	s.awaitNobody()
	if got := rest(client.TCPConn); len(got) > 0 {
		t.Errorf("the client gets % x", got)
	}
	if _, err := unix.Getsockname(listener(bound)); err == nil {
		t.Error("the worker still listens")
	}
}

// listener finds a socket of this process that listens at an address; -1 is none.
func listener(at netip.AddrPort) int {
	for fd := 3; fd < 1<<12; fd++ {
		own, err := unix.Getsockname(fd)
		if err != nil || upstream.AddrPort(own) != at {
			continue
		}
		if on, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ACCEPTCONN); err == nil && on == 1 {
			return fd
		}
	}
	return -1
}

// TestBindStatus asks for the status while a peer is waited for, and when it is there.
func TestBindStatus(t *testing.T) {
	s := serveWith(t, nil)
	client := s.askBind(socks.V5, anybody, "")
	bound := client.granted()
	s.lines(2)
	s.printStatus()
	if got := s.lines(2)[0]; got != "127.0.0.1.P: tcp bind-request in progress for 0s" {
		t.Error(got)
	}
	peer := knock(t, "127.0.0.1", bound)
	client.granted()
	write(t, peer, []byte("hello"))
	client.gets("hello")
	s.lines(1)
	s.printStatus()
	ends := fmt.Sprintf("tcp: %s %s <-> %s %s: ", dotted(client.LocalAddr()), dotted(client.RemoteAddr()), dotted(peer.RemoteAddr()), dotted(peer.LocalAddr()))
	want := ports.ReplaceAllString(ends, "$1.P") +
		"age: 0s, idle: 0s, bytes transferred: 5 (+ 0 buffered (0 + 0 + 0)) <-> 0 (+ 0 buffered (0 + 0 + 0))"
	if got := s.lines(2)[0]; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func dotted(a fmt.Stringer) string {
	return socks.AddrFrom(netip.MustParseAddrPort(a.String())).String()
}

// TestBindSocketOptions looks at the socket that listens and at that of the peer.
func TestBindSocketOptions(t *testing.T) {
	s := serveWith(t, func(p *plan.Plan) {
		p.KeepAlive = true
		p.SocketOptions = []plan.SocketOption{anOption(plan.External, "tcp_keepidle", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 77, true)}
		p.SocksRules[0].SocketOptions = []plan.SocketOption{anOption(plan.External, "ip_tos", 0, unix.IP_TOS, 96, false)}
	})
	client := s.askBind(socks.V5, anybody, "")
	bound := client.granted()
	look := func(what string, fd int) {
		t.Helper()
		for o, want := range map[[2]int]int{
			{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE}: 77, {0, unix.IP_TOS}: 96, {unix.IPPROTO_TCP, unix.TCP_NODELAY}: 1,
			{unix.SOL_SOCKET, unix.SO_KEEPALIVE}: 1, {unix.SOL_SOCKET, unix.SO_OOBINLINE}: 1,
		} {
			if got, err := unix.GetsockoptInt(fd, o[0], o[1]); err != nil || got != want {
				t.Errorf("%s, level %d option %d is %d, not %d (%v)", what, o[0], o[1], got, want, err)
			}
		}
	}
	look("the listener", listener(bound))
	peer := knock(t, "127.0.0.1", bound)
	client.granted()
	look("the peer", descriptor(t, bound, netip.MustParseAddrPort(peer.LocalAddr().String())))
}

// TestBindLimits has the limits of a rule for bindreply take the place of those of the request's rule.
func TestBindLimits(t *testing.T) {
	one := plan.SessionLimits{Max: 1}
	live := func(s *server, rule int) bool {
		snap := s.snapshot.Load()
		p, refused := snap.limits.Of(&snap.plan.SocksRules[rule]).Take(netip.MustParseAddr("127.0.0.1"), time.Now())
		p.Leave()
		return refused != nil
	}
	for name, c := range map[string]struct {
		reply          plan.SessionLimits
		first, replies bool // which of the rules holds the session when its peer is there
	}{
		"the reply's rule has none": {plan.SessionLimits{}, true, false},
		"the reply's rule has some": {one, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveWith(t, func(p *plan.Plan) {
				r := p.SocksRules[0]
				r.Number, r.Commands, r.Session = 2, acl.CmdBindReply, c.reply
				p.SocksRules[0].Commands, p.SocksRules[0].Session = acl.CmdBind, one
				p.SocksRules = append(p.SocksRules, r)
			})
			client := s.askBind(socks.V5, anybody, "")
			bound := client.granted()
			if !live(s, 0) {
				t.Error("a session that waits does not count")
			}
			peer := knock(t, "127.0.0.1", bound)
			client.granted()
			if got := live(s, 0); got != c.first {
				t.Errorf("the request's rule holds it: %v", got)
			}
			if c.reply.IsSet() && live(s, 1) != c.replies {
				t.Error("the reply's rule does not hold it")
			}
			client.Close()
			peer.Close()
			s.awaitNobody()
			if live(s, 0) || c.reply.IsSet() && live(s, 1) {
				t.Error("a session that is over counts")
			}
		})
	}
}

// TestBindData has what is said logged, and the times of the rule for bindreply count.
func TestBindData(t *testing.T) {
	s := serveWith(t, func(p *plan.Plan) {
		r := p.SocksRules[0]
		r.Number, r.Commands, r.Log, r.Timeouts.TCPIO = 2, acl.CmdBindReply, acl.LogData|acl.LogDisconnect, 50*time.Millisecond
		p.SocksRules[0].Commands, p.SocksRules[0].Log = acl.CmdBind, acl.LogDisconnect
		p.ClientRules[0].Log = 0
		p.SocksRules = append(p.SocksRules, r)
	})
	client := s.askBind(socks.V5, anybody, "")
	peer := knock(t, "127.0.0.1", client.granted())
	client.granted()
	write(t, peer, []byte("hello"))
	client.gets("hello")
	const end = "127.0.0.1.P 127.0.0.1.P"
	want := []string{
		"pass(2): tcp/bindreply -: " + end + " -> " + end + " (5): hello",
		"pass(2): tcp/bindreply ]: 0 -> " + end + " -> 5, 5 -> " + end + " -> 0: i/o timeout.  Session duration: 0s",
		"pass(1): tcp/bind ]: " + end + " -> 127.0.0.1.P 0.0.0.0.0",
	}
	if diff := cmp.Diff(want, s.lines(3)); diff != "" {
		t.Error(diff)
	}
}

// TestBindLeavesNothing looks for descriptors and goroutines that are left of sessions of all kinds of ends.
func TestBindLeavesNothing(t *testing.T) {
	s := serveWith(t, func(p *plan.Plan) { p.ClientRules[0].Log, p.SocksRules[0].Log = 0, 0 })
	elsewhere := socks.Addr{IP: netip.MustParseAddr("127.0.0.2")}
	ends := []func(){
		func() { s.askBind(socks.V5, anybody, "").Close() },
		func() { c := s.askBind(socks.V5, anybody, ""); c.granted(); c.Close() },
		func() { c := s.askBind(socks.V4, anybody, ""); c.granted(); c.SetLinger(0); c.Close() },
		func() {
			c := s.askBind(socks.V5, anybody, "")
			c.granted()
			write(t, c, []byte("hello"))
			rest(c.TCPConn)
			c.Close()
		},
		func() {
			c := s.askBind(socks.V5, elsewhere, "")
			p := knock(t, "127.0.0.1", c.granted())
			c.reply()
			p.Close()
			rest(c.TCPConn)
			c.Close()
		},
		func() {
			c := s.askBind(socks.V5, anybody, "early")
			p := knock(t, "127.0.0.1", c.granted())
			c.granted()
			p.Close()
			c.Close()
		},
		func() {
			c := s.askBind(socks.V5, anybody, "")
			p := knock(t, "127.0.0.1", c.granted())
			c.granted()
			p.SetLinger(0)
			p.Close()
			c.Close()
		},
		func() { c := s.askBind(socks.V5, anybody, ""); c.granted(); s.endAll(); rest(c.TCPConn); c.Close() },
	}
	for _, end := range ends { // what is there once
		end()
	}
	s.awaitNobody()
	descriptors, goroutines := count(t), runtime.NumGoroutine()
	for range 25 {
		for _, end := range ends {
			end()
		}
	}
	s.awaitNobody()
	deadline := time.Now().Add(20 * time.Second)
	for count(t) > descriptors || runtime.NumGoroutine() > goroutines {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<16)
			stacks = stacks[:runtime.Stack(stacks, true)]
			t.Fatalf("%d descriptors, %d before; %d goroutines, %d before:\n%s", count(t), descriptors,
				runtime.NumGoroutine(), goroutines, strings.TrimSpace(string(stacks)))
		}
		runtime.Gosched()
	}
}

// count is how many descriptors this process has.
func count(t *testing.T) int {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}
