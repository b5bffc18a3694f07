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
	// saved is how much of the rate that nobody used is kept for later. It makes up for those who come late to their
	// turns.
	saved = 50 * time.Millisecond
)

// Rate is the bytes per second that the sessions of one rule share. Make one with NewRate. It may be used by several
// goroutines.
//
// A session that moves bytes owes the time that they take at the rate, behind all that others owe already, and has its
// next turn when that time has come. So turns go around among those who have something to move, of the same size for
// all; what one does not need is there for the others, and who is idle costs nothing.
type Rate struct {
	perSecond int64

	mu    sync.Mutex
	paid  time.Time // until when the rate is used up
	owing list.List // of *Share: those whose next turn is still to come, the first in front
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
	rate *Rate
	due  time.Time // of the next turn
	left int       // bytes of this one
	at   *list.Element
}

// Allow tells how many bytes the session may move now, or, when that is 0, how long it has to wait.
func (s *Share) Allow(now time.Time) (bytes int, wait time.Duration) {
	r := s.rate
	r.mu.Lock()
	defer r.mu.Unlock()
	if wait := s.due.Sub(now); wait > 0 && s.left == 0 {
		return 0, wait
	} else if wait <= 0 {
		s.left = r.turn(s, now)
	}
	return s.left, 0
}

// Spend notes that the session has moved so many bytes. More than were allowed are owed like the rest.
func (s *Share) Spend(bytes int, now time.Time) {
	r := s.rate
	r.mu.Lock()
	defer r.mu.Unlock()
	switch least := now.Add(-saved); {
	case r.paid.IsZero():
		r.paid = now
	case r.paid.Before(least):
		r.paid = least
	}
	takes := r.time(bytes)
	r.paid = r.paid.Add(takes)
	s.left = max(s.left-bytes, 0)
	s.due = r.paid
	// What was saved is for all: who has it moves faster, but not all of it at once.
	if soon := now.Add(takes / 2); s.due.Before(soon) {
		s.due = soon
	}
	if s.at != nil {
		r.owing.MoveToBack(s.at)
	} else {
		s.at = r.owing.PushBack(s)
	}
}

// turn is how many bytes the session's turn has: its part of a round, if so much of that is left.
func (r *Rate) turn(s *Share, now time.Time) int {
	r.forget(s)
	for e := r.owing.Front(); e != nil && !e.Value.(*Share).due.After(now); e = r.owing.Front() {
		r.forget(e.Value.(*Share))
	}
	part := round / time.Duration(r.owing.Len()+1)
	room := round - max(r.paid.Sub(now), -saved)
	return max(leastTurn, r.bytes(min(part, longestTurn, room)))
}

// forget takes a session out of those that owe, if it is there.
func (r *Rate) forget(s *Share) {
	if s.at != nil {
		r.owing.Remove(s.at)
		s.at = nil
	}
}

// time is what so many bytes take.
func (r *Rate) time(bytes int) time.Duration {
	return time.Duration(float64(bytes) / float64(r.perSecond) * float64(time.Second))
}

// bytes is the other way round. No more than this has ever to be moved at once.
func (r *Rate) bytes(t time.Duration) int {
	const most = 1 << 30
	return int(min(t.Seconds()*float64(r.perSecond), most))
}
