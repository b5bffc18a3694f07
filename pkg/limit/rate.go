package limit

import (
	"container/list"
	"sync"
	"time"
)

const (
	// round is how much of the rate may be used ahead of time, by all sessions together: with many, each waits about
	// so long between two of its turns.
	round = 100 * time.Millisecond
	// longestTurn is a session's turn when there are few. It bounds what one has before others are noticed.
	longestTurn = round / 10
	// leastTurn is the number of bytes of a turn, however many sessions there are. It bounds what small turns cost,
	// and a round gets longer for it.
	leastTurn = 256
	// saved is how much of the rate that nobody used is kept for later, and how much a session that has fallen behind
	// the others may catch up with in one turn. It makes up for those who come late to their turns, as on a busy machine
	// everybody does.
	saved = 200 * time.Millisecond
)

// Rate is the bytes per second that the sessions of one rule share. Make one with NewRate. It may be used by several
// goroutines.
//
// A session that moves bytes owes the time that they take at the rate, behind all that others owe already, and has its
// next turn when that time has come. So turns go around among those who have something to move; what one does not need
// is there for the others, and who is idle costs nothing. Turns are of the same size, but for who has had less or more
// than the others while it always had something to move.
type Rate struct {
	perSecond int64

	mu   sync.Mutex
	paid time.Time // until when the rate is used up
	busy list.List // of *Share: those with a turn ahead or not long ago, the first in front
	had  float64   // what they have had together
}

// NewRate makes a Rate of so many bytes per second, at least 1.
func NewRate(perSecond int64) *Rate { return &Rate{perSecond: max(perSecond, 1)} }

// Share makes the part of one more session. It needs not be given back. The Share of no Rate is nil.
func (r *Rate) Share() *Share {
	if r == nil {
		return nil
	}
	return &Share{rate: r}
}

// Share is what a session has of a Rate: both directions together, whatever the protocol.
type Share struct {
	rate  *Rate
	due   time.Time // of the next turn
	waits bool      // for it
	left  int       // bytes of this one
	had   float64   // bytes, as if it had always been as busy as the others
	at    *list.Element
}

// Allow tells how many bytes the session may move now, or, when that is 0, how long it has to wait.
func (s *Share) Allow(now time.Time) (bytes int, wait time.Duration) {
	r := s.rate
	r.mu.Lock()
	defer r.mu.Unlock()
	wait = s.due.Sub(now)
	if wait > 0 && s.left == 0 {
		s.waits = true
		return 0, wait
	}
	if wait <= 0 {
		s.left = r.turn(s, now)
		s.waits = false
	}
	return s.left, 0
}

// Spend notes that the session has moved so many bytes. More than were allowed are owed like the rest.
func (s *Share) Spend(bytes int, now time.Time) {
	r := s.rate
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle(now)
	if s.at == nil {
		r.join(s)
	}
	r.busy.MoveToBack(s.at)
	r.had += float64(bytes)
	s.had += float64(bytes)
	s.left = max(s.left-bytes, 0)
	takes := r.time(float64(bytes))
	r.paid = r.paid.Add(takes)
	s.due = r.paid
	// What was saved is for all: each may be twice as fast until it is used up.
	if soon := now.Add(takes * time.Duration(r.busy.Len()) / 2); s.due.Before(soon) {
		s.due = soon
	}
}

// turn is how many bytes the session's turn has: its part of a round and of what was saved, if there is so much.
func (r *Rate) turn(s *Share, now time.Time) int {
	for e := r.busy.Front(); e != nil && now.Sub(e.Value.(*Share).due) > round; e = r.busy.Front() {
		r.leave(e.Value.(*Share))
	}
	r.join(s)
	sessions := time.Duration(r.busy.Len())
	r.settle(now)
	unused := now.Sub(r.paid) // less than 0 when it is owed
	part := min(round/sessions, longestTurn) + max(unused, 0)/sessions
	behind := time.Duration(0)
	if s.waits {
		behind = max(-part/2, min(r.time(r.average()-s.had), saved))
	}
	return max(leastTurn, r.bytes(min(part+behind, round+behind+unused)))
}

// settle forgets what nobody has used for too long. Nothing is saved from before the first use.
func (r *Rate) settle(now time.Time) {
	if least := now.Add(-saved); r.paid.IsZero() {
		r.paid = now
	} else if r.paid.Before(least) {
		r.paid = least
	}
}

// join makes a session the last of those that are busy. One that had nothing to move is given what the others have had,
// but for the turn that it begins with.
func (r *Rate) join(s *Share) {
	if s.at != nil {
		r.leave(s)
	}
	if n := r.busy.Len(); n > 0 && !s.waits {
		turn := r.bytes(min(round/time.Duration(n+1), longestTurn))
		s.had = max(s.had, r.average()-float64(turn))
	}
	s.at = r.busy.PushBack(s)
	r.had += s.had
}

// average is what a busy session has had.
func (r *Rate) average() float64 { return r.had / float64(r.busy.Len()) }

// leave takes a session out of them.
func (r *Rate) leave(s *Share) {
	r.busy.Remove(s.at)
	s.at = nil
	r.had -= s.had
	if r.busy.Len() == 0 {
		r.had = 0 // whatever rounding has left
	}
}

// time is what so many bytes take.
func (r *Rate) time(bytes float64) time.Duration {
	return time.Duration(bytes / float64(r.perSecond) * float64(time.Second))
}

// bytes is the other way round. No more than this has ever to be moved at once.
func (r *Rate) bytes(t time.Duration) int {
	const most = 1 << 30
	return int(min(t.Seconds()*float64(r.perSecond), most))
}
