package monitor

import (
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/plan"
)

// accepted gives the socket of a client of a listener.
func accepted(t *testing.T, l *os.File, at netip.AddrPort) int {
	t.Helper()
	c, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	raw, err := l.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	fd := -1
	if err := raw.Control(func(l uintptr) { fd, _, err = unix.Accept4(int(l), unix.SOCK_CLOEXEC) }); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// What a listener has, its clients' sockets have without another call, also after a reload.
func TestClientsInheritSocketOptions(t *testing.T) {
	options := func(ttl string) []plan.SocketOption {
		return []plan.SocketOption{
			fakeOption("ip_ttl", unix.IPPROTO_IP, unix.IP_TTL, ttl),
			fakeOption("ip_tos.dscp", unix.IPPROTO_IP, unix.IP_TOS, "184"),
			fakeOption("so_rcvbuf", unix.SOL_SOCKET, unix.SO_RCVBUF, "20000"),
			fakeOption("so_sndbuf", unix.SOL_SOCKET, unix.SO_SNDBUF, "30000"),
			fakeOption("so_linger", unix.SOL_SOCKET, unix.SO_LINGER, "5"),
			fakeOption("tcp_keepidle", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, "77"),
			fakeOption("tcp_maxseg", unix.IPPROTO_TCP, unix.TCP_MAXSEG, "900"),
		}
	}
	type key struct{ level, number int }
	for ip, want := range map[string]map[key]int{
		"127.0.0.1": {{unix.IPPROTO_IP, unix.IP_TTL}: 33, {unix.IPPROTO_IP, unix.IP_TOS}: 184},
		"::1":       {{unix.IPPROTO_IP, unix.IP_TTL}: 64, {unix.IPPROTO_IP, unix.IP_TOS}: 0},
	} {
		want[key{unix.IPPROTO_TCP, unix.TCP_NODELAY}] = 1
		want[key{unix.SOL_SOCKET, unix.SO_OOBINLINE}] = 1
		want[key{unix.SOL_SOCKET, unix.SO_KEEPALIVE}] = 1
		want[key{unix.SOL_SOCKET, unix.SO_RCVBUF}] = 40000
		want[key{unix.SOL_SOCKET, unix.SO_SNDBUF}] = 60000
		want[key{unix.IPPROTO_TCP, unix.TCP_KEEPIDLE}] = 77
		t.Run(ip, func(t *testing.T) {
			at := netip.AddrPortFrom(netip.MustParseAddr(ip), freeAddr(t).Port())
			warn := func(line string) { t.Error(line) }
			p := &plan.Plan{Internal: []netip.AddrPort{at}, KeepAlive: true, SocketOptions: options("33")}
			set, err := listenOn(p, nil, warn)
			if err != nil {
				t.Fatal(err)
			}
			defer set.closeExcept(nil)
			fd := accepted(t, set[at], at)
			for o, want := range want {
				if got, err := unix.GetsockoptInt(fd, o.level, o.number); err != nil || got != want {
					t.Errorf("level %d option %d is %d, not %d (%v)", o.level, o.number, got, want, err)
				}
			}
			// The segments are smaller by the TCP timestamps.
			if size, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_MAXSEG); err != nil || size > 900 {
				t.Error(size, err)
			}
			if l, err := unix.GetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER); err != nil || *l != (unix.Linger{Onoff: 1, Linger: 5}) {
				t.Error(l, err)
			}

			p = &plan.Plan{Internal: p.Internal, SocketOptions: []plan.SocketOption{
				fakeOption("tcp_keepidle", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, "78"),
			}}
			again, err := listenOn(p, set, warn)
			if err != nil {
				t.Fatal(err)
			}
			again.setAgain(set, p, warn)
			fd = accepted(t, again[at], at)
			for number, want := range map[int]int{unix.TCP_KEEPIDLE: 78, unix.TCP_NODELAY: 1} {
				if got, err := unix.GetsockoptInt(fd, unix.IPPROTO_TCP, number); err != nil || got != want {
					t.Errorf("after the reload TCP option %d is %d, not %d (%v)", number, got, want, err)
				}
			}
		})
	}
}

// An option that cannot be set keeps neither a start nor a reload from succeeding.
func TestSocketOptionsThatFail(t *testing.T) {
	line := func(value string) string {
		return "warning: setconfsockoption(): failed to set socket option ip_ttl (2), level ip (0), calltype 1, " +
			"internal-side value: " + value + " (int_val) of size 4: Invalid argument"
	}
	s := newServer(t, simple+"ttl 4000\n")
	s.start()
	s.expect(line("4000"))
	s.expect("info: Dante/server[1/1] v1.4.2 running")
	connect(t, s.addr)
	other := freeAddr(t)
	s.configure(strings.Replace(simple, "\n", "\ninternal "+other.String()+"\n", 1) + "ttl 4001\n")
	s.signal(hup)
	s.expect(reloadBegins)
	s.expect(line("4001")) // of the one there was and of the new one
	s.expect(line("4001"))
	s.expect(reloadEnds)
	connect(t, s.addr)
	connect(t, other)
}

// What needs privileges the monitor sets, and clients' sockets have it: the worker could not give it to them.
func TestPrivilegedSocketOptions(t *testing.T) {
	at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), freeAddr(t).Port())
	var said []string
	set, err := listenOn(&plan.Plan{Internal: []netip.AddrPort{at}, SocketOptions: []plan.SocketOption{
		fakeOption("so_debug", unix.SOL_SOCKET, unix.SO_DEBUG, "1"),
		fakeOption("so_rcvbufforce", unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, "60000"),
		fakeOption("so_sndbufforce", unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, "70000"),
	}}, nil, func(line string) { said = append(said, line) })
	if err != nil {
		t.Fatal(err)
	}
	defer set.closeExcept(nil)
	if os.Geteuid() != 0 {
		if len(said) != 3 {
			t.Errorf("%q", said)
		}
		return
	}
	fd := accepted(t, set[at], at)
	for number, want := range map[int]int{unix.SO_DEBUG: 1, unix.SO_RCVBUF: 120000, unix.SO_SNDBUF: 140000} {
		if got, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, number); err != nil || got != want {
			t.Errorf("option %d is %d, not %d (%v)", number, got, want, err)
		}
	}
	if said != nil {
		t.Errorf("%q", said)
	}
}
