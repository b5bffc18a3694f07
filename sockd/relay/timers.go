package relay

import "time"

// timers are the sessions that can time out, a heap by the time to look at them again. Traffic does not move a
// session in it: when its time comes, it is looked at whether there has been some.
type timers []*session

// arm puts a session in its place, or in an earlier one when its timeout has become shorter.
func (t *timers) arm(s *session) {
	timeout, _ := s.timeout()
	due := s.last + timeout
	switch {
	case timeout == 0:
		t.remove(s)
	case s.place < 0:
		s.due = due
		s.place = int32(len(*t))
		*t = append(*t, s)
		t.up(s)
	case due < s.due:
		s.due = due
		t.up(s)
	}
}

// remove takes a session out, if it is in.
func (t *timers) remove(s *session) {
	if s.place < 0 {
		return
	}
	last := (*t)[len(*t)-1]
	(*t)[len(*t)-1] = nil
	*t = (*t)[:len(*t)-1]
	if last != s {
		t.put(last, s.place)
		t.up(last)
		t.down(last)
	}
	s.place = -1
}

// next is when a session must be looked at.
func (t timers) next() (time.Duration, bool) {
	if len(t) == 0 {
		return 0, false
	}
	return t[0].due, true
}

// expired gives a session that has timed out, and what of, or nil.
func (t *timers) expired(now time.Duration) (*session, Why) {
	for len(*t) > 0 && (*t)[0].due <= now {
		s := (*t)[0]
		timeout, why := s.timeout()
		if s.last+timeout <= now {
			return s, why
		}
		s.due = s.last + timeout
		t.down(s)
	}
	return nil, 0
}

func (t timers) put(s *session, place int32) {
	t[place] = s
	s.place = place
}

func (t timers) up(s *session) {
	for s.place > 0 {
		parent := t[(s.place-1)/2]
		if parent.due <= s.due {
			return
		}
		t.swap(parent, s)
	}
}

func (t timers) down(s *session) {
	for {
		child := 2*s.place + 1
		if int(child) >= len(t) {
			return
		}
		if int(child)+1 < len(t) && t[child+1].due < t[child].due {
			child++
		}
		if t[child].due >= s.due {
			return
		}
		t.swap(s, t[child])
	}
}

func (t timers) swap(a, b *session) {
	i, j := a.place, b.place
	t.put(a, j)
	t.put(b, i)
}
