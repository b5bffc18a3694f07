package relay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/sockd/sockopt"
)

// patience is how long anything may take before a test gives up.
const patience = 30 * time.Second

// fixture is a relay with a clock that only tests move, and a listener to make connections with.
type fixture struct {
	testing.TB
	relay  *Relay
	clock  atomic.Int64
	listen *net.TCPListener
	files  int // descriptors before
}

// newFixture makes one, that at the end of the test has no session and no descriptor left.
func newFixture(t testing.TB, loops int) *fixture {
	t.Helper()
	f := &fixture{TB: t}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f.listen = listener.(*net.TCPListener)
	f.files = files(t)
	f.relay, err = newRelay(loops, time.Now(), func() time.Duration { return time.Duration(f.clock.Load()) })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if n := f.relay.Active(); n != 0 {
			t.Errorf("%d sessions left", n)
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := f.relay.Close(ctx); err != nil && !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		f.until("all descriptors are closed", func() bool { return files(t) <= f.files })
		f.listen.Close()
	})
	return f
}

// until waits for a condition that nothing announces.
func (f *fixture) until(what string, condition func() bool) {
	f.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(200 * time.Microsecond)
	defer tick.Stop()
	for !condition() {
		if time.Now().After(deadline) {
			f.Fatalf("waited in vain until %s", what)
		}
		<-tick.C
	}
}

// advance moves the clock, and has the loops look at it.
func (f *fixture) advance(by time.Duration) {
	f.clock.Add(int64(by))
	f.relay.each(func(*loop) {})
	f.relay.each(func(*loop) {}) // what the first found is done
}

// hold stops the loops until the function it returns is called.
func (f *fixture) hold() (release func()) {
	f.Helper()
	held, gate := make(chan struct{}), make(chan struct{})
	for _, l := range f.relay.loops {
		l.post(func() { held <- struct{}{}; <-gate })
	}
	for range f.relay.loops {
		<-held
	}
	return func() { close(gate) }
}

// files counts the descriptors of the process.
func files(t testing.TB) int {
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

// connection is a TCP connection on loopback, with one end as a bare descriptor.
func (f *fixture) connection() (*net.TCPConn, int) {
	f.Helper()
	app, err := net.Dial("tcp", f.listen.Addr().String())
	if err != nil {
		f.Fatal(err)
	}
	ours, err := f.listen.AcceptTCP()
	if err != nil {
		f.Fatal(err)
	}
	defer ours.Close()
	raw, err := ours.SyscallConn()
	if err != nil {
		f.Fatal(err)
	}
	fd := -1
	raw.Control(func(old uintptr) { fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) })
	if err == nil {
		err = sockopt.Tune(fd, true)
	}
	if err != nil {
		f.Fatal(err)
	}
	app.SetDeadline(time.Now().Add(patience))
	return app.(*net.TCPConn), fd
}

// trial is a session with the two applications that use it.
type trial struct {
	*fixture
	client, target *net.TCPConn
	fd             [2]int // of the relay
	result         chan Result
}

// start starts a session.
func (f *fixture) start(change func(*Session)) *trial {
	f.Helper()
	s := &trial{fixture: f, result: make(chan Result, 2)}
	s.client, s.fd[Client] = f.connection()
	s.target, s.fd[Target] = f.connection()
	f.Cleanup(func() { s.client.Close(); s.target.Close() })
	config := Session{Client: s.fd[Client], Target: s.fd[Target], Done: func(r Result) { s.result <- r }, Tag: s}
	if change != nil {
		change(&config)
	}
	if err := f.relay.Start(config); err != nil {
		f.Fatal(err)
	}
	return s
}

// end closes what is open and gives the result.
func (s *trial) end() Result {
	s.Helper()
	s.client.Close()
	s.target.Close()
	return s.over()
}

// over waits for the result.
func (s *trial) over() Result {
	s.Helper()
	select {
	case r := <-s.result:
		if r.Tag != s {
			s.Errorf("tag %v", r.Tag)
		}
		s.until("the session is gone", func() bool {
			for _, shot := range s.relay.Snapshots() {
				if shot.Tag == s {
					return false
				}
			}
			return true
		})
		return r
	case <-time.After(patience):
		s.Fatal("the session does not end")
		return Result{}
	}
}

// snapshot is the state of the session.
func (s *trial) snapshot() Snapshot {
	s.Helper()
	for _, shot := range s.relay.Snapshots() {
		if shot.Tag == s {
			return shot
		}
	}
	s.Fatal("no such session")
	return Snapshot{}
}

// echo sends 5 bytes from the client and 3 from the target.
func (s *trial) echo() {
	s.Helper()
	s.send(s.client, "hello")
	s.expect(s.target, "hello")
	s.send(s.target, "hi!")
	s.expect(s.client, "hi!")
}

func (s *trial) send(from *net.TCPConn, text string) {
	s.Helper()
	if _, err := io.WriteString(from, text); err != nil {
		s.Fatal(err)
	}
}

func (s *trial) expect(at *net.TCPConn, text string) {
	s.Helper()
	p := make([]byte, len(text))
	if _, err := io.ReadFull(at, p); err != nil || string(p) != text {
		s.Fatalf("read %q, %v, want %q", p, err, text)
	}
}

// rest is what a side still gets: how many bytes and then what.
func (s *trial) rest(at *net.TCPConn) string {
	s.Helper()
	n, err := io.Copy(io.Discard, at)
	var errno syscall.Errno
	switch {
	case err == nil:
		return fmt.Sprintf("%d, end", n)
	case errors.As(err, &errno):
		return fmt.Sprintf("%d, %v", n, errno)
	}
	return fmt.Sprintf("%d, %v", n, err)
}

// reset closes a connection with a reset.
func reset(c *net.TCPConn) {
	c.SetLinger(0)
	c.Close()
}

// noticed waits until the kernel has seen something of a side, while the loops are held.
func (s *trial) noticed(side Side, events int16) {
	s.Helper()
	s.until("the kernel has the news", func() bool {
		p := []unix.PollFd{{Fd: int32(s.fd[side]), Events: events}}
		unix.Poll(p, 0)
		return p[0].Revents&events == events
	})
}
