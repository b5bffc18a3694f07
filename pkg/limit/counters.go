package limit

import (
	"encoding/json"

	"github.com/rustsocks/rustsocks/pkg/plan"
)

// Counters are the limits of the rules of one configuration.
type Counters struct {
	plan *plan.Plan
	of   map[*plan.Rule]limits
}

// limits are those of one rule; nil are those it does not have.
type limits struct {
	counter *Counter
	rate    *Rate
}

// NewCounters makes the Counters of a configuration that takes the place of another (nil: there was none). A rule that
// was there before, word for word, keeps its Counter and its Rate wherever it stands now; every other begins with
// nothing. Sessions give their places back to the Counter they took them from, so that none is ever counted out of
// another rule, and move their bytes at the Rate they began with.
func NewCounters(p *plan.Plan, before *Counters) *Counters {
	c := &Counters{plan: p, of: map[*plan.Rule]limits{}}
	if before == nil {
		before = &Counters{plan: &plan.Plan{}}
	}
	c.adopt(p.ClientRules, before.plan.ClientRules, before.of)
	c.adopt(p.SocksRules, before.plan.SocksRules, before.of)
	return c
}

// adopt fills in the rules of one stage.
func (c *Counters) adopt(rules, old []plan.Rule, of map[*plan.Rule]limits) {
	had := map[string][]limits{} // two rules can be the same
	for i := range old {
		if its, ok := of[&old[i]]; ok {
			words := words(old[i])
			had[words] = append(had[words], its)
		}
	}
	for i := range rules {
		r := &rules[i]
		its := limitsOf(r)
		if its == (limits{}) {
			continue
		}
		words := words(*r)
		if same := had[words]; len(same) > 0 {
			its, had[words] = same[0], same[1:]
		}
		c.of[r] = its
	}
}

// limitsOf makes the limits of a rule.
func limitsOf(r *plan.Rule) (l limits) {
	if r.Session.IsSet() {
		l.counter = New(r.Session)
	}
	if r.Bandwidth != 0 {
		l.rate = NewRate(r.Bandwidth)
	}
	return l
}

// words is all that a rule says, without where in the file it does.
func words(r plan.Rule) string {
	r.Number, r.Line = 0, 0
	b, err := json.Marshal(r)
	if err != nil {
		panic("limit: " + err.Error()) // a Plan has a fixed encoding
	}
	return string(b)
}

// Of gives the Counter of a rule of the configuration; nil when it does not limit sessions.
func (c *Counters) Of(r *plan.Rule) *Counter { return c.of[r].counter }

// RateOf gives the Rate of a rule of the configuration; nil when it does not limit bandwidth.
func (c *Counters) RateOf(r *plan.Rule) *Rate { return c.of[r].rate }
