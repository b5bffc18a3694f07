package sockd

import (
	"time"

	"github.com/rustsocks/rustsocks/pkg/limit"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

// enterRule counts the session for the limits of a rule that let it pass, or tells why the rule can have no more. It
// counts until the session ends, but for leaveNegotiation.
func (s *session) enterRule(r *plan.Rule) (why string) {
	p, refused := s.snap.limits.Of(r).Take(s.client.Addr(), time.Now())
	if refused != nil {
		return refused.String()
	}
	s.places = append(s.places, p)
	return ""
}

// leaveNegotiation is for a session that a socks rule has let pass. The limits of the client rule hold on only if that
// rule inherits them: when they can be inherited and it has none of its own.
func (s *session) leaveNegotiation() {
	if !s.clientRule.Session.Inheritable || s.rule.Session.IsSet() {
		s.places[0].Leave()
	}
}

// leaveRules gives back what the session holds with rules.
func (s *session) leaveRules() {
	for _, p := range s.places {
		p.Leave()
	}
}

// bandwidth makes the session's share of what the sessions of a socks rule may move in a second; nil is as much as they
// can. The rule has one, or inherits that of the client rule: this always can be inherited.
func (s *session) bandwidth(rule *plan.Rule) *limit.Share {
	r := s.snap.limits.RateOf(rule)
	if r == nil {
		r = s.snap.limits.RateOf(s.clientRule)
	}
	return r.Share()
}
