package sockd

import "sync"

// slots bound the sessions by what there are descriptors for. When all are taken no client is let in: all wait in the
// kernel's backlog, at no cost, until a session ends.
type slots struct {
	mu      sync.Mutex
	all     int
	taken   int
	full    int64   // how often a client had to wait
	waiting []*door // that found none
	ended   sync.Cond
}

func newSlots(n int) *slots {
	s := &slots{all: n}
	s.ended.L = &s.mu
	return s
}

// take takes a slot for a client of a door, or has the door told when there is one.
func (s *slots) take(d *door) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken < s.all {
		s.taken++
		return true
	}
	s.full++
	s.waiting = append(s.waiting, d)
	return false
}

// takeMore takes another slot for a session that has one; false when there is none.
func (s *slots) takeMore() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken == s.all {
		return false
	}
	s.taken++
	return true
}

// giveBack frees a slot.
func (s *slots) giveBack() {
	s.mu.Lock()
	s.taken--
	if s.taken == 0 {
		s.ended.Broadcast()
	}
	waiting := s.waiting
	s.waiting = nil
	s.mu.Unlock()
	for _, d := range waiting {
		d.guest.Post(d.reopen)
	}
}

// wait returns when no slot is taken.
func (s *slots) wait() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.taken > 0 {
		s.ended.Wait()
	}
}

// inUse tells how many are taken.
func (s *slots) inUse() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken
}

// waited tells how often a client had to wait for a slot.
func (s *slots) waited() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.full
}
