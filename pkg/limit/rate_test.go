package limit

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// mover is a session in a simulation: it moves what its Share allows, as soon as there is something.
type mover struct {
	share  *Share
	wants  int           // bytes per second; 0 is as many as there can be
	from   time.Duration // when it begins
	late   time.Duration // how late it comes to a turn, at most
	chunk  int           // bytes it moves at once, at most; 0 is any
	next   time.Duration // when it looks again
	moved  int
	looked int
}

// simulate has sessions share a rate for a while.
func simulate(r *Rate, movers []*mover, during time.Duration) {
	random := rand.New(rand.NewPCG(1, 2))
	start := time.Unix(1e9, 0)
	for _, m := range movers {
		m.share, m.next = r.Share(), m.from
	}
	for {
		first := movers[0]
		for _, m := range movers {
			if m.next < first.next {
				first = m
			}
		}
		if first.next > during {
			return
		}
		first.look(start, random)
	}
}

func (m *mover) look(start time.Time, random *rand.Rand) {
	m.looked++
	now := start.Add(m.next)
	n, wait := m.share.Allow(now)
	if n == 0 {
		m.next += wait
		if m.late > 0 {
			m.next += time.Duration(random.Int64N(int64(m.late)))
		}
		return
	}
	if m.chunk > 0 {
		n = min(n, m.chunk)
	}
	if m.wants > 0 {
		there := int((m.next-m.from).Seconds()*float64(m.wants)) - m.moved
		if there <= 0 {
			m.next += 10 * time.Millisecond
			return
		}
		n = min(n, there)
	}
	m.moved += n
	m.share.Spend(n, now)
}

func total(movers []*mover) (n int) {
	for _, m := range movers {
		n += m.moved
	}
	return n
}

func within(t *testing.T, what string, got, want, percent float64) {
	t.Helper()
	if got < want*(1-percent/100) || got > want*(1+percent/100) {
		t.Errorf("%s: %.0f, which is not within %.0f percent of %.0f", what, got, percent, want)
	}
}

// Sessions that all want more than there is have the whole rate, and the same share each, whatever the rate, their
// number, how late they come to their turns and how much they move at once.
func TestSharesAreFair(t *testing.T) {
	for _, rate := range []int64{10_000, 1_000_000, 125_000_000, 5_000_000_000} {
		for _, sessions := range []int{1, 2, 10, 80} {
			if rate/int64(sessions) < 10*leastTurn {
				continue // a round takes longer than it should
			}
			for _, late := range []time.Duration{0, 2 * time.Millisecond, 50 * time.Millisecond} {
				t.Run(fmt.Sprintf("%d sessions at %d, %v late", sessions, rate, late), func(t *testing.T) {
					var movers []*mover
					for i := range sessions {
						// Half of the sessions are on time, on an event loop that has little to do.
						movers = append(movers, &mover{late: late * time.Duration(i%2), chunk: 1 << (16 + 2*(i%3))})
					}
					seconds := max(4, sessions/8)
					all := float64(seconds) * float64(rate)
					simulate(NewRate(rate), movers, time.Duration(seconds)*time.Second)
					within(t, "all", float64(total(movers)), all, 3)
					for _, m := range movers {
						within(t, "one", float64(m.moved), all/float64(sessions), 15)
					}
				})
			}
		}
	}
}

// What some do not need the others have, and those who need little have it.
func TestWhatIsNotNeededIsLeftToOthers(t *testing.T) {
	movers := []*mover{{}, {}, {wants: 10_000}, {wants: 50_000}}
	simulate(NewRate(1_000_000), movers, 10*time.Second)
	within(t, "all", float64(total(movers)), 10_000_000, 5)
	within(t, "the one of 10,000", float64(movers[2].moved), 100_000, 5)
	within(t, "the one of 50,000", float64(movers[3].moved), 500_000, 5)
	for _, m := range movers[:2] {
		within(t, "one without bounds", float64(m.moved), 4_700_000, 5)
	}
}

// Who comes later has the same share from then on, and who goes leaves his.
func TestSessionsComeAndGo(t *testing.T) {
	r := NewRate(1_000_000)
	movers := []*mover{{}, {from: 5 * time.Second}, {from: 5 * time.Second}, {from: 5 * time.Second}}
	simulate(r, movers, 10*time.Second)
	within(t, "the first", float64(movers[0].moved), 5_000_000+5_000_000/4, 5)
	for _, m := range movers[1:] {
		within(t, "one that came later", float64(m.moved), 5_000_000/4, 5)
	}
	// All are gone but one.
	share, now, moved := movers[0].share, time.Unix(1e9, 0).Add(11*time.Second), 0
	for end := now.Add(5 * time.Second); now.Before(end); {
		n, wait := share.Allow(now)
		share.Spend(n, now)
		moved, now = moved+n, now.Add(wait)
	}
	within(t, "the last", float64(moved), 5_000_000, 5)
	if n := r.busy.Len(); n > 1 {
		t.Errorf("%d sessions are taken for such that wait", n)
	}
}

// What nobody used cannot be had later, but for a moment's worth.
func TestIdleTimeIsNotSaved(t *testing.T) {
	r := NewRate(1_000_000)
	share, now := r.Share(), time.Unix(1e9, 0)
	share.Spend(1, now)
	now = now.Add(time.Hour)
	moved := 0
	for {
		n, wait := share.Allow(now)
		if wait > 0 {
			break
		}
		share.Spend(n, now)
		moved += n
	}
	if moved > 350_000 {
		t.Errorf("%d bytes at once after a pause, at 1,000,000 a second", moved)
	}
}

// A turn that is not used up can be used until the next.
func TestTurnIsUsedInParts(t *testing.T) {
	share, now := NewRate(100_000).Share(), time.Unix(1e9, 0)
	share.Spend(20_000, now) // what was saved is gone
	now = now.Add(200 * time.Millisecond)
	n, _ := share.Allow(now)
	if n < leastTurn {
		t.Fatalf("%d bytes allowed", n)
	}
	share.Spend(100, now)
	if again, _ := share.Allow(now); again != n-100 {
		t.Errorf("after 100 of %d bytes %d are allowed", n, again)
	}
	share.Spend(n, now)
	if again, wait := share.Allow(now); again != 0 || wait <= 0 {
		t.Errorf("after all of them %d bytes are allowed, or a wait of %v", again, wait)
	}
}

// However many have something to move, a turn is worth the trouble, and the rate holds.
func TestManySessionsAtALowRate(t *testing.T) {
	var movers []*mover
	for range 500 {
		movers = append(movers, &mover{})
	}
	simulate(NewRate(100_000), movers, 60*time.Second)
	within(t, "all", float64(total(movers)), 6_000_000, 5)
	looked := 0
	for _, m := range movers {
		within(t, "one", float64(m.moved), 12_000, 15)
		looked += m.looked
	}
	if most := 3 * total(movers) / leastTurn; looked > most {
		t.Errorf("looked %d times, more than %d", looked, most)
	}
}

func TestNoRate(t *testing.T) {
	var none *Rate
	if none.Share() != nil {
		t.Error("no rate has a share")
	}
}
