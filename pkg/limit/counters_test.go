package limit

import (
	"testing"
	"time"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

func limited(number int, users string, most int64) plan.Rule {
	return plan.Rule{
		Rule:    acl.Rule{Number: number, Line: 10 * number, Users: []string{users}},
		Session: plan.SessionLimits{Max: most},
	}
}

func TestReloadKeepsTheCountersOfUnchangedRules(t *testing.T) {
	now := time.Unix(1e9, 0)
	before := &plan.Plan{
		ClientRules: []plan.Rule{limited(1, "a", 1), limited(2, "b", 1), limited(3, "c", 1), limited(4, "c", 1)},
		SocksRules:  []plan.Rule{limited(1, "a", 1)},
	}
	old := NewCounters(before, nil)
	take := func(c *Counters, r *plan.Rule) (*Place, bool) {
		p, refused := c.Of(r).Take(number(1), now)
		return p, refused == nil
	}
	for i := range before.ClientRules {
		if _, ok := take(old, &before.ClientRules[i]); !ok {
			t.Fatal("refused in the beginning")
		}
	}
	after := &plan.Plan{
		ClientRules: []plan.Rule{
			{Rule: acl.Rule{Number: 1}},
			limited(2, "a", 2), // has changed
			limited(3, "c", 1), // one of two that were the same
			limited(4, "b", 1), // has moved
		},
		SocksRules: []plan.Rule{limited(1, "a", 1), limited(2, "c", 1)},
	}
	c := NewCounters(after, old)
	for name, test := range map[string]struct {
		rule *plan.Rule
		full bool
	}{
		"without limits":        {rule: &after.ClientRules[0]},
		"moved":                 {rule: &after.ClientRules[3], full: true},
		"changed":               {rule: &after.ClientRules[1]},
		"one of two":            {rule: &after.ClientRules[2], full: true},
		"socks rule, not taken": {rule: &after.SocksRules[0]},
		"of the other stage":    {rule: &after.SocksRules[1]},
	} {
		if _, ok := take(c, test.rule); ok == test.full {
			t.Errorf("%s: let in: %v", name, ok)
		}
	}

	// Rules that are the same twice have two counters again.
	twice := &plan.Plan{ClientRules: []plan.Rule{limited(1, "c", 1), limited(2, "c", 1)}}
	again := NewCounters(twice, c)
	if again.Of(&twice.ClientRules[0]) == again.Of(&twice.ClientRules[1]) {
		t.Error("two rules share one counter")
	}
}

// A reload keeps the Rate of a rule that has not changed, and makes new ones for those that have.
func TestReloadAndRates(t *testing.T) {
	rule := func(number int, rate, most int64) plan.Rule {
		return plan.Rule{
			Rule: acl.Rule{Number: number, Line: 10 * number}, Bandwidth: rate, Session: plan.SessionLimits{Max: most},
		}
	}
	before := &plan.Plan{SocksRules: []plan.Rule{rule(1, 1000, 0), rule(2, 2000, 0), rule(3, 0, 5)}}
	old := NewCounters(before, nil)
	after := &plan.Plan{SocksRules: []plan.Rule{rule(1, 2000, 0), rule(2, 3000, 0), rule(3, 0, 5)}}
	c := NewCounters(after, old)
	if got, want := c.RateOf(&after.SocksRules[0]), old.RateOf(&before.SocksRules[1]); got != want || got == nil {
		t.Error("a rule that has moved has another rate")
	}
	if r := c.RateOf(&after.SocksRules[1]); r == nil || r.perSecond != 3000 {
		t.Errorf("a rule that has changed has %v", r)
	}
	if r := c.RateOf(&after.SocksRules[2]); r != nil || c.Of(&after.SocksRules[2]) == nil {
		t.Error("a rule with a limit of sessions only has others")
	}
}
