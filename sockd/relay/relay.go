// Package relay moves the bytes of TCP sessions between a client and a target. Sessions belong to one of a few event
// loops, each a goroutine with its own epoll instance: a session without traffic costs a small structure and its two
// descriptors, but no goroutine, buffer or pipe. Little data goes through a buffer that all sessions of a loop share,
// much data through a pipe with splice(2). Ends of streams are carried over, resets as well, and bytes are counted
// where they are read and where they are written.
//
// It is not for handshakes, decisions or log lines, and not for UDP.
package relay

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed is the error of Start after Close.
var ErrClosed = errors.New("relay is closed")

// A Relay is a set of event loops.
type Relay struct {
	loops []*loop
	wait  sync.WaitGroup // for the loops

	mu      sync.Mutex
	closed  bool
	active  int
	drained chan struct{} // closed when closed and without sessions
}

// New starts a relay of that many event loops. More of them than processors are of no use.
func New(loops int) (*Relay, error) {
	start := time.Now()
	return newRelay(loops, start, func() time.Duration { return time.Since(start) })
}

// newRelay is New with a clock.
func newRelay(loops int, epoch time.Time, clock func() time.Duration) (*Relay, error) {
	if loops < 1 {
		return nil, fmt.Errorf("relay with %d event loops", loops)
	}
	r := &Relay{drained: make(chan struct{})}
	for range loops {
		l, err := newLoop(epoch, clock, r.ended, max(2, allPipes/loops))
		if err != nil {
			for _, l := range r.loops {
				l.free()
			}
			return nil, err
		}
		r.loops = append(r.loops, l)
	}
	for _, l := range r.loops {
		r.wait.Go(l.run)
	}
	return r, nil
}

// Around has each loop call two functions around all that it does between two waits for events, calls of Turn, Done and
// Observe among it. It is for before the first session.
func (r *Relay) Around(before, after func()) {
	r.each(func(l *loop) {
		l.before, l.after = before, after
		before()
	})
}

// Start hands a session to the relay. From then on its descriptors are the relay's, which closes them; with an error
// they are still the caller's, and Done is not called.
func (r *Relay) Start(s Session) error {
	if err := r.begin(); err != nil {
		return err
	}
	if err := r.least().add(newSession(s)); err != nil {
		r.ended()
		return err
	}
	return nil
}

// least is the loop with the fewest sessions.
func (r *Relay) least() *loop {
	least := r.loops[0]
	for _, l := range r.loops[1:] {
		if l.sessions.Load() < least.sessions.Load() {
			least = l
		}
	}
	return least
}

func (r *Relay) begin() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrClosed
	}
	r.active++
	return nil
}

// ended is called when a session is over and its descriptors are closed.
func (r *Relay) ended() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.active--
	if r.closed && r.active == 0 {
		close(r.drained)
	}
}

// Active is how many sessions there are.
func (r *Relay) Active() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.active
}

// Terminate ends the sessions whose tag is wanted, all of them with nil, and returns how many that were. It is over
// when their Done functions have returned, so it must not be called by one, nor by wanted.
func (r *Relay) Terminate(wanted func(tag any) bool) int {
	var n atomic.Int64
	r.each(func(l *loop) { n.Add(int64(l.terminate(wanted))) })
	return int(n.Load())
}

// Snapshots describes the sessions as they are now. It must not be called by a Done or Observe function.
func (r *Relay) Snapshots() []Snapshot {
	var mu sync.Mutex
	var all []Snapshot
	r.each(func(l *loop) {
		part := l.snapshots()
		mu.Lock()
		defer mu.Unlock()
		all = append(all, part...)
	})
	return all
}

// each has every event loop do something between two events, and waits for them.
func (r *Relay) each(do func(*loop)) {
	var wait sync.WaitGroup
	for _, l := range r.loops {
		wait.Add(1)
		if !l.post(func() { defer wait.Done(); do(l) }) {
			wait.Done()
		}
	}
	wait.Wait()
}

// Close takes no new sessions, waits for those there are as long as the context lasts, terminates the rest, and stops
// the event loops. Its error is the context's if there was a rest. Only the first call does that.
func (r *Relay) Close(ctx context.Context) error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return ErrClosed
	}
	r.closed = true
	if r.active == 0 {
		close(r.drained)
	}
	r.mu.Unlock()

	var err error
	select {
	case <-r.drained:
	case <-ctx.Done():
		select {
		case <-r.drained:
		default:
			err = ctx.Err()
		}
		// A session may be on its way between begin and its loop, so it may take more than once.
		for done := false; !done; {
			r.Terminate(nil)
			select {
			case <-r.drained:
				done = true
			case <-time.After(time.Millisecond):
			}
		}
	}
	for _, l := range r.loops {
		l.post(l.stop)
	}
	r.wait.Wait()
	return err
}
