package config

import (
	"fmt"

	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

// readSession reads the session limits of a rule.
func readSession(r *reader, d *draft, n *syntax.Node) {
	s := &d.Session
	switch n.Row.ID {
	case keyword.SessionMax:
		s.Max = r.limit(n)
	case keyword.SessionStateMax:
		s.StateMax = r.limit(n)
	case keyword.SessionThrottle:
		s.Throttle = r.throttle(n)
	case keyword.SessionStateThrottle:
		s.StateThrottle = r.throttle(n)
	case keyword.SessionInheritable:
		s.Inheritable = n.Choice.Value.Value == "yes"
	case keyword.SessionStateKey:
		if r.checkStateKey(n) {
			s.Key = n.State.Value.Value
		}
	}
}

func (r *reader) checkStateKey(n *syntax.Node) bool {
	t := n.State.Value
	w, ok := n.Row.Word(t.Value)
	if !ok {
		r.fail(t, codeUnknownWord, `syntax error near "`+t.Value+`": no valid state key`, "its words are: "+words(n.Row))
		return false
	}
	return r.checkFeature(t, w.Needs)
}

func (r *reader) limit(n *syntax.Node) int64 {
	if n.Number.Minus.Value != "" {
		r.single(n)
		return 0
	}
	v, _ := r.positive(n.Number.Value)
	return v
}

func (r *reader) throttle(n *syntax.Node) plan.Throttle {
	clients, ok := r.positive(n.Ratio.Left)
	if !ok {
		return plan.Throttle{}
	}
	every, _ := r.positive(n.Ratio.Right)
	return plan.Throttle{Sessions: clients, Every: seconds(every)}
}

// checkSession checks that the limits of a rule fit together.
func (r *reader) checkSession(d *draft) {
	s := d.Session
	if s.Key == "" {
		if s.StateMax != 0 {
			r.fail(d.at(keyword.SessionStateMax), codeStateWithoutKey, "state.session.max is set, but session.state.key is not", "add session.state.key: from")
			return
		}
		if s.StateThrottle.Sessions != 0 {
			r.fail(d.at(keyword.SessionStateThrottle), codeStateWithoutKey, "session.state.throttle is set, but session.state.key is not", "add session.state.key: from")
		}
		return
	}
	key := d.at(keyword.SessionStateKey)
	switch {
	case s.StateMax == 0 && s.StateThrottle.Sessions == 0:
		r.fail(key, codeKeyWithoutState, "session state key is set, but no value has been given to state.max or state.throttle", "add for instance session.state.max: 2")
	case s.Max != 0 && s.StateMax > s.Max:
		r.fail(d.at(keyword.SessionStateMax), codeStateMax, fmt.Sprintf("it does not make sense to have a larger value for session.state.max (%d) than the combined, state-less, session.max value (%d).  Configuration error?", s.StateMax, s.Max),
			"make session.max larger")
	case s.StateThrottle.Sessions != 0 && s.Throttle.Sessions != 0 &&
		s.StateThrottle.Every <= s.Throttle.Every && s.StateThrottle.Sessions > s.Throttle.Sessions:
		r.fail(d.at(keyword.SessionStateThrottle), codeStateThrottle, fmt.Sprintf("it does not make sense to have a more strict limit for the combined, state-less, session.throttle limit (%d/%d), than for the per from (client IP-address) state session.state.throttle (%d/%d).  Configuration error?",
			s.Throttle.Sessions, int64(s.Throttle.Every.Seconds()), s.StateThrottle.Sessions, int64(s.StateThrottle.Every.Seconds())), "allow more clients in session.throttle")
	}
}
