package acl

import (
	"sync"

	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// Rules are looked at one by one where that is faster than the index: few rules, and the first of many.
const (
	fewRules   = 64
	firstRules = 16
)

// Indexed gives a Policy that decides the same, and with many rules faster. p must not be changed any more.
func (p *Policy) Indexed() *Policy {
	indexed := *p
	indexed.clientIndex, indexed.socksIndex = nil, nil
	if len(p.Client) >= fewRules {
		indexed.clientIndex = newIndex(p, Client, firstRules)
	}
	if len(p.Socks) >= fewRules {
		indexed.socksIndex = newIndex(p, Socks, firstRules)
	}
	return &indexed
}

// index tells which rules of a stage need not be looked at: those that do not match, and on the way to the condition
// that does not hold neither ask nor note anything. It does not tell which match. Nothing in it changes after it was
// made, but for the scratch, so that all sessions can use it at once.
type index struct {
	head  int // rules before this position are always looked at
	words int // of a bitset

	commands  condition[socks.Command]
	protocols condition[socks.Protocol]
	versions  condition[socks.Version] // nil for the client stage, which has no such condition
	from, to  *addresses
	unknownTo bitset // rules that can match while the target is not known

	clientMethods condition[auth.Method] // nil for the client stage
	methods       condition[auth.Method]
	users         map[string]members
	anyUser       bitset // rules that are not for some users; nil is all
	replyAuth     bool   // replies must fulfil the conditions on methods

	scratch sync.Pool // of *scratch
}

// condition has the rules for which it holds, by the value that it is about: none for a value that is missing, and all
// where the bitset is nil.
type condition[T comparable] map[T]bitset

func (c condition[T]) restrict(b bitset, value T) {
	holds, ok := c[value]
	switch {
	case !ok:
		clear(b)
	case holds != nil:
		b.and(holds)
	}
}

func newCondition[T comparable](rules []Rule, words int, values []T, has func(*Rule, T) bool) condition[T] {
	c := condition[T]{}
	for _, v := range values {
		b, n := rulesThat(rules, words, func(r *Rule) bool { return has(r, v) })
		switch n {
		case 0:
		case len(rules):
			c[v] = nil
		default:
			c[v] = b
		}
	}
	return c
}

func rulesThat(rules []Rule, words int, is func(*Rule) bool) (b bitset, count int) {
	b = newBitset(words)
	for i := range rules {
		if is(&rules[i]) {
			b.add(i)
			count++
		}
	}
	return b, count
}

// allMethods ends with the highest method there is.
func allMethods() (all []auth.Method) {
	for m := auth.Unset; m <= auth.BSDAuth; m++ {
		all = append(all, m)
	}
	return all
}

func newIndex(p *Policy, stage Stage, head int) *index {
	rules := p.rules(stage)
	x := &index{head: head, words: (len(rules) + 63) / 64, replyAuth: p.SourceChecks.CheckReplyAuth}
	x.scratch.New = func() any { return newScratch(x.words) }

	commands := []socks.Command{
		socks.Accept, socks.Connect, socks.Bind, socks.UDPAssociate, socks.BindReply, socks.UDPReply,
	}
	x.commands = newCondition(rules, x.words, commands, func(r *Rule, c socks.Command) bool { return r.Commands.Has(c) })
	protocols := []socks.Protocol{socks.TCP, socks.UDP}
	x.protocols = newCondition(rules, x.words, protocols, func(r *Rule, p socks.Protocol) bool { return r.Protocols.Has(p) })
	if stage == Socks {
		versions := []socks.Version{socks.V4, socks.V5}
		x.versions = newCondition(rules, x.words, versions, func(r *Rule, v socks.Version) bool { return r.Versions.Has(v) })
	}

	from, to := make([]addr.Spec, len(rules)), make([]addr.Spec, len(rules))
	for i := range rules {
		from[i], to[i] = rules[i].From, rules[i].To
	}
	x.from, x.to = newAddresses(from, x.words), newAddresses(to, x.words)
	e := evaluation{policy: p}
	x.unknownTo, _ = rulesThat(rules, x.words, func(r *Rule) bool { return e.mayBeFor(r) })

	x.addMethods(rules, stage)
	return x
}

func (x *index) addMethods(rules []Rule, stage Stage) {
	methods := func(r *Rule) auth.Methods { return r.ClientMethods }
	if stage == Socks {
		methods = func(r *Rule) auth.Methods { return r.SocksMethods }
		x.clientMethods = newCondition(rules, x.words, allMethods(), func(r *Rule, m auth.Method) bool { return r.ClientMethods.Has(m) })
	}
	x.methods = newCondition(rules, x.words, allMethods(), func(r *Rule, m auth.Method) bool {
		return methods(r).Has(m) || m == auth.Unset && methods(r).Has(auth.None)
	})
	open, n := rulesThat(rules, x.words, func(r *Rule) bool { return len(r.Users) == 0 })
	if n == len(rules) {
		return
	}
	x.anyUser, x.users = open, map[string]members{}
	for i := range rules {
		for _, u := range rules[i].Users {
			m := x.users[u]
			m.add(i)
			x.users[u] = m
		}
	}
	for u, m := range x.users {
		x.users[u] = m.settled(x.words)
	}
}

// scratch is what one decision needs.
type scratch struct {
	candidates bitset
	part       bitset
	found      found
}

func newScratch(words int) *scratch {
	return &scratch{
		candidates: newBitset(words), part: newBitset(words),
		found: found{rules: newBitset(words), loud: newBitset(words)},
	}
}

// find fills in the candidates. It goes from the last condition to the first, because a rule that fails one may be
// left out only when those before it are silent.
func (x *index) find(e *evaluation, s *scratch) {
	f := e.facts
	s.candidates.fill()
	x.restrictClients(e, s)
	if f.ToUnknown {
		s.candidates.and(x.unknownTo)
	} else {
		x.to.restrict(f.To, e, s)
	}
	x.from.restrict(f.From, e, s)
	x.commands.restrict(s.candidates, f.Command)
	x.protocols.restrict(s.candidates, f.Protocol)
	if x.versions != nil {
		x.versions.restrict(s.candidates, f.Version)
	}
}

// restrictClients follows evaluation.lookAtClient up to the groups.
func (x *index) restrictClients(e *evaluation, s *scratch) {
	f := e.facts
	reply := isReply(f.Command)
	if reply && !x.replyAuth {
		return
	}
	x.methods.restrict(s.candidates, f.Method)
	if x.clientMethods != nil && !reply {
		x.clientMethods.restrict(s.candidates, f.ClientMethod)
	}
	if x.anyUser == nil || f.Method == auth.None || f.Method == auth.Unset {
		return
	}
	copy(s.part, x.anyUser)
	x.users[f.User].addTo(s.part)
	s.candidates.and(s.part)
}

// restrict leaves the candidates that can match, and adds those that say something before anything after this condition
// is looked at.
func (a *addresses) restrict(at socks.Addr, e *evaluation, s *scratch) {
	s.found.clear()
	a.find(at, e, &s.found)
	if s.found.any {
		s.candidates.or(s.found.loud)
	}
	s.candidates.and(s.found.rules)
	if a.ports != nil {
		clear(s.part)
		a.ports.find(e.facts.Protocol, at.Port, s.part)
		s.candidates.and(s.part)
	}
}

// route gives the positions of the rules to look at, in order.
type route struct {
	index   *index // nil: all rules
	scratch *scratch
	end     int // the number of rules
}

// next gives the first position from i on; from end on there is none.
func (r *route) next(i int, e *evaluation) int {
	if r.index == nil || i < r.index.head || i >= r.end {
		return i
	}
	if r.scratch == nil {
		r.scratch = r.index.scratch.Get().(*scratch)
		r.index.find(e, r.scratch)
	}
	if n, ok := r.scratch.candidates.next(i); ok {
		return n
	}
	return r.end
}

func (r *route) close() {
	if r.scratch != nil {
		r.index.scratch.Put(r.scratch)
	}
}
