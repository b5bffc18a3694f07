package relay

import (
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/limit"
)

// allowance is a Bandwidth that allows what a test gives it.
type allowance struct {
	mu    sync.Mutex
	left  int
	asked int
}

func (a *allowance) Allow(time.Time) (int, time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked++
	if a.left == 0 {
		return 0, time.Second
	}
	return a.left, 0
}

func (a *allowance) Spend(n int, _ time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.left -= n
}

func (a *allowance) give(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.left = n
}

// A session moves what it may, pauses, and goes on where it was; the end of the stream comes behind the rest.
func TestPause(t *testing.T) {
	f := newFixture(t, 1)
	a := &allowance{left: 5}
	s := f.start(func(c *Session) { c.Bandwidth = a })
	s.send(s.client, strings.Repeat("0123456789", 2))
	s.client.CloseWrite()
	s.expect(s.target, "01234")
	for _, more := range []string{"5", "67890123", "456"} {
		a.give(len(more))
		f.advance(999 * time.Millisecond)
		if n := s.snapshot().Counts.TargetWritten; n == 0 || n > 17 {
			t.Fatalf("%d bytes written", n)
		}
		f.advance(time.Millisecond)
		s.expect(s.target, more)
	}
	a.give(1000)
	f.advance(time.Second)
	if got := s.rest(s.target); got != "3, end" {
		t.Errorf("the target gets %s", got)
	}
	s.send(s.target, "bye")
	s.target.CloseWrite()
	s.expect(s.client, "bye")
	if r := s.over(); r.Counts != (Counts{20, 3, 3, 20}) || r.Why != ClientClosed {
		t.Errorf("%+v", r)
	}
	if a.left != 1000-6 {
		t.Errorf("%d bytes left", a.left)
	}
}

// A session without traffic does not ask.
func TestIdleSessionDoesNotAsk(t *testing.T) {
	f := newFixture(t, 1)
	a := &allowance{}
	s := f.start(func(c *Session) { c.Bandwidth = a })
	f.advance(time.Hour)
	if a.asked != 0 {
		t.Errorf("asked %d times", a.asked)
	}
	// Nor does one that pauses, before its time.
	s.send(s.client, "x")
	f.until("it has asked", func() bool { a.mu.Lock(); defer a.mu.Unlock(); return a.asked == 1 })
	for range 3 {
		s.send(s.client, "x")
		f.advance(100 * time.Millisecond)
	}
	if a.asked != 1 {
		t.Errorf("asked %d times", a.asked)
	}
	f.relay.Terminate(nil)
}

// Sessions can end while they pause.
func TestEndInAPause(t *testing.T) {
	f := newFixture(t, 1)
	var sessions []*trial
	for range 20 {
		s := f.start(func(c *Session) { c.Bandwidth = &allowance{} })
		s.send(s.client, "x")
		sessions = append(sessions, s)
	}
	f.until("all pause", func() bool {
		n := 0
		f.relay.each(func(l *loop) { n = len(l.pauses) })
		return n == len(sessions)
	})
	victims := map[any]bool{}
	for i := 0; i < len(sessions); i += 3 {
		victims[sessions[i]] = true
	}
	f.relay.Terminate(func(tag any) bool { return victims[tag] })
	f.relay.each(func(l *loop) {
		if len(l.pauses) != len(sessions)-len(victims) {
			t.Errorf("%d pauses", len(l.pauses))
		}
		for i, p := range l.pauses {
			if p.place != i || victims[p.session.tag] {
				t.Errorf("%d: %+v", i, p)
			}
		}
	})
	f.relay.Terminate(nil)
	f.relay.each(func(l *loop) {
		if len(l.pauses) != 0 {
			t.Errorf("%d pauses of nobody", len(l.pauses))
		}
	})
}

// The sessions of a rate have the same share of it, over several loops, whether they move bytes one way, the other,
// or both ways: then both directions have about half.
func TestSharedBandwidth(t *testing.T) {
	const sessions, perSecond, seconds = 6, 600_000, 4
	f := newFixture(t, 2)
	rate := limit.NewRate(perSecond)
	var all []*trial
	for i := range sessions {
		s := f.start(func(c *Session) { c.Bandwidth = rate.Share() })
		s.client.SetDeadline(time.Time{})
		s.target.SetDeadline(time.Time{})
		if i%3 != 1 {
			go io.Copy(s.client, endless{})
		}
		if i%3 != 0 {
			go io.Copy(s.target, endless{})
		}
		go io.Copy(io.Discard, s.client)
		go io.Copy(io.Discard, s.target)
		all = append(all, s)
	}
	// The clock moves only while the sockets let them have their shares.
	ready := func() bool {
		for i, s := range all {
			for from, fd := range s.fd {
				unsent, _ := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
				unread, _ := unix.IoctlGetInt(fd, unix.SIOCINQ)
				sends := from == int(Client) && i%3 != 1 || from == int(Target) && i%3 != 0
				if unsent > 32<<10 || sends && unread == 0 {
					return false
				}
			}
		}
		return true
	}
	for range seconds * 1000 {
		f.until("the applications keep up", ready)
		f.advance(time.Millisecond)
	}
	total := 0.0
	for i, s := range all {
		c := s.snapshot().Counts
		up, down, fair := float64(c.ClientRead), float64(c.TargetRead), float64(seconds*perSecond/sessions)
		t.Logf("session %d: %.3f of a fair share from the client, %.3f from the target", i, up/fair, down/fair)
		if part := (up + down) / fair; part < 0.9 || part > 1.1 {
			t.Errorf("session %d has %.3f of its share", i, part)
		}
		if i%3 == 2 && min(up, down) < 0.4*fair {
			t.Errorf("session %d: the directions are not alike", i)
		}
		total += up + down
	}
	t.Logf("all: %.3f of the rate", total/seconds/perSecond)
	if part := total / seconds / perSecond; part < 0.95 || part > 1.05 {
		t.Errorf("all have %.3f of the rate", part)
	}
	f.relay.Terminate(nil)
}

// endless is what is never used up.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
