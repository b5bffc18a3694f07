package relay

import (
	"container/heap"
	"math"
	"time"
)

// Bandwidth is how fast a session may move bytes, both directions together. It is asked by one event loop; who shares
// the bandwidth may be asked by others.
type Bandwidth interface {
	// Allow tells how many bytes may be moved now, or, with 0, in how long to ask again.
	Allow(now time.Time) (bytes int, wait time.Duration)
	// Spend tells it how many have been.
	Spend(bytes int, now time.Time)
}

// A pace is what a session with limited bandwidth has besides.
type pace struct {
	bandwidth Bandwidth
	session   *session
	until     time.Duration // of the pause
	place     int           // among the pauses, -1 without
	first     Side          // to be read, so that both sides have their turns
}

func newPace(s *session, b Bandwidth) *pace {
	if b == nil {
		return nil
	}
	return &pace{bandwidth: b, session: s, place: -1}
}

// allowed is how many bytes a session may read now. With 0 it pauses: what there is stays in the sockets.
func (l *loop) allowed(s *session) int {
	p := s.pace
	if p == nil {
		return math.MaxInt
	}
	if p.place >= 0 {
		return 0
	}
	now := l.clock()
	n, wait := p.bandwidth.Allow(l.epoch.Add(now))
	if n == 0 {
		p.until = now + max(wait, time.Microsecond)
		heap.Push(&l.pauses, p)
	}
	return n
}

// spent notes that so much has been read from a side. The other is the first to be read after a pause.
func (l *loop) spent(s *session, from Side, n int) {
	if s.pace != nil {
		s.pace.bandwidth.Spend(n, l.epoch.Add(l.clock()))
		s.pace.first = from.other()
	}
}

// reads is the side that is read first.
//
// COMPAT: that is the client, so that of two that close at once the client has closed first.
func (s *session) reads() Side {
	if s.pace == nil {
		return Client
	}
	return s.pace.first
}

// pauses are the sessions that have used up what they may move, a heap by the end of the pause.
type pauses []*pace

// next is when the first pause ends.
func (p pauses) next() (time.Duration, bool) {
	if len(p) == 0 {
		return 0, false
	}
	return p[0].until, true
}

// over gives a session whose pause is over, or nil.
func (p *pauses) over(now time.Duration) *session {
	if len(*p) == 0 || (*p)[0].until > now {
		return nil
	}
	return heap.Pop(p).(*pace).session
}

// remove ends the pause of a session, if it has one.
func (p *pauses) remove(s *session) {
	if s.pace != nil && s.pace.place >= 0 {
		heap.Remove(p, s.pace.place)
	}
}

// Len, Less, Swap, Push and Pop are what container/heap works with.

func (p pauses) Len() int { return len(p) }

func (p pauses) Less(i, j int) bool { return p[i].until < p[j].until }

func (p pauses) Swap(i, j int) {
	p[i], p[j] = p[j], p[i]
	p[i].place, p[j].place = i, j
}

// Push adds a pause at the end.
func (p *pauses) Push(x any) {
	added := x.(*pace)
	added.place = len(*p)
	*p = append(*p, added)
}

// Pop takes the one at the end.
func (p *pauses) Pop() any {
	all := *p
	last := all[len(all)-1]
	all[len(all)-1] = nil
	*p = all[:len(all)-1]
	last.place = -1
	return last
}
