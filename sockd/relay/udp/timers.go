package udp

import "time"

// timers are the associations that can time out, a heap by the time to look at them again. Traffic does not move one in
// it: when its time comes, it is looked at whether there has been some.
type timers []*Association

// arm puts an association in its place.
func (t *timers) arm(a *Association) {
	if a.idle == 0 {
		return
	}
	a.due = a.last + a.idle
	a.place = int32(len(*t))
	*t = append(*t, a)
	t.up(a)
}

// remove takes one out, if it is in.
func (t *timers) remove(a *Association) {
	if a.place < 0 {
		return
	}
	last := (*t)[len(*t)-1]
	(*t)[len(*t)-1] = nil
	*t = (*t)[:len(*t)-1]
	if last != a {
		t.put(last, a.place)
		t.up(last)
		t.down(last)
	}
	a.place = -1
}

// next is when one must be looked at.
func (t timers) next() (time.Duration, bool) {
	if len(t) == 0 {
		return 0, false
	}
	return t[0].due, true
}

// expired gives an association that has timed out, or nil.
func (t timers) expired(now time.Duration) *Association {
	for len(t) > 0 && t[0].due <= now {
		a := t[0]
		if a.last+a.idle <= now {
			return a
		}
		a.due = a.last + a.idle
		t.down(a)
	}
	return nil
}

func (t timers) put(a *Association, place int32) {
	t[place] = a
	a.place = place
}

func (t timers) up(a *Association) {
	for a.place > 0 {
		parent := t[(a.place-1)/2]
		if parent.due <= a.due {
			return
		}
		t.swap(parent, a)
	}
}

func (t timers) down(a *Association) {
	for {
		child := 2*int(a.place) + 1
		if child >= len(t) {
			return
		}
		if child+1 < len(t) && t[child+1].due < t[child].due {
			child++
		}
		if t[child].due >= a.due {
			return
		}
		t.swap(a, t[child])
	}
}

func (t timers) swap(a, b *Association) {
	i, j := a.place, b.place
	t.put(a, j)
	t.put(b, i)
}
