package relay

import (
	"syscall"
	"time"

	"github.com/rustsocks/rustsocks/sockd/kernel"
)

// A Guest is a client of an event loop whose session is not relayed yet: it is negotiating, or its target is being
// connected to. The loop tells it what happens, and it becomes a session without being handed from one thread to
// another.
//
// Its methods, Post apart, are for the loop alone: for turn, and for what was given to Post.
type Guest struct {
	loop    *loop
	session *session
	turn    func(Event)
}

// Event is what has happened to a Guest.
type Event uint8

// The events.
const (
	Ready   Event = iota // there may be something to read, or the connection to the target is decided
	Expired              // the time set with Limit is up
	Ended                // by Terminate; whatever it waits for will not be told
)

// Begin has an event loop watch a client. From now on turn is called by the loop, and by nobody else; it must not
// block. The descriptor stays the caller's until Become. Limit is the first one, see there; announce is called
// with the Guest before turn can be.
func (r *Relay) Begin(client int, limit time.Duration, tag any, turn func(Event), announce func(*Guest)) error {
	if err := r.begin(); err != nil {
		return err
	}
	l := r.least()
	g := &Guest{loop: l, turn: turn}
	g.session = &session{
		fd: [2]int32{Client: int32(client), Target: -1}, end: [2]end{{writable: true}, {writable: true}},
		tag: tag, place: -1, guest: g,
	}
	announce(g)
	if err := l.admit(g, limit); err != nil {
		r.ended()
		return err
	}
	return nil
}

// admit registers a guest.
func (l *loop) admit(g *Guest, limit time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := g.session
	l.occupy(s)
	s.started = l.clock()
	s.last, s.idle = s.started, limit
	if err := l.watch(s.fd[Client], s.mark(Client), s.generation, false); err != nil {
		l.vacate(s)
		return err
	}
	if limit > 0 {
		l.fresh = append(l.fresh, s)
		if s.last+limit < l.sleepsUntil() {
			l.wake()
		}
	}
	l.sessions.Add(1)
	return nil
}

// Recv reads from the client: EAGAIN when there is nothing now, 0 at the end of the stream.
func (g *Guest) Recv(p []byte) (int, syscall.Errno) {
	e := &g.session.end[Client]
	if !e.readable {
		return 0, syscall.EAGAIN
	}
	n, errno := recv(g.session.fd[Client], p)
	if errno == syscall.EAGAIN || errno == 0 && n > 0 && n < len(p) && !e.urgent {
		e.readable = false
	}
	return n, errno
}

// Limit has the Guest told when so much time has passed, in place of what was set before; 0 is never.
func (g *Guest) Limit(d time.Duration) {
	l, s := g.loop, g.session
	s.last, s.idle = l.clock(), d
	l.timers.remove(s)
	l.timers.arm(s)
}

// Await has the Guest told when the attempt of a socket to connect is decided. The descriptor is still the caller's,
// who may close it.
func (g *Guest) Await(target int) error {
	s := g.session
	s.fd[Target], s.end[Target] = int32(target), end{watched: true}
	return g.loop.watch(s.fd[Target], s.mark(Target), s.generation, true)
}

// Forget has what was awaited not be the target.
func (g *Guest) Forget() { g.session.fd[Target] = -1 }

// Decided tells whether the attempt is, and if the socket has an error.
func (g *Guest) Decided() (decided, failed bool) {
	e := &g.session.end[Target]
	return e.writable, e.failed
}

// Post has the loop do something, from any goroutine. It returns false once the loop has stopped.
func (g *Guest) Post(do func()) bool { return g.loop.post(do) }

// Again has turn called again soon, after others have had theirs.
func (g *Guest) Again() { g.loop.again(g.session) }

// Leave ends being a guest: nobody calls turn any more. The descriptors are the caller's; the client's may be watched
// by another poller now.
func (g *Guest) Leave() {
	l, s := g.loop, g.session
	l.unwatch(s.fd[Client])
	g.gone(l, s)
}

// Close is Leave for a client whose descriptor is closed with it.
func (g *Guest) Close() {
	l, s := g.loop, g.session
	kernel.Close(int(s.fd[Client]))
	g.gone(l, s)
}

func (g *Guest) gone(l *loop, s *session) {
	s.over = true
	l.timers.remove(s)
	l.mu.Lock()
	l.vacate(s)
	l.mu.Unlock()
	l.sessions.Add(-1)
	l.ended()
}

// Become turns the Guest into a relayed session, see Start. What was awaited must be the target, or nothing.
func (g *Guest) Become(as Session) error {
	l, s := g.loop, g.session
	if s.fd[Target] != int32(as.Target) {
		s.fd[Target], s.end[Target] = int32(as.Target), end{writable: true}
		if err := l.watch(s.fd[Target], s.mark(Target), s.generation, false); err != nil {
			return err
		}
	}
	l.timers.remove(s)
	s.guest = nil
	s.relay(as)
	s.started = l.clock()
	s.last = s.started
	l.timers.arm(s)
	l.again(s)
	return nil
}
