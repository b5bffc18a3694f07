package lint

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
)

func shadowedRules(l *linter) {
	for _, list := range [][]*rule{l.client, l.socks} {
		seen := newEarlier(list)
		for i, r := range list {
			if r.dead {
				continue
			}
			first := -1
			seen.candidates(r, func(j int) {
				if (first < 0 || j < first) && l.decidesFor(list[j], r) {
					first = j
				}
			})
			if first < 0 {
				seen.add(r, i)
				continue
			}
			// Later rules need not be compared with this one: what it covers, the earlier one covers too.
			exception := ""
			if l.requestPassesBy(list[first], r) {
				exception = ", except for UDP associate requests, whose target is not known yet"
				seen.add(r, i)
			} else {
				r.dead = true
			}
			l.sayShadowed(list[first], r, exception)
		}
	}
}

func (l *linter) sayShadowed(by, r *rule, exception string) {
	if by.Verdict == r.Verdict {
		l.about(r, diag.Warning, fmt.Sprintf("%s never decides anything: %s on line %d matches all that it matches, and comes first%s", r, by, by.Line, exception),
			"remove it, or move it before the other if its options are wanted")
		return
	}
	does, instead := "passes", "blocked"
	if r.Verdict == acl.Block {
		does, instead = "blocks", "passed"
	}
	mend := fmt.Sprintf("move it above line %d", by.Line)
	switch wide := l.decidesFor(r, by); {
	case wide && sameAddresses(by, r):
		mend = "keep one of them"
	case wide && everything(r.From) && everything(r.To):
		mend = fmt.Sprintf("restrict the rule on line %d; what no rule passes is blocked anyway", by.Line)
	}
	l.about(r, diag.Warning, fmt.Sprintf("%s never %s anything: everything it matches is %s by %s on line %d, which comes first%s", r, does, instead, by, by.Line, exception),
		mend)
}

// sameAddresses compares the addresses of two rules without their ports.
func sameAddresses(a, b *rule) bool {
	return placeOf(a.From) == placeOf(b.From) && placeOf(a.To) == placeOf(b.To)
}

func everything(s addr.Spec) bool {
	return s.Kind == addr.AnyIP || s.Kind == addr.Prefix && s.Prefix.Bits() == 0
}

// decidesFor tells whether a rule whose addresses cover those of a later one takes everything that this one matches,
// apart from UDP associate requests with an unknown target. Whether credentials verify does not matter: when they do
// not, the rule that asked for them blocks.
func (l *linter) decidesFor(e, r *rule) bool {
	return r.commands&^e.commands == 0 &&
		portsCover(e.From.Ports, r.From.Ports, r.Protocols) && portsCover(e.To.Ports, r.To.Ports, r.Protocols) &&
		(r.stage == acl.Client || r.Versions&(acl.VerSocks4|acl.VerSocks5)&^e.Versions == 0) &&
		(l.withoutMethods(r) || methodsCover(e.ClientMethods, r.ClientMethods) && l.clientsCover(e, r))
}

// withoutMethods tells whether a rule is for replies only and these have no method.
func (l *linter) withoutMethods(r *rule) bool {
	return r.repliesOnly() && !has(l.cfg.SourceChecks, "checkreplyauth")
}

// clientsCover compares who the clients are.
func (l *linter) clientsCover(e, r *rule) bool {
	wide, narrow := e.SocksMethods, r.SocksMethods
	if r.stage == acl.Client {
		wide, narrow = e.ClientMethods, r.ClientMethods
	}
	if !methodsCover(wide, narrow) {
		return false
	}
	if !e.restrictsUsers() {
		return true
	}
	// With other methods the client could have another name by the time the later rule is looked at.
	return slices.Equal(wide, narrow) && namesCover(e.Users, r.Users) && namesCover(e.Groups, r.Groups)
}

func methodsCover(wide, narrow auth.Methods) bool {
	return !slices.ContainsFunc(narrow, func(m auth.Method) bool { return !wide.Has(m) })
}

// namesCover compares lists of names, of which an empty one is no condition.
func namesCover(wide, narrow []string) bool {
	if len(wide) == 0 {
		return true
	}
	return len(narrow) > 0 && !slices.ContainsFunc(narrow, func(n string) bool { return !slices.Contains(wide, n) })
}

// requestPassesBy tells whether UDP associate requests, whose target is not known, pass by the earlier rule and match
// the later one: block rules do not match them unless they are for all targets, pass rules always.
func (l *linter) requestPassesBy(e, r *rule) bool {
	if e.Verdict == acl.Pass || r.commands&acl.CmdUDPAssociate == 0 {
		return false
	}
	return !l.allTargets(e.To) && (r.Verdict == acl.Pass || l.allTargets(r.To))
}

// allTargets tells whether no target could be outside of a condition.
func (l *linter) allTargets(s addr.Spec) bool {
	return s.Ports.Op == addr.AnyPort && everything(s) && (s.Kind == addr.AnyIP || !l.externalHas(!s.Prefix.Addr().Is4()))
}

// earlier finds, without looking at all rules, those whose addresses cover the addresses of another one.
type earlier struct {
	from  map[place]map[target][]int
	to    map[place]bool // with all ports
	bits4 []int          // prefix lengths in use
	bits6 []int
	ports []int // the same of the blocks of targets' ports
}

// place is a condition that a rule can have in common with many others.
type place struct {
	kind   addr.Kind
	prefix netip.Prefix
	name   string
	ports  block
}

// target is the second half of a rule's conditions.
type target struct {
	to  place
	who string // a user or group the rule is for; "" when it is for everybody
}

func newEarlier(list []*rule) *earlier {
	e := &earlier{from: map[place]map[target][]int{}, to: map[place]bool{}}
	var used4 [33]bool
	var used6 [129]bool
	var usedPorts [17]bool
	for _, r := range list {
		for _, b := range blocks(r.To.Ports) {
			usedPorts[b.bits] = true
		}
		for _, s := range []addr.Spec{r.From, r.To} {
			switch {
			case s.Kind != addr.Prefix:
			case s.Prefix.Addr().Is4():
				used4[s.Prefix.Bits()] = true
			default:
				used6[s.Prefix.Bits()] = true
			}
		}
	}
	e.bits4, e.bits6, e.ports = lengths(used4[:]), lengths(used6[:]), lengths(usedPorts[:])
	return e
}

func lengths(used []bool) []int {
	var all []int
	for n, is := range used {
		if is {
			all = append(all, n)
		}
	}
	return all
}

// add makes a rule known to later ones.
func (e *earlier) add(r *rule, i int) {
	from := placeOf(r.From)
	from.ports = onePort(r.From.Ports)
	targets := e.from[from]
	if targets == nil {
		targets = map[target][]int{}
		e.from[from] = targets
	}
	to := placeOf(r.To)
	e.to[to] = true
	for _, to.ports = range blocks(r.To.Ports) {
		for _, who := range names(r) {
			t := target{to, who}
			targets[t] = append(targets[t], i)
		}
	}
}

// names gives the names under which a rule is kept: it can cover only rules that are for one of them.
func names(r *rule) []string {
	var all []string
	prefix, list := "user ", r.Users
	if len(list) == 0 {
		prefix, list = "group ", r.Groups
	}
	for _, n := range list {
		all = append(all, prefix+n)
	}
	if len(all) == 0 {
		return []string{""}
	}
	return all
}

// candidates gives the rules added so far whose addresses cover those of r.
func (e *earlier) candidates(r *rule, yield func(i int)) {
	who := []string{""}
	if len(r.Users) > 0 {
		who = append(who, "user "+r.Users[0])
	}
	if len(r.Groups) > 0 {
		who = append(who, "group "+r.Groups[0])
	}
	var tos []place
	fromPorts := []block{{}}
	if one := onePort(r.From.Ports); one != (block{}) {
		fromPorts = append(fromPorts, one)
	}
	for _, from := range withPorts(e.wider(r.From), fromPorts) {
		targets := e.from[from]
		if targets == nil {
			continue
		}
		if tos == nil {
			inUse := slices.DeleteFunc(e.wider(r.To), func(p place) bool { return !e.to[p] })
			tos = withPorts(inUse, blocksAround(lowestPort(r.To.Ports, r.Protocols), e.ports))
		}
		for _, to := range tos {
			for _, name := range who {
				for _, i := range targets[target{to, name}] {
					yield(i)
				}
			}
		}
	}
}

// placeOf gives the place with all ports.
func placeOf(s addr.Spec) place {
	p := place{kind: s.Kind, name: strings.ToLower(s.Name)}
	if s.Kind == addr.Prefix {
		p.prefix = s.Prefix.Masked()
	}
	if s.Kind == addr.Interface {
		p.name = s.Name
	}
	return p
}

// wider gives the places that cover the addresses of a condition, with all ports.
func (e *earlier) wider(s addr.Spec) []place {
	all := []place{{kind: addr.AnyIP}}
	switch s.Kind {
	case addr.Prefix:
		lengths := e.bits6
		if s.Prefix.Addr().Is4() {
			lengths = e.bits4
		}
		for _, n := range lengths {
			if n <= s.Prefix.Bits() {
				all = append(all, place{kind: addr.Prefix, prefix: netip.PrefixFrom(s.Prefix.Addr(), n).Masked()})
			}
		}
	case addr.Domain:
		name := strings.ToLower(s.Name)
		for name != "." {
			all = append(all, place{kind: addr.Domain, name: name})
			if i := strings.Index(name[1:], "."); i >= 0 {
				name = name[1+i:]
			} else {
				name = "."
			}
		}
		all = append(all, place{kind: addr.Domain, name: "."})
	case addr.Host, addr.Interface:
		all = append(all, placeOf(s))
	}
	return all
}

// withPorts gives each place with each of the blocks of ports.
func withPorts(places []place, ports []block) []place {
	all := make([]place, 0, len(places)*len(ports))
	for _, p := range places {
		for _, p.ports = range ports {
			all = append(all, p)
		}
	}
	return all
}
