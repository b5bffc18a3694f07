package relay

import (
	"sync/atomic"
	"syscall"
	"time"
)

// Side is an end of a session.
type Side uint8

// The two sides.
const (
	Client Side = iota
	Target
)

func (s Side) other() Side { return s ^ 1 }

// A Session is what the relay is to do.
type Session struct {
	// Client and Target are the descriptors of connected sockets, non-blocking, and registered with no other poller.
	Client, Target int

	// ClientEarly and TargetEarly are bytes read from a side before the relay has it. They are the first to be
	// written to the other side, and counted here, as read and as written. The relay keeps the slices.
	ClientEarly, TargetEarly []byte

	// Idle ends the session when nothing has been read or written for so long, FinWait the same once a side has
	// closed. Where both apply, FinWait counts if it is shorter. 0 is for ever.
	Idle, FinWait time.Duration

	// Bandwidth, unless nil, is how fast bytes are moved. It is asked before each read; the early bytes are free.
	Bandwidth Bandwidth

	// Observe, unless nil, is shown what is read from a side, the early bytes first (by Start, the rest by an event
	// loop), and an empty p at the end of what comes from it. It must not block or keep p. The session then does
	// without splice.
	Observe func(from Side, p []byte)

	// Done is called once, by an event loop, when the session is over but its descriptors are still open. It must not
	// block.
	Done func(Result)

	// Counters are what the relay counts with, where others may read along; nil has it use its own.
	Counters *Counters

	// Tag is for the caller.
	Tag any
}

// Counters are the bytes of a live session. The relay alone writes them.
type Counters struct {
	ClientRead, ClientWritten, TargetRead, TargetWritten atomic.Uint64
}

// Counts gives the values. They are not all of the same instant.
func (c *Counters) Counts() Counts {
	return Counts{
		ClientRead: c.ClientRead.Load(), ClientWritten: c.ClientWritten.Load(),
		TargetRead: c.TargetRead.Load(), TargetWritten: c.TargetWritten.Load(),
	}
}

func (c *Counters) read(from Side, n int) {
	if from == Client {
		c.ClientRead.Store(c.ClientRead.Load() + uint64(n))
	} else {
		c.TargetRead.Store(c.TargetRead.Load() + uint64(n))
	}
}

func (c *Counters) written(to Side, n int) {
	if to == Client {
		c.ClientWritten.Store(c.ClientWritten.Load() + uint64(n))
	} else {
		c.TargetWritten.Store(c.TargetWritten.Load() + uint64(n))
	}
}

// Counts are the bytes of a session: read from and written to the sockets of the two sides.
type Counts struct{ ClientRead, ClientWritten, TargetRead, TargetWritten uint64 }

// Why is what a session ended for.
type Why uint8

// The reasons, as Dante names them in its log.
const (
	ClientClosed   Why = iota // both sides have closed, the client first: "local client closed"
	TargetClosed              // both sides have closed, the target first: "remote peer closed"
	ClientError               // "local client error"
	TargetError               // "remote peer error"
	IdleTimeout               // "i/o timeout"
	FinWaitTimeout            // "tcp-fin-wait timeout"
	Terminated                // "administrative termination"
)

// A Result is how a session ended.
type Result struct {
	Why      Why
	Err      syscall.Errno // of ClientError and TargetError
	WaitFor  Side          // of FinWaitTimeout: the side that has not closed
	Counts   Counts
	Duration time.Duration
	Tag      any
}

// A Snapshot is the state of a live session.
type Snapshot struct {
	Tag    any
	Guest  bool // not relayed yet; of the rest, only Age is set
	Counts Counts
	Age    time.Duration
	Idle   time.Duration // since something was read or written
	To     [2]Queued     // on the way to the client and to the target
}

// Queued are bytes on their way to a side.
type Queued struct {
	Unread int // in the socket of the other side
	Held   int // in the relay
	Unsent int // in the socket of this side, not acknowledged
}

// A session is a live Session. It belongs to its loop.
type session struct {
	fd       [2]int32
	end      [2]end  // what is known of the sockets
	flow     [2]flow // by the side that is read
	counters *Counters
	observe  func(from Side, p []byte)
	done     func(Result)
	tag      any
	guest    *Guest // while it is not relayed yet
	pace     *pace  // nil without a limit

	idle, finWait time.Duration
	started       time.Duration
	last          time.Duration // when something was read or written
	due           time.Duration // of its place in the timers
	place         int32         // in the timers, -1 without
	slot          int32         // in the loop's table
	generation    int32         // of the slot
	first         Side          // the side that closed first, once one has
	queued        bool          // waits for its turn
	over          bool
}

// An end is what the loop has learned of a socket. It is told of changes only.
type end struct {
	readable bool // a read may give something
	writable bool // a write may take something
	watched  bool // the loop is told when that becomes true
	urgent   bool // a short read does not mean that there is no more
	failed   bool // the socket has an error
}

// A flow is one direction, named by the side that is read. Nothing more is read while something is held, so the end
// of the stream can be passed on as soon as it has been read.
type flow struct {
	kept   []byte // read, not written
	pipe   *pipe  // for splice
	inPipe int32  // bytes in it: read, not written
	bulk   bool   // a pipe is worth it
	ended  bool   // the end has been read and passed on
}

func (f *flow) held() int { return len(f.kept) + int(f.inPipe) }

func newSession(as Session) *session {
	n := &session{
		fd:    [2]int32{Client: int32(as.Client), Target: int32(as.Target)},
		end:   [2]end{{writable: true}, {writable: true}},
		place: -1,
	}
	n.relay(as)
	return n
}

// relay has the session do what it is asked for.
func (s *session) relay(as Session) {
	s.counters, s.observe, s.done, s.tag = as.Counters, as.Observe, as.Done, as.Tag
	s.idle, s.finWait = as.Idle, as.FinWait
	s.pace = newPace(s, as.Bandwidth)
	if s.counters == nil {
		s.counters = new(Counters)
	}
	for from, early := range [2][]byte{Client: as.ClientEarly, Target: as.TargetEarly} {
		if len(early) == 0 {
			continue
		}
		s.flow[from].kept = early
		s.counters.read(Side(from), len(early))
		if s.observe != nil {
			s.observe(Side(from), early)
		}
	}
}

// mark stands for a side of the session in events.
func (s *session) mark(side Side) int32 { return s.slot<<1 | int32(side) }

// timeout is how long the session may now go without traffic, and what its end is called then; 0 is for ever.
//
// COMPAT: Dante's fin-wait timeout, too, begins anew with all that is read or written.
func (s *session) timeout() (time.Duration, Why) {
	if s.guest != nil {
		return s.idle, IdleTimeout
	}
	half := s.flow[Client].ended || s.flow[Target].ended
	if half && s.finWait != 0 && (s.idle == 0 || s.idle > s.finWait) {
		return s.finWait, FinWaitTimeout
	}
	return s.idle, IdleTimeout
}
