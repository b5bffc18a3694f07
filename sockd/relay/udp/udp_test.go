package udp

import (
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// sender sends each datagram on to one target, whole, and has it follow the way from then on if it may.
type sender struct {
	target netip.AddrPort
	follow bool
	wait   chan struct{} // what the first datagram has to wait for
	asked  int
	ended  chan Result
}

func (s *sender) Datagram(a *Association, from netip.AddrPort, frame []byte) {
	if !a.Connected(Client) {
		a.Connect(Client, from)
	}
	s.asked++
	if s.wait != nil {
		wait, kept := s.wait, append([]byte(nil), frame...)
		s.wait = nil
		a.Wait(func() { <-wait }, func() { s.send(a, kept) })
		return
	}
	s.send(a, frame)
}

func (s *sender) send(a *Association, frame []byte) {
	if a.FD(Target4) < 0 {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			panic(err)
		}
		if err := a.Open(Target4, fd); err != nil {
			panic(err)
		}
		a.Connect(Target4, s.target)
	}
	a.Received(Target4, len(frame))
	a.Send(Target4, s.target, frame[1:], Target4)
	if s.follow {
		a.Forward(frame[:1], Target4, s.target)
	}
}

func (s *sender) Reply(a *Association, at Socket, from netip.AddrPort, payload []byte) {
	a.Send(Client, netip.AddrPort{}, append([]byte{'<'}, payload...), at)
	if s.follow {
		a.Back(at, from, []byte{'<'})
	}
}

func (s *sender) Delayed(*Association, Socket, syscall.Errno)     {}
func (s *sender) Unsent(*Association, Socket, int, syscall.Errno) {}
func (s *sender) Said(*Association, []byte)                       {}
func (s *sender) Forget(*Association)                             {}
func (s *sender) Ended(_ *Association, r Result)                  { s.ended <- r }

func newRelayOf(t testing.TB, loops int) *Relay {
	t.Helper()
	r, err := New(loops)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// begin starts an association and gives the client's ends of it.
func begin(t testing.TB, r *Relay, s *sender, idle time.Duration) (control int, client *net.UDPConn) {
	t.Helper()
	s.ended = make(chan Result, 1)
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	at, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(Config{Control: pair[0], Client: fd, Idle: idle, Handler: s}); err != nil {
		t.Fatal(err)
	}
	client, err = net.DialUDP("udp4", nil, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: at.(*unix.SockaddrInet4).Port})
	if err != nil {
		t.Fatal(err)
	}
	client.SetDeadline(time.Now().Add(20 * time.Second))
	t.Cleanup(func() { client.Close(); unix.Close(pair[1]) })
	return pair[1], client
}

// mirror sends back what it gets.
func mirror(t testing.TB) netip.AddrPort {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 1<<16)
		for {
			n, from, err := c.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			c.WriteToUDPAddrPort(b[:n], from)
		}
	}()
	return c.LocalAddr().(*net.UDPAddr).AddrPort()
}

func exchange(t testing.TB, c *net.UDPConn, payload string) {
	t.Helper()
	if _, err := c.Write([]byte(">" + payload)); err != nil {
		t.Fatal(err)
	}
	var b [64]byte
	n, err := c.Read(b[:])
	if err != nil {
		t.Fatal(err)
	}
	if string(b[:n]) != "<"+payload {
		t.Fatalf("%q, want <%s", b[:n], payload)
	}
}

// Datagrams take a way that is set without the handler.
func TestWays(t *testing.T) {
	r := newRelayOf(t, 1)
	for _, follow := range []bool{false, true} {
		s := &sender{target: mirror(t), follow: follow}
		control, client := begin(t, r, s, 0)
		for _, payload := range []string{"one", "two", "", "four"} {
			exchange(t, client, payload)
		}
		unix.Close(control)
		if result := <-s.ended; result.Why != ControlClosed {
			t.Error(result)
		}
		want := 4
		if follow {
			want = 1
		}
		if s.asked != want {
			t.Errorf("asked %d times, want %d", s.asked, want)
		}
	}
}

// While one association has to find out something its datagrams wait, in order, and those of others do not.
func TestWaiting(t *testing.T) {
	r := newRelayOf(t, 1)
	to := mirror(t)
	slow, quick := &sender{target: to, wait: make(chan struct{})}, &sender{target: to}
	release := slow.wait
	_, waiting := begin(t, r, slow, 0)
	_, other := begin(t, r, quick, 0)
	for _, payload := range []string{">a", ">b", ">c"} {
		if _, err := waiting.Write([]byte(payload)); err != nil {
			t.Fatal(err)
		}
	}
	exchange(t, other, "meanwhile")
	close(release)
	for _, want := range []string{"<a", "<b", "<c"} {
		var b [8]byte
		if n, err := waiting.Read(b[:]); err != nil || string(b[:n]) != want {
			t.Fatalf("%q, %v, want %s", b[:n], err, want)
		}
	}
}

func TestIdle(t *testing.T) {
	r := newRelayOf(t, 1)
	s := &sender{target: mirror(t)}
	begin(t, r, s, 20*time.Millisecond)
	if result := <-s.ended; result.Why != IdleTimeout {
		t.Error(result)
	}
	s = &sender{target: mirror(t)}
	begin(t, r, s, time.Hour)
	r.Terminate(nil)
	if result := <-s.ended; result.Why != Terminated {
		t.Error(result)
	}
	if n := r.Active(); n != 0 {
		t.Error(n)
	}
}

// In the steady state nothing is allocated for a datagram.
func TestNoAllocations(t *testing.T) {
	s := &sender{target: mirror(t), follow: true}
	_, client := begin(t, newRelayOf(t, 1), s, 0)
	exchange(t, client, "first")
	out, in := []byte(">next"), make([]byte, 64)
	if n := testing.AllocsPerRun(200, func() {
		client.Write(out)
		client.Read(in)
	}); n > 0.5 {
		t.Errorf("%.1f allocations", n)
	}
}
