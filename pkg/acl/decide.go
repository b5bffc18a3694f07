package acl

import (
	"net/netip"
	"slices"

	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// Facts is what is known about a connection when a stage is decided. What From and To mean depends on the command
// (dante-reference 5.6): for the client stage the client and the address it reached, for connect the client and the
// requested target.
type Facts struct {
	From      socks.Addr
	To        socks.Addr
	ToUnknown bool // the target is not known yet (UDP associate request)

	Command  socks.Command
	Protocol socks.Protocol
	Version  socks.Version

	ClientMethod auth.Method // settled by the client stage; socks stage only
	Method       auth.Method // the current method of this stage
	User         string      // the name that goes with Method

	Known   map[Question]Answer
	Explain bool // fill Outcome.Trace
}

// Outcome is what a stage decided, or what it must know first: with a non-empty Ask all else is meaningless, and the
// caller comes back with the answers in Facts.Known.
type Outcome struct {
	Ask []Question

	Verdict Verdict
	Rule    *Rule       // the rule that decided; the default rule has number 0. Not to be changed
	Method  auth.Method // the method after a possible upgrade to one the rule covers
	To      socks.Addr  // where to connect: the requested target, or the address of it that matched
	Reason  string      // why it was blocked, in the words of the log; empty when the rule itself says so
	Notes   []Note
	Trace   []Step
}

// Step is one rule that was looked at.
type Step struct {
	Rule   int
	Failed Condition // Matched when all conditions held
}

// Condition names a condition of a rule, in the order in which they are looked at.
type Condition uint8

// The conditions (dante-reference 5.2).
const (
	Matched Condition = iota
	Protocol
	Command
	ProxyProtocol
	From
	To
	ClientMethod
	Method
	User
	Group
	Credentials
	SourceHost // of a pass rule that all else holds of (srchost)
)

var conditionWords = [...]string{
	Matched: "matched", Protocol: "protocol", Command: "command", ProxyProtocol: "proxyprotocol", From: "from", To: "to",
	ClientMethod: "clientmethod", Method: "method", User: "user", Group: "group", Credentials: "credentials",
	SourceHost: "srchost",
}

func (c Condition) String() string { return conditionWords[c] }

// noMatch is the reason of the default rule.
const noMatch = "no rules matched; using default block rule"

// Decide evaluates one stage: the first rule whose conditions all hold decides, no rule means block. Credentials that
// do not verify block by the rule that wanted them and end the evaluation, they do not fall through; neither does a
// source that fails the checks on its name (Dante sockd/rule.c rulespermit).
func (p *Policy) Decide(stage Stage, f Facts) Outcome {
	if isReply(f.Command) {
		f.Method, f.User = auth.Unset, "" // a reply brings no credentials of its own
	}
	e := evaluation{policy: p, stage: stage, facts: &f}
	rules := p.rules(stage)
	way := route{index: p.index(stage), end: len(rules)}
	if f.Explain {
		way.index = nil // the trace has all rules
	}
	defer way.close()
	for i := way.next(0, &e); i < len(rules); i = way.next(i+1, &e) {
		e.to, e.method = f.To, f.Method
		failed := e.look(&rules[i])
		if failed == Matched && rules[i].Verdict == Pass && len(e.ask) == 0 && !e.sourceIsFine() {
			failed = SourceHost
		}
		if len(e.ask) > 0 {
			return Outcome{Ask: e.ask}
		}
		if f.Explain {
			e.trace = append(e.trace, Step{Rule: rules[i].Number, Failed: failed})
		}
		switch failed {
		case Matched:
			return e.outcome(rules[i].Verdict, &rules[i], "")
		case Credentials, SourceHost:
			return e.outcome(Block, &rules[i], e.reason)
		}
	}
	e.to, e.method = f.To, f.Method
	return e.outcome(Block, p.Default(), noMatch)
}

func (p *Policy) rules(stage Stage) []Rule {
	if stage == Socks {
		return p.Socks
	}
	return p.Client
}

func (p *Policy) index(stage Stage) *index {
	if stage == Socks {
		return p.socksIndex
	}
	return p.clientIndex
}

// Default is rule 0, which blocks what no other rule decides. It logs only when debugging (dante-reference 5.8).
func (p *Policy) Default() *Rule {
	r := &Rule{Verdict: Block}
	if p.LogDefault {
		r.Log = LogConnect | LogDisconnect | LogError | LogIOOp
	}
	return r
}

// evaluation is the state of one Decide.
type evaluation struct {
	policy *Policy
	stage  Stage
	facts  *Facts

	to     socks.Addr
	method auth.Method
	reason string
	ask    []Question
	notes  []Note
	trace  []Step
}

func (e *evaluation) outcome(v Verdict, r *Rule, reason string) Outcome {
	return Outcome{Verdict: v, Rule: r, Method: e.method, To: e.to, Reason: reason, Notes: e.notes, Trace: e.trace}
}

// look gives the first condition of r that does not hold. With e.ask filled its result means nothing.
func (e *evaluation) look(r *Rule) Condition {
	f := e.facts
	if !r.Protocols.Has(f.Protocol) {
		return Protocol
	}
	if !r.Commands.Has(f.Command) {
		return Command
	}
	if e.stage == Socks && !r.Versions.Has(f.Version) {
		return ProxyProtocol
	}
	res, _ := r.From.Match(f.From, f.Protocol, e)
	if res != addr.Yes {
		return From
	}
	if f.ToUnknown {
		if !e.mayBeFor(r) {
			return To
		}
	} else {
		if res, e.to = r.To.Match(f.To, f.Protocol, e); res != addr.Yes {
			return To
		}
	}
	return e.lookAtClient(r)
}

// mayBeFor tells whether a rule can match while the target is not known.
func (e *evaluation) mayBeFor(r *Rule) bool { return r.Verdict == Pass || e.coversEverything(r.To) }

// coversEverything tells whether no target, when it becomes known, could be outside of the condition.
func (e *evaluation) coversEverything(s addr.Spec) bool {
	if s.Ports.Op != addr.AnyPort {
		return false
	}
	switch {
	case s.Kind == addr.AnyIP:
		return true
	case s.Kind == addr.Prefix && s.Prefix.Bits() == 0:
		if s.Prefix.Addr().Is4() {
			return !e.policy.External6
		}
		return !e.policy.External4
	}
	return false
}

// lookAtClient looks at the conditions about who the client is.
func (e *evaluation) lookAtClient(r *Rule) Condition {
	f := e.facts
	methods := r.ClientMethods
	if e.stage == Socks {
		methods = r.SocksMethods
		if !isReply(f.Command) && !r.ClientMethods.Has(f.ClientMethod) {
			return ClientMethod
		}
	}
	switch {
	case isReply(f.Command) && !e.policy.SourceChecks.CheckReplyAuth:
		e.method = auth.None
	case !methods.Has(e.method):
		if e.method != auth.Unset || !methods.Has(auth.None) {
			return Method
		}
		e.method = auth.None
	}
	if e.method == auth.None {
		return Matched
	}
	if len(r.Users) > 0 && !slices.Contains(r.Users, f.User) {
		return User
	}
	if len(r.Groups) > 0 && !e.inGroup(r.Groups) {
		return Group
	}
	if !e.verified() {
		return Credentials
	}
	return Matched
}

func isReply(c socks.Command) bool { return c == socks.BindReply || c == socks.UDPReply }

// inGroup looks at the user's primary group first, then at the lists of members in the rule's order: a group that does
// not exist is worth a word only when it was come to (Dante sockd/accesscheck.c groupmatch).
func (e *evaluation) inGroup(groups []string) bool {
	answers := make([]Answer, len(groups))
	for i, g := range groups {
		answers[i], _ = e.lookup(Question{Kind: AskMember, Name: g})
		if answers[i].Primary {
			return true
		}
	}
	for i, g := range groups {
		a := answers[i]
		if a.Yes {
			return true
		}
		if a.Failed {
			e.notes = append(e.notes, Note{Kind: NoteUnknownGroup, Name: g, Reason: a.Reason})
		}
	}
	return false
}

func (e *evaluation) verified() bool {
	a, known := e.lookup(Question{Kind: AskPassword, Method: e.method})
	e.reason = a.Reason
	return !known || a.Yes
}

// lookup gives what is known about q, or notes that it must be asked.
func (e *evaluation) lookup(q Question) (Answer, bool) {
	a, ok := e.facts.Known[q]
	if !ok {
		e.ask = append(e.ask, q)
	}
	return a, ok
}

// Addresses implements addr.Knowledge.
func (e *evaluation) Addresses(name string, ofRule, reachable bool) ([]netip.Addr, bool) {
	a, known := e.lookup(Question{Kind: AskAddresses, Name: name, Reachable: reachable})
	if known && a.Failed && ofRule {
		e.notes = append(e.notes, Note{Kind: NoteUnresolved, Name: name, Reason: a.Reason})
	}
	return a.Addrs, known
}

// ReverseName implements addr.Knowledge.
func (e *evaluation) ReverseName(ip netip.Addr) (string, bool) {
	a, known := e.lookup(Question{Kind: AskReverse, IP: ip})
	return a.Name, known
}

// InterfaceAddresses implements addr.Knowledge.
func (e *evaluation) InterfaceAddresses(name string) ([]netip.Addr, bool) {
	a, known := e.lookup(Question{Kind: AskInterface, Name: name})
	return a.Addrs, known
}

// MayResolve implements addr.Knowledge.
func (e *evaluation) MayResolve() bool { return !e.policy.FakeNames }

// Refuse is the outcome of a stage that is refused before any rule is looked at: by the default rule, for that reason.
func (p *Policy) Refuse(f Facts, reason string) Outcome {
	return Outcome{Verdict: Block, Rule: p.Default(), Method: f.Method, To: f.To, Reason: reason}
}
