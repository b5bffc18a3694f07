package relay

import (
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/sockd/kernel"
)

// A loop is an event loop and its sessions. It waits for its own epoll instance with the help of the runtime's poller,
// so that no thread and no processor of the scheduler is kept while nothing happens.
type loop struct {
	*poller
	clock    func() time.Duration
	epoch    time.Time    // when the clock began
	ended    func()       // after each session
	before   func()       // before what happened is dealt with
	after    func()       // afterwards
	sessions atomic.Int64 // how many

	mu      sync.Mutex
	table   []entry
	vacant  []int32    // slots without a session
	fresh   []*session // not yet seen by the loop
	posted  []func()   // to be done by the loop
	stopped bool

	// What follows belongs to the loop's goroutine.
	now      time.Duration
	buffer   []byte
	pipes    pipes
	timers   timers
	pauses   pauses
	ready    []*session // have their turn next
	stopping bool
}

// An entry is a slot of the table. The generation counts the sessions it has had, so that an event of a session that
// is over is not taken for one of the next.
type entry struct {
	session    *session
	generation int32
}

func newLoop(epoch time.Time, clock func() time.Duration, ended func(), mostPipes int) (*loop, error) {
	p, err := newPoller()
	if err != nil {
		return nil, err
	}
	return &loop{
		poller: p, clock: clock, epoch: epoch, ended: ended, before: func() {}, after: func() {},
		buffer: make([]byte, bufferSize), pipes: pipes{most: mostPipes},
	}, nil
}

func (l *loop) free() {
	l.pipes.close()
	l.poller.close()
}

// add registers a session. The loop hears of it when there is something to do.
func (l *loop) add(s *session) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.occupy(s)

	// There may be something to do at once: a timer to start, early bytes to write.
	s.end[Client].watched = s.idle != 0 || s.flow[Client].held() > 0 || s.flow[Target].held() > 0
	for side, fd := range s.fd {
		if err := l.watch(fd, s.mark(Side(side)), s.generation, s.end[side].watched); err != nil {
			if Side(side) == Target {
				l.unwatch(s.fd[Client])
			}
			l.vacate(s)
			return err
		}
	}
	s.started = l.clock()
	s.last = s.started
	l.fresh = append(l.fresh, s)
	l.sessions.Add(1)
	return nil
}

// block notes that a side takes nothing more for now.
func (l *loop) block(s *session, side Side) {
	e := &s.end[side]
	e.writable = false
	if !e.watched {
		e.watched = true
		l.watchWritable(s.fd[side], s.mark(side), s.generation)
	}
}

// occupy gives a session a slot. The caller holds the lock.
func (l *loop) occupy(s *session) {
	if n := len(l.vacant); n > 0 {
		s.slot, l.vacant = l.vacant[n-1], l.vacant[:n-1]
	} else {
		s.slot = int32(len(l.table))
		l.table = append(l.table, entry{})
	}
	at := &l.table[s.slot]
	at.session = s
	s.generation = at.generation
}

// vacate frees the slot of a session. The caller holds the lock.
func (l *loop) vacate(s *session) {
	at := &l.table[s.slot]
	at.session = nil
	at.generation++
	l.vacant = append(l.vacant, s.slot)
}

// post has the loop do something between two events. It returns false once the loop has stopped.
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

// run is the loop.
func (l *loop) run() {
	defer l.free()
	var turns []*session
	for !l.stopping {
		var events []unix.EpollEvent
		if len(l.ready) > 0 {
			events = l.poll()
		} else {
			due, ok := l.next()
			events = l.wait(due-l.clock(), due, ok)
		}
		l.now = l.clock()
		l.before()
		for _, do := range l.take(events) {
			do()
		}
		turns, l.ready = l.ready, turns[:0]
		for i, s := range turns {
			turns[i] = nil
			l.serve(s)
		}
		for s, why := l.timers.expired(l.now); s != nil; s, why = l.timers.expired(l.now) {
			l.expire(s, why)
		}
		for s := l.pauses.over(l.now); s != nil; s = l.pauses.over(l.now) {
			l.again(s)
		}
		l.after()
	}
	l.last()
}

// next is when there is something to do without an event.
func (l *loop) next() (time.Duration, bool) {
	due, ok := l.timers.next()
	if until, paused := l.pauses.next(); paused && (!ok || until < due) {
		return until, true
	}
	return due, ok
}

// take notes events, gives the sessions concerned a turn, starts the timers of new sessions, and returns what was
// posted.
func (l *loop) take(events []unix.EpollEvent) []func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range events {
		e := &events[i]
		if e.Fd == wakeup {
			l.woken()
			continue
		}
		slot, side := e.Fd>>1, Side(e.Fd&1)
		s := l.table[slot].session
		if s == nil || l.table[slot].generation != e.Pad {
			continue
		}
		s.end[side].note(e.Events)
		l.again(s)
	}
	for i, s := range l.fresh {
		l.fresh[i] = nil
		if !s.over { // terminated before it was noticed
			l.timers.arm(s)
		}
	}
	l.fresh = l.fresh[:0]

	posted := l.posted
	l.posted = nil
	return posted
}

// last does what was posted to a loop that is stopping.
func (l *loop) last() {
	l.mu.Lock()
	posted := l.posted
	l.posted, l.stopped = nil, true
	l.mu.Unlock()
	for _, do := range posted {
		do()
	}
}

// note keeps what an event says.
func (e *end) note(events uint32) {
	const over = unix.EPOLLRDHUP | unix.EPOLLHUP | unix.EPOLLERR
	if events&(unix.EPOLLIN|unix.EPOLLPRI|over) != 0 {
		e.readable = true
	}
	if events&(unix.EPOLLOUT|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		e.writable = true
	}
	if events&(unix.EPOLLPRI|over) != 0 {
		e.urgent = true
	}
	if events&unix.EPOLLERR != 0 {
		e.failed = true
	}
}

// again gives a session another turn.
func (l *loop) again(s *session) {
	if !s.queued {
		s.queued = true
		l.ready = append(l.ready, s)
	}
}

// serve is the turn of a session.
func (l *loop) serve(s *session) {
	s.queued = false
	if s.guest != nil {
		if !s.over {
			s.guest.turn(Ready)
		}
		return
	}
	if first := s.reads(); s.over || !l.move(s, first) || !l.move(s, first.other()) {
		return
	}
	if s.queued {
		return
	}
	for side := range s.end {
		// A read meets the error of a socket when what came before it has been passed on. Behind the end of the stream
		// there are no reads, and without something to write no one else would notice a peer that is gone.
		if !s.end[side].failed || !s.flow[side].ended {
			continue
		}
		s.end[side].failed = false
		if errno, err := unix.GetsockoptInt(int(s.fd[side]), unix.SOL_SOCKET, unix.SO_ERROR); err == nil && errno != 0 {
			l.fail(s, Side(side), syscall.Errno(errno))
			return
		}
	}
}

// expire ends a session that has timed out.
func (l *loop) expire(s *session, why Why) {
	if g := s.guest; g != nil {
		l.timers.remove(s)
		g.turn(Expired)
		return
	}
	result := Result{Why: why}
	if why == FinWaitTimeout {
		result.WaitFor = s.first.other()
	}
	l.finish(s, result)
}

// finish is the end of each session.
func (l *loop) finish(s *session, result Result) {
	s.over = true
	l.timers.remove(s)
	l.pauses.remove(s)
	result.Counts = s.counters.Counts()
	result.Duration = max(l.now-s.started, 0) // of one just started, now is before
	result.Tag = s.tag
	if s.done != nil {
		s.done(result)
	}
	for side, fd := range s.fd {
		f := &s.flow[side]
		f.kept = nil
		l.pipes.take(f)
		kernel.Close(int(fd))
	}
	l.mu.Lock()
	l.vacate(s)
	l.mu.Unlock()
	l.sessions.Add(-1)
	l.ended()
}

// live gives the sessions of the loop.
func (l *loop) live() []*session {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]*session, 0, l.sessions.Load())
	for _, at := range l.table {
		if at.session != nil {
			all = append(all, at.session)
		}
	}
	return all
}

// terminate ends the sessions with a tag that is wanted.
func (l *loop) terminate(wanted func(tag any) bool) int {
	n := 0
	for _, s := range l.live() {
		switch {
		case s.over || wanted != nil && !wanted(s.tag):
			continue
		case s.guest != nil:
			s.guest.turn(Ended)
		default:
			l.finish(s, Result{Why: Terminated})
		}
		n++
	}
	return n
}

func (l *loop) snapshots() []Snapshot {
	sessions := l.live()
	all := make([]Snapshot, 0, len(sessions))
	for _, s := range sessions {
		if s.guest != nil {
			all = append(all, Snapshot{Tag: s.tag, Guest: true, Age: max(l.now-s.started, 0)})
			continue
		}
		shot := Snapshot{Tag: s.tag, Counts: s.counters.Counts(), Age: max(l.now-s.started, 0), Idle: max(l.now-s.last, 0)}
		for from := range s.flow {
			to := Side(from).other()
			unread, _ := unix.IoctlGetInt(int(s.fd[from]), unix.SIOCINQ)
			unsent, _ := unix.IoctlGetInt(int(s.fd[to]), unix.SIOCOUTQ)
			shot.To[to] = Queued{Unread: unread, Held: s.flow[from].held(), Unsent: unsent}
		}
		all = append(all, shot)
	}
	return all
}

// stop makes the loop's turn its last.
func (l *loop) stop() { l.stopping = true }
