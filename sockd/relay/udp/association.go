package udp

import (
	"errors"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Socket names a socket of an association.
type Socket uint8

// The sockets.
const (
	Control Socket = iota // the client's TCP connection: the association ends with it
	Client                // where the client sends its datagrams to
	Target4               // towards IPv4 targets, opened when there is a datagram for one
	Target6               // towards IPv6 targets
	sockets = iota
)

// TargetOf is the socket for targets of the address's family.
func TargetOf(a netip.Addr) Socket {
	if a.Is4() {
		return Target4
	}
	return Target6
}

// A Count is how much has passed.
type Count struct{ Bytes, Packets uint64 }

func (c *Count) add(n int) {
	c.Bytes += uint64(n)
	c.Packets++
}

// Traffic is what has passed on account of one of the target sockets. On the client's side bytes include the SOCKS
// headers.
type Traffic struct{ ClientRead, ClientWritten, TargetRead, TargetWritten Count }

// A Handler decides about datagrams. All its methods are called by the association's event loop, one at a time; they
// must not block, nor keep what they are shown.
type Handler interface {
	// Datagram is one from the client, for which no way is set.
	Datagram(a *Association, from netip.AddrPort, frame []byte)
	// Reply is one that came to a target socket, for which no way back is set.
	Reply(a *Association, at Socket, from netip.AddrPort, payload []byte)
	// Delayed is an error that an earlier datagram has met, which was sent from this socket.
	Delayed(a *Association, at Socket, err syscall.Errno)
	// Unsent is a datagram of size that could not be sent on a way that was set.
	Unsent(a *Association, from Socket, size int, err syscall.Errno)
	// Said is what came over the control connection, where nothing is expected.
	Said(a *Association, p []byte)
	// Forget has earlier decisions made anew.
	Forget(a *Association)
	// Ended is the last call. The sockets are still open.
	Ended(a *Association, r Result)
}

// Why is what an association ended for.
type Why uint8

// The reasons.
const (
	ControlClosed Why = iota
	ControlError
	SocketError // of one of the UDP sockets, or of none
	Blocked     // the handler said so
	IdleTimeout
	Terminated
)

// A Result is how an association ended.
type Result struct {
	Why Why
	At  Socket        // of SocketError
	Err syscall.Errno // of the errors
}

// Config is an association that is to begin.
type Config struct {
	Control, Client int           // descriptors, non-blocking, and registered with no other poller
	Connected       bool          // the client's socket is connected to the client
	Idle            time.Duration // ends it when nothing has been read for so long; 0 is for ever
	Handler         Handler
	Bandwidth       Bandwidth // may be nil
}

// Bandwidth is how fast an association may move bytes, both directions together. It is asked by one event loop; who
// shares it may be asked by others.
type Bandwidth interface {
	// Allow tells how many bytes may be moved now, or, with 0, in how long to ask again.
	Allow(now time.Time) (bytes int, wait time.Duration)
	// Spend tells it how many have been.
	Spend(bytes int, now time.Time)
}

// An Association is a live one. It belongs to its event loop: but for what says otherwise, methods are for its handler,
// during a call.
type Association struct {
	Handler Handler

	loop      *loop
	fd        [sockets]int32 // -1: not open
	readable  [sockets]bool
	connected [sockets]bool

	forward  forward
	back     [sockets]back
	traffic  [sockets]Traffic
	reported Traffic

	depth   [sockets]int // how many datagrams to take at once
	held    []held       // read, but the handler has to find out something first
	keeping int          // bytes of held
	waiting bool         // the handler has to find out something

	bandwidth Bandwidth
	paused    bool // has no bandwidth now: what comes stays in the kernel, which drops what it has no room for

	idle       time.Duration
	started    time.Duration
	last       time.Duration
	due        time.Duration
	place      int32 // in the timers, -1 without
	slot       int32
	generation int32
	queued     bool // waits for its turn
	over       bool
}

// held is a datagram that waits.
type held struct {
	at   Socket
	from netip.AddrPort
	data []byte
}

// forward is the way of datagrams from the client that begin with header.
type forward struct {
	header    []byte
	socket    Socket
	to        rawAddress
	connected bool
	set       bool
}

// back is the way of replies.
type back struct {
	header [MaxHeader]byte
	size   int
	from   rawAddress
	any    bool // the socket is connected: who else could it be
	set    bool
}

// MaxHeader is the longest header of a reply, which is never about a name.
const MaxHeader = 22

// errIsOpen is for a second target socket of the same family.
var errIsOpen = errors.New("the target socket is open")

// Open gives the association a target socket, which is its own from then on; on error it is not.
func (a *Association) Open(s Socket, fd int) error {
	if a.fd[s] >= 0 {
		return errIsOpen
	}
	if err := a.loop.watch(int32(fd), a.mark(s), a.generation); err != nil {
		return err
	}
	a.fd[s] = int32(fd)
	return nil
}

// FD is the descriptor of a socket, for options; -1 when it is not open.
func (a *Association) FD(s Socket) int { return int(a.fd[s]) }

// Connect connects a UDP socket.
func (a *Association) Connect(s Socket, to netip.AddrPort) syscall.Errno {
	errno := connectTo(a.fd[s], to)
	a.connected[s] = errno == 0
	return errno
}

// Disconnect has a UDP socket connected to nobody again, at the same address of ours: the kernel takes a port back
// that it has chosen itself.
func (a *Association) Disconnect(s Socket, at netip.AddrPort) {
	connectTo(a.fd[s], netip.AddrPort{})
	a.connected[s] = false
	a.back[s].set = false
	bindTo(a.fd[s], at) // fails when the port is there still
}

// Connected tells whether a UDP socket is connected.
func (a *Association) Connected(s Socket) bool { return a.connected[s] }

// Send sends one datagram at once: to a target, or to whom the socket is connected to. It counts what was sent on
// account of a target socket.
func (a *Association) Send(s Socket, to netip.AddrPort, p []byte, account Socket) syscall.Errno {
	var errno syscall.Errno
	if a.connected[s] {
		errno = sendOne(a.fd[s], p, nil)
	} else {
		var raw rawAddress
		raw.set(to)
		errno = sendOne(a.fd[s], p, &raw)
	}
	if errno == 0 {
		a.sent(s, account, len(p))
	}
	return errno
}

func (a *Association) sent(s, account Socket, n int) {
	t := &a.traffic[account]
	if s == Client {
		t.ClientWritten.add(n)
		return
	}
	t.TargetWritten.add(n)
	a.reported.TargetWritten.add(n)
}

// Received counts a datagram of the client on account of a target socket.
func (a *Association) Received(account Socket, n int) { a.traffic[account].ClientRead.add(n) }

// Traffic is what has passed on account of a target socket.
func (a *Association) Traffic(account Socket) Traffic { return a.traffic[account] }

// Reported is what Dante would tell of the traffic at the end, did it not look again: the counters of the socket that
// was last read, as they were before that, and what was sent to targets since.
func (a *Association) Reported() Traffic { return a.reported }

// Forward sets the way of the datagrams that begin with a header, until it is set anew or a datagram comes that begins
// otherwise. They are sent without the header.
func (a *Association) Forward(header []byte, s Socket, to netip.AddrPort) {
	f := &a.forward
	f.header = append(f.header[:0], header...)
	f.socket, f.connected, f.set = s, a.connected[s], true
	if !f.connected {
		f.to.set(to)
	}
}

// Back sets the way of replies from one target to the client, which get a header. It holds until Unset.
func (a *Association) Back(s Socket, from netip.AddrPort, header []byte) {
	b := &a.back[s]
	b.size = copy(b.header[:], header)
	b.any, b.set = a.connected[s], true
	b.from.set(from)
}

// Unset takes back what Forward and Back have set.
func (a *Association) Unset() {
	a.forward.set = false
	for s := range a.back {
		a.back[s].set = false
	}
}

// Wait has find run outside of the loop, and then the rest by the loop. No datagram is handled in between: they wait
// in the sockets.
func (a *Association) Wait(find, then func()) {
	a.waiting = true
	l := a.loop
	go func() {
		find()
		l.post(func() {
			if !a.over {
				a.waiting = false
				l.again(a)
				then()
			}
		})
	}()
}

// End ends the association, when the handler returns.
func (a *Association) End(r Result) {
	if !a.over {
		a.loop.finish(a, r)
	}
}

// times gives how long it has been there, and for how long nothing has been read.
func (a *Association) times() (age, idle time.Duration) {
	now := a.loop.now
	return max(now-a.started, 0), max(now-a.last, 0)
}

func (a *Association) mark(s Socket) int32 { return a.slot<<2 | int32(s) }

// close closes the sockets.
func (a *Association) close() {
	for s, fd := range a.fd {
		if fd >= 0 {
			unix.Close(int(fd))
			a.fd[s] = -1
		}
	}
}
