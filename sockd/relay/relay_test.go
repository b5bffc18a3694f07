package relay

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func (c Counts) is(cw, cr, tw, tr uint64) bool { return c == Counts{cr, cw, tr, tw} }

// endings are ways for a session to end, done after 5 bytes to the target and 3 to the client. The reasons and the
// counts are what Dante logs for the same, but where noted.
var endings = map[string]struct {
	held           bool // the relay does not run meanwhile
	do             func(*trial)
	why            Why
	err            syscall.Errno
	cw, cr, tw, tr uint64
	client, target string // what they still get, "" if they have gone
}{
	"client closes": {
		do:  func(s *trial) { s.client.Close(); s.rest(s.target); s.target.Close() },
		why: ClientClosed, cw: 3, cr: 5, tw: 5, tr: 3,
	},
	"target closes": {
		do:  func(s *trial) { s.target.Close(); s.rest(s.client); s.client.Close() },
		why: TargetClosed, cw: 3, cr: 5, tw: 5, tr: 3,
	},
	"client half-closes, target sends and closes": {
		do: func(s *trial) {
			s.client.CloseWrite()
			s.rest(s.target)
			s.send(s.target, strings.Repeat("x", 100))
			s.target.Close()
		},
		why: ClientClosed, cw: 103, cr: 5, tw: 5, tr: 103, client: "100, end",
	},
	"target half-closes, client sends and closes": {
		do: func(s *trial) {
			s.target.CloseWrite()
			s.rest(s.client)
			s.send(s.client, strings.Repeat("x", 100))
			s.client.Close()
		},
		why: TargetClosed, cw: 3, cr: 105, tw: 105, tr: 3, target: "100, end",
	},
	"both close at once": {
		held: true,
		do: func(s *trial) {
			s.target.CloseWrite()
			s.noticed(Target, unix.POLLRDHUP)
			s.client.CloseWrite()
			s.noticed(Client, unix.POLLRDHUP)
		},
		why: ClientClosed, cw: 3, cr: 5, tw: 5, tr: 3, client: "0, end", target: "0, end",
	},
	"client resets": {
		do:  func(s *trial) { reset(s.client) },
		why: ClientError, err: unix.ECONNRESET, cw: 3, cr: 5, tw: 5, tr: 3, target: "0, connection reset by peer",
	},
	"target resets": {
		do:  func(s *trial) { reset(s.target) },
		why: TargetError, err: unix.ECONNRESET, cw: 3, cr: 5, tw: 5, tr: 3, client: "0, connection reset by peer",
	},
	"client sends and resets": {
		held: true,
		do: func(s *trial) {
			s.send(s.client, strings.Repeat("x", 1000))
			reset(s.client)
			s.noticed(Client, unix.POLLERR)
		},
		why: ClientError, err: unix.ECONNRESET, cw: 3, cr: 1005, tw: 1005, tr: 3, target: "1000, connection reset by peer",
	},
	"target sends and resets": {
		held: true,
		do: func(s *trial) {
			s.send(s.target, strings.Repeat("x", 1000))
			reset(s.target)
			s.noticed(Target, unix.POLLERR)
		},
		why: TargetError, err: unix.ECONNRESET, cw: 1003, cr: 5, tw: 5, tr: 1003, client: "1000, connection reset by peer",
	},
	"target resets, client has sent": {
		held: true,
		do: func(s *trial) {
			s.send(s.client, strings.Repeat("x", 1000))
			reset(s.target)
			s.noticed(Target, unix.POLLERR)
		},
		why: TargetError, err: unix.ECONNRESET, cw: 3, cr: 1005, tw: 5, tr: 3, client: "0, connection reset by peer",
	},
	"client resets, target has sent": {
		held: true,
		do: func(s *trial) {
			s.send(s.target, strings.Repeat("x", 1000))
			reset(s.client)
			s.noticed(Client, unix.POLLERR)
		},
		why: ClientError, err: unix.ECONNRESET, cw: 3, cr: 5, tw: 5, tr: 3, target: "0, connection reset by peer",
	},
	"target resets, client half-closes": { // Dante's client gets an end
		held: true,
		do: func(s *trial) {
			reset(s.target)
			s.noticed(Target, unix.POLLERR)
			s.client.CloseWrite()
			s.noticed(Client, unix.POLLRDHUP)
		},
		why: TargetError, err: unix.ENOTCONN, cw: 3, cr: 5, tw: 5, tr: 3, client: "0, connection reset by peer",
	},
	"client resets, target half-closes": {
		held: true,
		do: func(s *trial) {
			reset(s.client)
			s.noticed(Client, unix.POLLERR)
			s.target.CloseWrite()
			s.noticed(Target, unix.POLLRDHUP)
		},
		why: ClientError, err: unix.ECONNRESET, cw: 3, cr: 5, tw: 5, tr: 3, target: "0, connection reset by peer",
	},
	"both reset": {
		held: true,
		do: func(s *trial) {
			reset(s.client)
			s.noticed(Client, unix.POLLERR)
			reset(s.target)
			s.noticed(Target, unix.POLLERR)
		},
		why: ClientError, err: unix.ECONNRESET, cw: 3, cr: 5, tw: 5, tr: 3,
	},
	"client half-closes, target resets": {
		do:  func(s *trial) { s.client.CloseWrite(); s.rest(s.target); reset(s.target) },
		why: TargetError, err: unix.ECONNRESET, cw: 3, cr: 5, tw: 5, tr: 3, client: "0, connection reset by peer",
	},
	"target half-closes, client resets": {
		do:  func(s *trial) { s.target.CloseWrite(); s.rest(s.client); reset(s.client) },
		why: ClientError, err: unix.ECONNRESET, cw: 3, cr: 5, tw: 5, tr: 3, target: "0, connection reset by peer",
	},
	"target closes, client keeps sending": { // Dante notices with the next write: "remote peer error (Broken pipe)" as well
		do: func(s *trial) {
			s.target.Close()
			s.rest(s.client)
			s.send(s.client, "x")
		},
		why: TargetError, err: unix.EPIPE, cw: 3, cr: 6, tw: 6, tr: 3, client: "0, end",
	},
	"client closes, target keeps sending": {
		do: func(s *trial) {
			s.client.Close()
			s.rest(s.target)
			s.send(s.target, "x")
		},
		why: ClientError, err: unix.EPIPE, cw: 4, cr: 5, tw: 5, tr: 4, target: "0, end",
	},
	"client half-closes, then resets": { // Dante does not notice before the target sends or closes
		do:  func(s *trial) { s.client.CloseWrite(); s.rest(s.target); reset(s.client) },
		why: ClientError, err: unix.EPIPE, cw: 3, cr: 5, tw: 5, tr: 3, target: "0, end",
	},
}

func TestEndings(t *testing.T) {
	for name, c := range endings {
		for how, observe := range map[string]func(Side, []byte){"": nil, "/observed": func(Side, []byte) {}} {
			t.Run(name+how, func(t *testing.T) {
				f := newFixture(t, 1)
				s := f.start(func(s *Session) { s.Observe = observe })
				s.echo()
				release := func() {}
				if c.held {
					release = f.hold()
				}
				c.do(s)
				release()
				if c.client != "" {
					if got := s.rest(s.client); got != c.client {
						t.Errorf("client: %s, want %s", got, c.client)
					}
				}
				if c.target != "" {
					if got := s.rest(s.target); got != c.target {
						t.Errorf("target: %s, want %s", got, c.target)
					}
				}
				r := s.over()
				if r.Why != c.why || r.Err != c.err || !r.Counts.is(c.cw, c.cr, c.tw, c.tr) {
					t.Errorf("%+v", r)
				}
			})
		}
	}
}

func TestEarly(t *testing.T) {
	f := newFixture(t, 1)
	var seen [2]string
	s := f.start(func(s *Session) {
		s.ClientEarly, s.TargetEarly = []byte("early "), []byte("220 ")
		s.Observe = func(from Side, p []byte) { seen[from] += string(p) + "|" }
	})
	s.expect(s.target, "early ")
	s.expect(s.client, "220 ")
	s.echo()
	s.client.Close()
	s.rest(s.target)
	r := s.end()
	if !r.Counts.is(7, 11, 11, 7) || seen != [2]string{"early |hello||", "220 |hi!||"} {
		t.Errorf("%+v, seen %q", r, seen)
	}
}

// The counters of the caller are those that are counted with.
func TestCounters(t *testing.T) {
	f := newFixture(t, 1)
	var c Counters
	s := f.start(func(s *Session) { s.Counters = &c })
	s.echo()
	f.until("all is counted", func() bool { return c.Counts().is(3, 5, 5, 3) })
	if shot := s.snapshot(); !shot.Counts.is(3, 5, 5, 3) {
		t.Errorf("%+v", shot)
	}
	s.end()
}

func TestIdleTimeout(t *testing.T) {
	f := newFixture(t, 1)
	s := f.start(func(s *Session) { s.Idle = time.Minute })
	other := f.start(nil)
	f.advance(50 * time.Second)
	s.echo()
	f.advance(59 * time.Second)
	s.echo()
	f.advance(59 * time.Second)
	if shot := s.snapshot(); shot.Idle != 59*time.Second || shot.Age != 168*time.Second {
		t.Errorf("%+v", shot)
	}
	f.advance(time.Second)
	if r := s.over(); r.Why != IdleTimeout || !r.Counts.is(6, 10, 10, 6) || r.Duration != 169*time.Second {
		t.Errorf("%+v", r)
	}
	if c, s := s.rest(s.client), s.rest(s.target); c != "0, end" || s != "0, end" {
		t.Errorf("client: %s, target: %s", c, s)
	}
	other.echo()
	other.end()
}

func TestFinWaitTimeout(t *testing.T) {
	for name, c := range map[string]struct {
		idle, finWait time.Duration
		half          func(*trial) *trial
		after         time.Duration
		why           Why
		waitFor       Side
	}{
		"client":      {0, time.Minute, (*trial).clientHalf, time.Minute, FinWaitTimeout, Target},
		"target":      {0, time.Minute, (*trial).targetHalf, time.Minute, FinWaitTimeout, Client},
		"before idle": {2 * time.Minute, time.Minute, (*trial).clientHalf, time.Minute, FinWaitTimeout, Target},
		"after idle":  {time.Minute, 2 * time.Minute, (*trial).clientHalf, time.Minute, IdleTimeout, Client},
		"as idle":     {time.Minute, time.Minute, (*trial).clientHalf, time.Minute, IdleTimeout, Client},
		"idle only":   {time.Minute, 0, (*trial).clientHalf, time.Minute, IdleTimeout, Client},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, 1)
			s := f.start(func(s *Session) { s.Idle, s.FinWait = c.idle, c.finWait })
			f.advance(59 * time.Second)
			s.echo()
			c.half(s)
			f.advance(c.after - time.Second)
			if s.relay.Active() != 1 {
				t.Fatal("too early")
			}
			f.advance(time.Second)
			if r := s.over(); r.Why != c.why || r.WaitFor != c.waitFor {
				t.Errorf("%+v", r)
			}
		})
	}
}

func (s *trial) clientHalf() *trial { s.client.CloseWrite(); s.rest(s.target); return s }
func (s *trial) targetHalf() *trial { s.target.CloseWrite(); s.rest(s.client); return s }

// A half-closed session with traffic is not ended.
func TestFinWaitWithTraffic(t *testing.T) {
	f := newFixture(t, 1)
	s := f.start(func(s *Session) { s.FinWait = time.Minute })
	s.client.CloseWrite()
	s.rest(s.target)
	for range 3 {
		f.advance(40 * time.Second)
		s.send(s.target, "x")
		s.expect(s.client, "x")
	}
	f.advance(time.Minute)
	if r := s.over(); r.Why != FinWaitTimeout {
		t.Errorf("%+v", r)
	}
}

func TestManySessions(t *testing.T) {
	f := newFixture(t, 2)
	const sessions = 1000
	all := make([]*trial, sessions)
	for i := range all {
		all[i] = f.start(func(s *Session) { s.Idle = time.Duration(i%7) * time.Hour })
	}
	if n := f.relay.Active(); n != sessions {
		t.Errorf("%d sessions", n)
	}
	if n := len(f.relay.Snapshots()); n != sessions {
		t.Errorf("%d snapshots", n)
	}
	var wait sync.WaitGroup
	for i, s := range all {
		wait.Go(func() {
			for round := range 5 {
				size := 1 + (i*7919+round*104729)%100_000
				sent := bytes.Repeat([]byte{byte(i)}, size)
				go s.client.Write(sent)
				got := make([]byte, size)
				if _, err := io.ReadFull(s.target, got); err != nil || !bytes.Equal(got, sent) {
					t.Error(err)
					return
				}
				s.target.Write(got[:1])
				if _, err := io.ReadFull(s.client, got[:1]); err != nil || got[0] != byte(i) {
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	for i, s := range all {
		if i%2 == 0 {
			s.client.Close()
		} else {
			reset(s.target)
		}
		s.end()
	}
}

func TestTerminate(t *testing.T) {
	f := newFixture(t, 2)
	var all []*trial
	for range 10 {
		s := f.start(nil)
		s.echo()
		all = append(all, s)
	}
	doomed := all[3]
	if n := f.relay.Terminate(func(tag any) bool { return tag == doomed }); n != 1 {
		t.Errorf("%d terminated", n)
	}
	if r := doomed.over(); r.Why != Terminated || !r.Counts.is(3, 5, 5, 3) {
		t.Errorf("%+v", r)
	}
	if got := doomed.rest(doomed.client); got != "0, end" {
		t.Error(got)
	}
	all = slices.Delete(all, 3, 4)
	for _, s := range all {
		s.echo()
	}
	if n := f.relay.Terminate(nil); n != 9 || f.relay.Active() != 0 {
		t.Errorf("%d terminated, %d left", n, f.relay.Active())
	}
	for _, s := range all {
		if r := s.over(); r.Why != Terminated {
			t.Errorf("%+v", r)
		}
	}
}

// Sessions that are terminated as soon as they start end once.
func TestTerminateAtStart(t *testing.T) {
	f := newFixture(t, 2)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				f.relay.Terminate(nil)
			}
		}
	}()
	var all []*trial
	for range 1000 {
		all = append(all, f.start(func(s *Session) { s.Idle, s.ClientEarly = time.Minute, []byte("early") }))
		if len(all) == 50 {
			f.advance(time.Second)
			for _, s := range all {
				<-s.result
				s.client.Close()
				s.target.Close()
			}
			f.advance(time.Hour)
			for _, s := range all {
				if len(s.result) > 0 {
					t.Error("ended twice")
				}
			}
			all = nil
		}
	}
	close(stop)
	<-stopped
}

func TestClose(t *testing.T) {
	f := newFixture(t, 2)
	s, other := f.start(nil), f.start(nil)
	closed := make(chan error)
	ctx, cancel := context.WithCancel(context.Background())
	go func() { closed <- f.relay.Close(ctx) }()
	f.until("no session is taken", func() bool { return errors.Is(f.relay.Start(Session{}), ErrClosed) })
	s.echo()
	if r := s.end(); r.Why == Terminated {
		t.Errorf("%+v", r)
	}
	other.echo()
	cancel()
	if err := <-closed; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if r := <-other.result; r.Why != Terminated {
		t.Errorf("%+v", r)
	}
	if err := f.relay.Close(ctx); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if n := f.relay.Terminate(nil) + len(f.relay.Snapshots()); n != 0 {
		t.Error(n)
	}
}

func TestCloseDrains(t *testing.T) {
	f := newFixture(t, 1)
	s := f.start(nil)
	closed := make(chan error)
	go func() { closed <- f.relay.Close(context.Background()) }()
	s.echo()
	s.client.Close()
	s.target.Close()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if r := <-s.result; r.Why == Terminated {
		t.Errorf("%+v", r)
	}
}

// Descriptors that cannot be relayed stay the caller's.
func TestStartFails(t *testing.T) {
	if _, err := New(0); err == nil {
		t.Error("a relay without loops")
	}
	f := newFixture(t, 1)
	app, fd := f.connection()
	defer app.Close()
	for range 3 {
		err := f.relay.Start(Session{Client: fd, Target: 1 << 20, Done: func(Result) { t.Error("done") }})
		if !errors.Is(err, unix.EBADF) {
			t.Error(err)
		}
	}
	if f.relay.Active() != 0 {
		t.Error("active")
	}
	if _, err := unix.Write(fd, []byte("still open")); err != nil {
		t.Error(err)
	}
	unix.Close(fd)
	s := f.start(nil)
	s.echo()
	s.end()
}

// The timers of a relay in use go by the time on the clock.
func TestRealTime(t *testing.T) {
	f := newFixture(t, 1)
	r, err := New(1)
	if err != nil {
		t.Fatal(err)
	}
	start := func(idle, finWait time.Duration) *trial {
		s := &trial{fixture: f, result: make(chan Result, 2)}
		s.client, s.fd[Client] = f.connection()
		s.target, s.fd[Target] = f.connection()
		t.Cleanup(func() { s.client.Close(); s.target.Close() })
		err := r.Start(Session{
			Client: s.fd[Client], Target: s.fd[Target], Idle: idle, FinWait: finWait,
			Done: func(r Result) { s.result <- r },
		})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for range 3 {
		forEver, slow, quick := start(0, 0), start(60*time.Millisecond, 0), start(20*time.Millisecond, 0)
		half := start(time.Hour, 30*time.Millisecond)
		half.clientHalf()
		for s, why := range map[*trial]Why{slow: IdleTimeout, quick: IdleTimeout, half: FinWaitTimeout} {
			if r := <-s.result; r.Why != why {
				t.Errorf("%+v", r)
			}
		}
		forEver.echo()
		forEver.client.Close()
		forEver.target.Close()
		if r := <-forEver.result; r.Why != ClientClosed && r.Why != TargetClosed {
			t.Errorf("%+v", r)
		}
	}
	if err := r.Close(context.Background()); err != nil {
		t.Error(err)
	}
}
