package limit

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rustsocks/rustsocks/pkg/plan"
)

// model is the Counter as one would explain it: it remembers everything and counts anew each time.
type model struct {
	limits plan.SessionLimits
	begun  []session
}

type session struct {
	from  netip.Addr
	at    time.Time
	ended bool
}

// count gives the sessions there are, and those of the window that is open at now with its start; of all clients or
// of one.
func (m *model) count(of func(session) bool, every time.Duration, now time.Time) (live, inWindow int64, start time.Time) {
	for _, s := range m.begun {
		if !of(s) {
			continue
		}
		if !s.ended {
			live++
		}
		if inWindow == 0 || s.at.Sub(start) >= every {
			inWindow, start = 0, s.at
		}
		inWindow++
	}
	if now.Sub(start) >= every {
		inWindow = 0
	}
	return live, inWindow, start
}

// take says what the Counter must.
func (m *model) take(from netip.Addr, now time.Time) (why string) {
	everybody := func(session) bool { return true }
	its := func(s session) bool { return s.from == from }
	l := m.limits
	live, begun, _ := m.count(everybody, l.Throttle.Every, now)
	if l.Throttle.Sessions != 0 && begun >= l.Throttle.Sessions {
		return "session rate"
	}
	if l.Max != 0 && live >= l.Max {
		return "session limit"
	}
	if l.Key != "" {
		live, begun, _ := m.count(its, l.StateThrottle.Every, now)
		if l.StateMax != 0 && live >= l.StateMax {
			return "per-key session limit"
		}
		if l.StateThrottle.Sessions != 0 && begun >= l.StateThrottle.Sessions {
			return "per-key session rate"
		}
	}
	m.begun = append(m.begun, session{from: from, at: now})
	return ""
}

func drawThrottle(t *rapid.T, what string) plan.Throttle {
	return plan.Throttle{
		Sessions: rapid.Int64Range(0, 4).Draw(t, what),
		Every:    time.Duration(rapid.IntRange(1, 6).Draw(t, what+" seconds")) * time.Second,
	}
}

func TestCounterIsTheModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := plan.SessionLimits{Max: rapid.Int64Range(0, 5).Draw(t, "max"), Throttle: drawThrottle(t, "throttle")}
		if rapid.Bool().Draw(t, "by client") {
			l.Key, l.StateMax, l.StateThrottle = "from", rapid.Int64Range(0, 3).Draw(t, "client's max"), drawThrottle(t, "client's throttle")
		}
		c, m, now := New(l), &model{limits: l}, time.Unix(1e9, 0)
		var places []*Place
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 1500).Draw(t, "wait")) * time.Millisecond)
			if len(places) > 0 && rapid.Bool().Draw(t, "leave") {
				// One that has left already may leave again.
				i := rapid.IntRange(0, len(places)-1).Draw(t, "which")
				places[i].Leave()
				m.begun[i].ended = true
			} else {
				from := netip.AddrFrom4([4]byte{10, 0, 0, byte(rapid.IntRange(1, 4).Draw(t, "client"))})
				p, refused := c.Take(from, now)
				why := m.take(from, now)
				switch {
				case refused != nil && (why == "" || !strings.HasPrefix(refused.String(), why+" ")):
					t.Fatalf("refused: %s; want %q", refused, why)
				case refused == nil && why != "":
					t.Fatalf("let in; want %q", why)
				case refused == nil:
					places = append(places, p)
				}
			}
			if most := 4; len(c.clients) > most || c.idle.Len() > len(c.clients) {
				t.Fatalf("%d clients, %d idle", len(c.clients), c.idle.Len())
			}
		}
		for _, p := range places {
			p.Leave()
		}
		if c.all.live != 0 {
			t.Fatalf("%d sessions left of none", c.all.live)
		}
		if l.StateThrottle.Sessions == 0 && len(c.clients) != 0 {
			t.Fatalf("%d clients are remembered for nothing", len(c.clients))
		}
	})
}

// What danted logs.
func TestRefusal(t *testing.T) {
	for want, r := range map[string]Refusal{
		"session limit reached (1/1 slot in use)":          {Live: 1, Most: 1},
		"per-key session limit reached (2/2 slots in use)": {PerClient: true, Live: 2, Most: 2},
		"session rate limit reached (already accepted 2 new clients during the last 3s.  Current client count: 4)": {
			Begun: 2, During: 2800 * time.Millisecond, Live: 4,
		},
		"per-key session rate limit reached (already accepted 1 new client during the last 0s.  Current client count: 0)": {
			PerClient: true, Begun: 1, During: 300 * time.Millisecond,
		},
	} {
		if got := r.String(); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

// number gives as many different addresses as one likes.
func number(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
}

func TestWithoutSessionsTheOldestAreForgotten(t *testing.T) {
	hour := plan.Throttle{Sessions: 1, Every: time.Hour}
	c, now := New(plan.SessionLimits{Key: "from", StateThrottle: hour}), time.Unix(1e9, 0)
	held, _ := c.Take(number(0), now)
	for i := 1; i <= mostIdle+1; i++ {
		p, refused := c.Take(number(i), now)
		if refused != nil {
			t.Fatal(i, refused)
		}
		p.Leave()
	}
	if len(c.clients) != mostIdle+1 {
		t.Errorf("%d clients are remembered, want %d", len(c.clients), mostIdle+1)
	}
	if _, refused := c.Take(number(0), now); refused == nil {
		t.Error("the client with a session was forgotten")
	}
	if _, refused := c.Take(number(2), now); refused == nil {
		t.Error("not the oldest was forgotten")
	}
	if _, refused := c.Take(number(1), now); refused != nil {
		t.Error("the oldest was not forgotten: ", refused)
	}
	held.Leave()
	if _, refused := c.Take(number(mostIdle+2), now.Add(time.Hour)); refused != nil {
		t.Fatal(refused)
	}
	if len(c.clients) != 2 { // the new one, and number 1, whose session lasts
		t.Errorf("%d clients are remembered when their windows have ended", len(c.clients))
	}
}
