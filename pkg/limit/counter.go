// Package limit counts the sessions of rules and says which are too many: session.max, session.throttle and their
// per-client forms; and it says how many bytes a session may move, and when: bandwidth. It asks no clock and knows no
// connection; who takes a place gives it back. It does not choose rules, and moves and holds up nothing itself.
package limit

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"github.com/rustsocks/rustsocks/pkg/plan"
)

// mostIdle bounds the clients that are remembered for session.state.throttle alone. A client with a session is always
// remembered, and sessions are bounded elsewhere; of those without, the one that has been so for longest is forgotten
// when there are more, and may begin sessions again early. The other way round, refusing clients that are not in the
// table, one client with many addresses could lock out everybody else.
const mostIdle = 1 << 16

// Counter counts the sessions of one rule. Make one with New; nil counts nothing and refuses nobody. It may be used by
// several goroutines.
type Counter struct {
	limits plan.SessionLimits

	mu      sync.Mutex
	all     count
	clients map[netip.Addr]*client
	idle    list.List // of *client without sessions, the longest idle in front
}

// count is the sessions of a rule, or of one client with a rule.
type count struct {
	live  int64
	begun int64     // sessions since the start of the window
	since time.Time // when the first of them began
}

type client struct {
	addr netip.Addr
	count
	waiting *list.Element // in idle; nil with a session
}

// New makes the Counter of a rule with these limits.
func New(l plan.SessionLimits) *Counter {
	return &Counter{limits: l, clients: map[netip.Addr]*client{}}
}

// Place is a session's part of the limits of a rule. A nil Place is that of a rule without limits.
type Place struct {
	counter *Counter
	client  *client // nil when the rule does not count clients
	left    bool
}

// Take takes a place for a client's session, or says why there is none. A refusal counts for nothing.
func (c *Counter) Take(from netip.Addr, now time.Time) (*Place, *Refusal) {
	if c == nil {
		return nil, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.limits
	// The order is Dante's, and decides which reason is given.
	if r := c.all.tooFast(l.Throttle, now); r != nil {
		return nil, r
	}
	if r := c.all.tooMany(l.Max); r != nil {
		return nil, r
	}
	if l.Key == "" {
		c.all.begin(l.Throttle, now)
		return &Place{counter: c}, nil
	}
	c.forget(now)
	its := c.clients[from]
	if its == nil {
		its = &client{addr: from}
	}
	r := its.tooMany(l.StateMax)
	if r == nil {
		r = its.tooFast(l.StateThrottle, now)
	}
	if r != nil {
		r.PerClient = true
		return nil, r
	}
	c.all.begin(l.Throttle, now)
	its.begin(l.StateThrottle, now)
	if its.waiting != nil {
		c.idle.Remove(its.waiting)
		its.waiting = nil
	}
	c.clients[from] = its
	return &Place{counter: c, client: its}, nil
}

// Leave gives the place back. Only the first call does anything.
func (p *Place) Leave() {
	if p == nil {
		return
	}
	c := p.counter
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.left {
		return
	}
	p.left = true
	c.all.live--
	its := p.client
	if its == nil {
		return
	}
	its.live--
	switch {
	case its.live > 0:
	case c.limits.StateThrottle.Sessions == 0: // there is nothing to remember
		delete(c.clients, its.addr)
	default:
		its.waiting = c.idle.PushBack(its)
		if c.idle.Len() > mostIdle {
			c.drop(c.idle.Front())
		}
	}
}

// forget drops idle clients that no window holds back any more, up to the first that one does.
func (c *Counter) forget(now time.Time) {
	for e := c.idle.Front(); e != nil; e = c.idle.Front() {
		if !e.Value.(*client).over(c.limits.StateThrottle, now) {
			return
		}
		c.drop(e)
	}
}

func (c *Counter) drop(e *list.Element) {
	delete(c.clients, c.idle.Remove(e).(*client).addr)
}

// over tells whether the window has ended. The next begins with the next session that is let in.
func (n *count) over(t plan.Throttle, now time.Time) bool { return now.Sub(n.since) >= t.Every }

func (n *count) tooFast(t plan.Throttle, now time.Time) *Refusal {
	if t.Sessions == 0 || n.begun < t.Sessions || n.over(t, now) {
		return nil
	}
	return &Refusal{Live: n.live, Begun: n.begun, During: now.Sub(n.since)}
}

func (n *count) tooMany(most int64) *Refusal {
	if most == 0 || n.live < most {
		return nil
	}
	return &Refusal{Live: n.live, Most: most}
}

func (n *count) begin(t plan.Throttle, now time.Time) {
	if n.over(t, now) {
		n.begun, n.since = 0, now
	}
	n.begun++
	n.live++
}
