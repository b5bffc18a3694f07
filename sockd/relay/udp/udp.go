// Package udp moves the datagrams of SOCKS5 UDP associations between clients and targets. Associations belong to one of
// a few event loops, each a goroutine with its own epoll instance: one without traffic costs a small structure and its
// descriptors, but no goroutine and no buffer. Datagrams of which a handler has said where they go are taken and sent
// many in a call, without it being asked again; the handler sees all others.
//
// It is not for decisions and log lines, nor for what the headers of datagrams mean.
package udp

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// ErrClosed is the error of Start after Close.
var ErrClosed = errors.New("relay of datagrams is closed")

// A Relay is a set of event loops.
type Relay struct {
	loops []*loop
	next  atomic.Uint32
	wait  sync.WaitGroup // for the loops
}

// New starts a relay of that many event loops. More of them than processors are of no use.
func New(loops int) (*Relay, error) {
	start := time.Now()
	return newRelay(loops, func() time.Duration { return time.Since(start) })
}

// newRelay is New with a clock.
func newRelay(loops int, clock func() time.Duration) (*Relay, error) {
	if loops < 1 {
		return nil, fmt.Errorf("relay of datagrams with %d event loops", loops)
	}
	r := &Relay{}
	for range loops {
		l, err := newLoop(clock)
		if err != nil {
			for _, l := range r.loops {
				l.poller.close()
			}
			return nil, err
		}
		r.loops = append(r.loops, l)
	}
	for _, l := range r.loops {
		r.wait.Add(1)
		go func() { defer r.wait.Done(); l.run() }()
	}
	return r, nil
}

// Start begins an association. The relay has the descriptors from then on; with an error it has not, and no method of
// the handler is called.
func (r *Relay) Start(c Config) error {
	a := &Association{Handler: c.Handler, idle: c.Idle, bandwidth: c.Bandwidth, place: -1}
	for s := range a.fd {
		a.fd[s] = -1
	}
	a.fd[Control], a.fd[Client] = int32(c.Control), int32(c.Client)
	a.connected[Client] = c.Connected
	a.loop = r.quietest()
	return a.loop.add(a)
}

// quietest gives the loop with the fewest associations, beginning at another one each time.
func (r *Relay) quietest() *loop {
	first := int(r.next.Add(1))
	best := r.loops[first%len(r.loops)]
	for i := range r.loops {
		if l := r.loops[(first+i)%len(r.loops)]; l.many.Load() < best.many.Load() {
			best = l
		}
	}
	return best
}

// Active is how many associations there are.
func (r *Relay) Active() int {
	n := int64(0)
	for _, l := range r.loops {
		n += l.many.Load()
	}
	return int(n)
}

// Around has something done before and after each turn of an event loop.
func (r *Relay) Around(before, after func()) {
	r.each(func(l *loop) { l.before, l.after = before, after })
}

// Forget has all associations forget earlier decisions. It does not wait for them.
func (r *Relay) Forget() {
	for _, l := range r.loops {
		l.post(func() {
			for _, a := range l.live() {
				if !a.over {
					a.Unset()
					a.Handler.Forget(a)
				}
			}
		})
	}
}

// Terminate ends the associations whose handler is wanted, all of them with nil.
func (r *Relay) Terminate(wanted func(Handler) bool) {
	r.each(func(l *loop) {
		for _, a := range l.live() {
			if !a.over && (wanted == nil || wanted(a.Handler)) {
				l.finish(a, Result{Why: Terminated})
			}
		}
	})
}

// Each shows all associations, with how long they have been there and for how long nothing has been read. Several may
// be shown at once.
func (r *Relay) Each(show func(a *Association, age, idle time.Duration)) {
	r.each(func(l *loop) {
		for _, a := range l.live() {
			if !a.over {
				age, idle := a.times()
				show(a, age, idle)
			}
		}
	})
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

// Close terminates all associations and stops the event loops.
func (r *Relay) Close() {
	for _, l := range r.loops {
		l.post(func() { l.stopping = true })
	}
	r.wait.Wait()
	for _, l := range r.loops {
		for _, a := range l.live() {
			l.finish(a, Result{Why: Terminated})
		}
	}
}
