package upstream

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func listen(t *testing.T, addr string) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return netip.MustParseAddrPort(l.Addr().String())
}

// closed gives a loopback port on which nobody listens.
func closed(t *testing.T, ip string) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", ip+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return netip.MustParseAddrPort(l.Addr().String())
}

var loopback = netip.MustParseAddr("127.0.0.1")

func TestConnectTriesEveryAddress(t *testing.T) {
	alive := listen(t, "127.0.0.2:0")
	dead := closed(t, "127.0.0.3")
	c, err := Connect(t.Context(), &Dial{Local: loopback, Targets: []netip.AddrPort{dead, alive}, Limit: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(c.FD)
	if c.Remote != alive || c.Local.Addr() != loopback || c.Local.Port() == 0 {
		t.Errorf("connected %v to %v", c.Local, c.Remote)
	}
}

func TestConnectKeepsTheWantedPort(t *testing.T) {
	alive := listen(t, "127.0.0.2:0")
	free := closed(t, "127.0.0.1")
	c, err := Connect(t.Context(), &Dial{Local: loopback, Port: free.Port(), Targets: []netip.AddrPort{alive}})
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(c.FD)
	if c.Local.Port() != free.Port() {
		t.Errorf("local port %d, want %d", c.Local.Port(), free.Port())
	}
	second, err := Connect(t.Context(), &Dial{Local: loopback, Port: free.Port(), Targets: []netip.AddrPort{alive}})
	if err != nil {
		t.Fatal("a port in use must not keep us from connecting:", err)
	}
	defer unix.Close(second.FD)
	if second.Local.Port() == free.Port() {
		t.Error("two connections from one port to one target")
	}
}

// TestConnectClaimsLowPorts has a port below 1024 claimed, and any port where the claim fails. The claimed socket here
// has a high port: who may bind low ones is not for this package.
func TestConnectClaimsLowPorts(t *testing.T) {
	alive := listen(t, "127.0.0.2:0")
	var asked []netip.AddrPort
	var claimed netip.AddrPort
	refuse := false
	claim := func(_ context.Context, at netip.AddrPort) (int, bool) {
		asked = append(asked, at)
		if refuse {
			return -1, false
		}
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := unix.Bind(fd, sockaddr(netip.AddrPortFrom(loopback, 0))); err != nil {
			t.Fatal(err)
		}
		claimed = localAddr(fd, at)
		return fd, true
	}
	for _, port := range []uint16{800, 0, 1024} {
		c, err := Connect(t.Context(), &Dial{Local: loopback, Port: port, Targets: []netip.AddrPort{alive}, Claim: claim})
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(c.FD)
		if got := c.Local == claimed; got != (port == 800) {
			t.Errorf("port %d: from %s, claimed %s", port, c.Local, claimed)
		}
	}
	refuse = true
	c, err := Connect(t.Context(), &Dial{Local: loopback, Port: 800, Targets: []netip.AddrPort{alive}, Claim: claim})
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(c.FD)
	if len(asked) != 2 || asked[0] != netip.AddrPortFrom(loopback, 800) || c.Local.Port() < lowPorts {
		t.Errorf("asked for %v, from %s", asked, c.Local)
	}
}

func TestConnectErrors(t *testing.T) {
	tests := []struct {
		name      string
		remote    netip.AddrPort
		errno     unix.Errno
		immediate bool
	}{
		{"refused", closed(t, "127.0.0.1"), unix.ECONNREFUSED, false},
		{"leaving the loopback", netip.MustParseAddrPort("192.0.2.1:9"), unix.EINVAL, true},
		{"multicast", netip.MustParseAddrPort("224.0.0.1:9"), unix.ENETUNREACH, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Connect(t.Context(), &Dial{Local: loopback, Targets: []netip.AddrPort{tt.remote}, Limit: 5 * time.Second})
			var e *ConnectError
			if !errors.As(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Errno != tt.errno || e.Immediate != tt.immediate || e.Timeout || e.Remote != tt.remote || e.Local.Port() == 0 {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestConnectBindError(t *testing.T) {
	alive := listen(t, "127.0.0.1:0")
	_, err := Connect(t.Context(), &Dial{Local: netip.MustParseAddr("192.0.2.77"), Targets: []netip.AddrPort{alive}})
	var e *ConnectError
	if !errors.As(err, &e) || e.BindErrno != unix.EADDRNOTAVAIL {
		t.Errorf("got %v", err)
	}
}

// full gives an address that takes no more connections: its backlog is full, so that SYNs are dropped.
func full(t *testing.T) netip.AddrPort {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	at := AddrPort(sa)
	for range 3 { // a backlog of 0 holds one connection
		go func() {
			var d net.Dialer
			if c, err := d.DialContext(t.Context(), "tcp", at.String()); err == nil {
				<-t.Context().Done()
				c.Close()
			}
		}()
	}
	for { // wait until an attempt is not answered
		d := net.Dialer{Timeout: 200 * time.Millisecond}
		c, err := d.Dial("tcp", at.String())
		if err != nil {
			return at
		}
		t.Cleanup(func() { c.Close() })
	}
}

func TestConnectTimeout(t *testing.T) {
	at := full(t)
	begin := time.Now()
	_, err := Connect(t.Context(), &Dial{Local: loopback, Targets: []netip.AddrPort{at}, Limit: 300 * time.Millisecond})
	var e *ConnectError
	if !errors.As(err, &e) || !e.Timeout || e.Errno != unix.ETIMEDOUT {
		t.Errorf("got %v", err)
	}
	if took := time.Since(begin); took < 300*time.Millisecond || took > 3*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestConnectTimeoutIsSharedByTheAddresses(t *testing.T) {
	dead, alive := full(t), listen(t, "127.0.0.2:0")
	c, err := Connect(t.Context(), &Dial{Local: loopback, Targets: []netip.AddrPort{dead, alive}, Limit: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	unix.Close(c.FD)
	if c.Remote != alive {
		t.Errorf("connected to %v", c.Remote)
	}
}

func TestConnectEndsWithItsContext(t *testing.T) {
	at := full(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	begin := time.Now()
	if _, err := Connect(ctx, &Dial{Local: loopback, Targets: []netip.AddrPort{at}, Limit: time.Minute}); err == nil {
		t.Error("connected")
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestResolver(t *testing.T) {
	r := NewResolver()
	if _, err := r.Addresses(t.Context(), "::1", IPv4); err != errFamily {
		t.Errorf("an IPv6 literal where only IPv4 helps: %v", err)
	}
	for _, bad := range []string{"", "a b", "x\x00y", "localhost."} {
		if _, err := r.Addresses(t.Context(), bad, AnyFamily); err != errNoName {
			t.Errorf("%q: %v", bad, err)
		}
	}
	got, err := r.Addresses(t.Context(), "localhost", IPv4)
	if err != nil || len(got) == 0 || got[0] != loopback {
		t.Errorf("localhost: %v, %v", got, err)
	}
	store(r, r.forward, "both.example", &entry[[]netip.Addr]{value: []netip.Addr{netip.MustParseAddr("127.0.0.6"), netip.IPv6Loopback()}})
	got, err = r.Addresses(t.Context(), "both.example", IPv4)
	if err != nil || len(got) != 2 || got[0] != loopback {
		t.Errorf("a name with ::1: %v, %v", got, err)
	}
	for i := range 2 * cacheEntries {
		store(r, r.forward, netip.AddrFrom4([4]byte{byte(i >> 8), byte(i), 0, 1}).String(), &entry[[]netip.Addr]{})
	}
	if len(r.forward) > cacheEntries {
		t.Errorf("the cache holds %d entries", len(r.forward))
	}
}
