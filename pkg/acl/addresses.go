package acl

import (
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// addresses finds the rules whose condition on one side, from or to, an address can fulfil.
type addresses struct {
	any      members // 0/0
	networks networks
	domains  domains
	hosts    hosts
	tried    []trial // interfaces
	ports    *portRules
}

// hosts are the rules for host names.
type hosts struct {
	names map[string]members // folded
	all   members
	tried []trial // one for each name; nil when there are too many
}

// trial is a condition that is not looked up in a table: it is tried once for all rules that have it.
type trial struct {
	spec  addr.Spec
	rules members
}

// maxTrials bounds what is tried. With more host names all rules that have one are looked at, in their turn: the first
// of them that asks something ends that.
const maxTrials = 64

func newAddresses(specs []addr.Spec, words int) *addresses {
	a := &addresses{hosts: hosts{names: map[string]members{}}}
	ports := make([]addr.Ports, len(specs))
	for i, s := range specs {
		ports[i] = s.Ports
		switch s.Kind {
		case addr.AnyIP:
			a.any.add(i)
		case addr.Prefix:
			a.networks.add(s.Prefix, i)
		case addr.Domain:
			a.domains.add(s.Name[1:], i)
		case addr.Host:
			a.hosts.all.add(i)
			addName(a.hosts.names, s.Name, i)
		}
	}
	a.tried = trials(specs, addr.Interface)
	a.hosts.tried = trials(specs, addr.Host)
	if len(a.hosts.tried) > maxTrials {
		a.hosts.tried = nil
	}
	a.ports = newPortRules(ports, words)
	a.settle(words)
	return a
}

func trials(specs []addr.Spec, kind addr.Kind) []trial {
	var list []trial
	at := map[string]int{}
	for i, s := range specs {
		if s.Kind != kind {
			continue
		}
		n, ok := at[s.Name]
		if !ok {
			n = len(list)
			at[s.Name] = n
			list = append(list, trial{spec: addr.Spec{Kind: kind, Name: s.Name}})
		}
		list[n].rules.add(i)
	}
	return list
}

func (a *addresses) settle(words int) {
	a.any = a.any.settled(words)
	a.networks.settle(words)
	a.domains.settle(words)
	a.hosts.all = a.hosts.all.settled(words)
	settleNames(a.hosts.names, words)
	for _, list := range [][]trial{a.tried, a.hosts.tried} {
		for i := range list {
			list[i].rules = list[i].rules.settled(words)
		}
	}
}

// found is what addresses finds.
type found struct {
	rules bitset // those that can match
	loud  bitset // those of them that ask or note something when the condition is looked at
	any   bool   // there are loud ones
}

func (f *found) clear() {
	clear(f.rules)
	if f.any {
		clear(f.loud)
	}
	f.any = false
}

func (f *found) add(m members) { m.addTo(f.rules) }

func (f *found) addLoud(m members) {
	if m.empty() {
		return
	}
	m.addTo(f.rules)
	m.addTo(f.loud)
	f.any = true
}

// find is about addresses only, not about ports. What it leaves out does not match and would ask and note nothing: it
// follows addr.Spec.Match.
func (a *addresses) find(at socks.Addr, e *evaluation, to *found) {
	to.add(a.any)
	if at.IsName() {
		a.findName(at, e, to)
	} else {
		a.networks.find(at.IP, to.rules)
		a.findReverse(at, e, to)
		if e.MayResolve() {
			a.findHosts(at, e, to)
		}
	}
	try(a.tried, at, e, to)
}

func (a *addresses) findName(at socks.Addr, e *evaluation, to *found) {
	a.domains.find(at.Name, to.rules)
	findName(a.hosts.names, at.Name, to.rules)
	if !e.MayResolve() {
		return
	}
	if !a.networks.all.empty() {
		answer, known := e.facts.Known[Question{Kind: AskAddresses, Name: at.Name}]
		if !known {
			to.addLoud(a.networks.all)
		}
		for _, ip := range answer.Addrs {
			a.networks.find(ip, to.rules)
		}
	}
	if !a.hosts.all.empty() {
		answer, known := e.facts.Known[Question{Kind: AskAddresses, Name: at.Name, Reachable: true}]
		if !known || len(answer.Addrs) > 0 {
			a.findHosts(at, e, to)
		}
	}
}

func (a *addresses) findReverse(at socks.Addr, e *evaluation, to *found) {
	if a.domains.all.empty() || !e.MayResolve() {
		return
	}
	answer, known := e.facts.Known[Question{Kind: AskReverse, IP: at.IP}]
	switch {
	case !known:
		to.addLoud(a.domains.all)
	case answer.Name != "":
		a.domains.find(answer.Name, to.rules)
	}
}

func (a *addresses) findHosts(at socks.Addr, e *evaluation, to *found) {
	if a.hosts.tried == nil {
		to.addLoud(a.hosts.all)
		return
	}
	try(a.hosts.tried, at, e, to)
}

// try adds the rules whose conditions hold or speak. What they say is forgotten: the rules say it when they are come to.
func try(list []trial, at socks.Addr, e *evaluation, to *found) {
	ask, notes := e.ask, e.notes
	for _, t := range list {
		res, _ := t.spec.Match(at, e.facts.Protocol, e)
		switch {
		case len(e.ask) > len(ask) || len(e.notes) > len(notes):
			to.addLoud(t.rules)
			e.ask, e.notes = ask, notes
		case res == addr.Yes:
			to.add(t.rules)
		}
	}
}
