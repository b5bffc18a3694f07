// Package acl is the policy engine: rules and facts in, a verdict or questions out. It is pure: it does no I/O, knows
// no clock and keeps no state, so that the daemon, the explanations and the proofs all run the same function. What it
// cannot know (does this password verify, what are a name's addresses) it returns as a question; the caller answers and
// asks again.
package acl

// Policy is an ordered set of rules, first match wins, default block. One with many rules should be Indexed before it is
// used.
type Policy struct {
	Client []Rule
	Socks  []Rule

	SourceChecks         SourceChecks
	FakeNames            bool // never resolve names to match a rule
	External4, External6 bool // families we can connect out from
	LogDefault           bool // log what the default rule blocks

	clientIndex, socksIndex *index // nil: every rule is looked at
}
