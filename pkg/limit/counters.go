package limit

import (
	"encoding/json"

	"github.com/rustsocks/rustsocks/pkg/plan"
)

// Counters are those of the rules of one configuration.
type Counters struct {
	plan *plan.Plan
	of   map[*plan.Rule]*Counter
}

// NewCounters makes the Counters of a configuration that takes the place of another (nil: there was none). A rule that
// was there before, word for word, keeps its Counter wherever it stands now; every other begins with nothing. Sessions
// give their places back to the Counter they took them from, so that none is ever counted out of another rule.
func NewCounters(p *plan.Plan, before *Counters) *Counters {
	c := &Counters{plan: p, of: map[*plan.Rule]*Counter{}}
	if before == nil {
		before = &Counters{plan: &plan.Plan{}}
	}
	c.adopt(p.ClientRules, before.plan.ClientRules, before.of)
	c.adopt(p.SocksRules, before.plan.SocksRules, before.of)
	return c
}

// adopt fills in the rules of one stage.
func (c *Counters) adopt(rules, old []plan.Rule, of map[*plan.Rule]*Counter) {
	had := map[string][]*Counter{} // two rules can be the same
	for i := range old {
		if counter := of[&old[i]]; counter != nil {
			words := words(old[i])
			had[words] = append(had[words], counter)
		}
	}
	for i := range rules {
		r := &rules[i]
		if !r.Session.IsSet() {
			continue
		}
		words := words(*r)
		if same := had[words]; len(same) > 0 {
			c.of[r], had[words] = same[0], same[1:]
		} else {
			c.of[r] = New(r.Session)
		}
	}
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

// Of gives the Counter of a rule of the configuration; nil when it has no limits.
func (c *Counters) Of(r *plan.Rule) *Counter { return c.of[r] }
