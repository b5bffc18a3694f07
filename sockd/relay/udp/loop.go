package udp

import (
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A loop is an event loop and its associations.
type loop struct {
	*poller
	clock func() time.Duration
	many  atomic.Int64 // associations

	mu      sync.Mutex
	table   []entry
	vacant  []int32
	fresh   []*Association // not yet seen by the loop
	posted  []func()
	stopped bool

	// What follows belongs to the loop's goroutine.
	now      time.Duration
	in       batch
	out      batch
	timers   timers
	ready    []*Association
	stopping bool
	before   func() // each turn
	after    func()
}

// An entry is a slot of the table. The generation tells the associations it has had apart.
type entry struct {
	association *Association
	generation  int32
}

func newLoop(clock func() time.Duration) (*loop, error) {
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	return &loop{poller: p, clock: clock, before: func() {}, after: func() {}}, nil
}

// add registers an association.
func (l *loop) add(a *Association) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return ErrClosed
	}
	if n := len(l.vacant); n > 0 {
		a.slot, l.vacant = l.vacant[n-1], l.vacant[:n-1]
	} else {
		a.slot = int32(len(l.table))
		l.table = append(l.table, entry{})
	}
	at := &l.table[a.slot]
	at.association = a
	a.generation = at.generation
	a.started = l.clock()
	a.last = a.started
	for _, s := range [...]Socket{Control, Client} {
		if err := l.watch(a.fd[s], a.mark(s), a.generation); err != nil {
			l.vacate(a)
			return err
		}
	}
	l.fresh = append(l.fresh, a)
	l.many.Add(1)
	if a.idle > 0 {
		l.wake() // for the timer
	}
	return nil
}

// vacate frees the slot of an association. The caller holds the lock.
func (l *loop) vacate(a *Association) {
	at := &l.table[a.slot]
	at.association = nil
	at.generation++
	l.vacant = append(l.vacant, a.slot)
}

// post has the loop do something between two events; false once it has stopped.
func (l *loop) post(do func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopped {
		return false
	}
	l.posted = append(l.posted, do)
	l.wake()
	return true
}

func (l *loop) run() {
	defer l.poller.close()
	var turns []*Association
	for !l.stopping {
		var events []unix.EpollEvent
		if len(l.ready) > 0 {
			events = l.poll()
		} else {
			due, ok := l.timers.next()
			events = l.wait(due-l.clock(), due, ok)
		}
		l.now = l.clock()
		after := l.after // of the same turn as before
		l.before()
		turns = l.turn(l.take(events), turns)
		after()
	}
	l.mu.Lock()
	posted := l.posted
	l.posted, l.stopped = nil, true
	l.mu.Unlock()
	for _, do := range posted {
		do()
	}
}

// turn does what was posted, and serves those who are ready, for whom spare is room.
func (l *loop) turn(posted []func(), spare []*Association) []*Association {
	for _, do := range posted {
		do()
	}
	turns := l.ready
	l.ready = spare[:0]
	for i, a := range turns {
		turns[i] = nil
		a.queued = false
		l.serve(a)
	}
	for a := l.timers.expired(l.now); a != nil; a = l.timers.expired(l.now) {
		l.finish(a, Result{Why: IdleTimeout})
	}
	return turns
}

// take notes events, gives the associations concerned a turn, and returns what was posted.
func (l *loop) take(events []unix.EpollEvent) []func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range events {
		e := &events[i]
		if e.Fd == wakeup {
			l.woken()
			continue
		}
		at := &l.table[e.Fd>>2]
		if a := at.association; a != nil && at.generation == e.Pad {
			a.readable[e.Fd&3] = true
			l.again(a)
		}
	}
	for i, a := range l.fresh {
		l.fresh[i] = nil
		if !a.over {
			l.timers.arm(a)
		}
	}
	l.fresh = l.fresh[:0]
	posted := l.posted
	l.posted = nil
	return posted
}

// again gives an association another turn.
func (l *loop) again(a *Association) {
	if !a.queued {
		a.queued = true
		l.ready = append(l.ready, a)
	}
}

// serve is the turn of an association. What targets have sent comes first: also the errors of what was sent to them,
// which the next datagram would meet otherwise.
func (l *loop) serve(a *Association) {
	l.release(a)
	for _, s := range [...]Socket{Target4, Target6, Client} {
		if !a.over && !a.waiting && a.readable[s] {
			l.receive(a, s)
		}
	}
	if !a.over && a.readable[Control] {
		l.control(a)
	}
}

// sayMost is how much of the control connection is shown at once.
const sayMost = 1024

// control reads the control connection, from which nothing should come but its end.
func (l *loop) control(a *Association) {
	var p [sayMost]byte
	for !a.over {
		n, errno := receiveStream(a.fd[Control], p[:])
		switch {
		case errno == unix.EAGAIN:
			a.readable[Control] = false
			return
		case errno != 0:
			l.finish(a, Result{Why: ControlError, At: Control, Err: errno})
		case n == 0:
			l.finish(a, Result{Why: ControlClosed, At: Control})
		default:
			a.Handler.Said(a, p[:n])
		}
	}
}

// finish is the end of each association.
func (l *loop) finish(a *Association, r Result) {
	a.over = true
	l.timers.remove(a)
	a.Handler.Ended(a, r)
	a.held = nil
	a.close()
	l.mu.Lock()
	l.vacate(a)
	l.mu.Unlock()
	l.many.Add(-1)
}

// live gives the associations of the loop.
func (l *loop) live() []*Association {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]*Association, 0, l.many.Load())
	for _, at := range l.table {
		if at.association != nil {
			all = append(all, at.association)
		}
	}
	return all
}
