package relay

import (
	"math/rand/v2"
	"testing"
	"time"
)

// The heap gives the sessions that have timed out, no others, none late, whatever happens in between.
func TestTimers(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var heap timers
	var now time.Duration
	live := map[*session]bool{}
	for step := range 200_000 {
		switch random.IntN(5) {
		case 0:
			s := &session{place: -1, last: now, idle: time.Duration(random.IntN(50)), finWait: time.Duration(random.IntN(20))}
			heap.arm(s)
			live[s] = true
		case 1, 2:
			for s := range live {
				s.last = now
				break
			}
		case 3:
			for s := range live {
				switch random.IntN(3) {
				case 0:
					s.flow[Client].ended = true
					s.last = now
					heap.arm(s)
				case 1:
					heap.remove(s)
					delete(live, s)
				}
				break
			}
		case 4:
			now += time.Duration(random.IntN(4))
		}
		for s, _ := heap.expired(now); s != nil; s, _ = heap.expired(now) {
			if timeout, _ := s.timeout(); s.last+timeout > now || !live[s] {
				t.Fatalf("step %d: too early", step)
			}
			heap.remove(s)
			delete(live, s)
		}
		armed := 0
		for s := range live {
			timeout, _ := s.timeout()
			if timeout == 0 {
				delete(live, s)
				heap.remove(s)
				continue
			}
			armed++
			if s.last+timeout <= now {
				t.Fatalf("step %d: too late", step)
			}
		}
		if len(heap) != armed {
			t.Fatalf("step %d: %d in the heap, %d armed", step, len(heap), armed)
		}
		if next, ok := heap.next(); ok != (armed > 0) || ok && next <= now {
			t.Fatalf("step %d: next %v, %v", step, next, ok)
		}
		for i, s := range heap {
			if int(s.place) != i || i > 0 && heap[(i-1)/2].due > s.due {
				t.Fatalf("step %d: no heap", step)
			}
		}
	}
}
