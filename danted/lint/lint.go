// Package lint finds what danted accepts in silence although it is wrong or dangerous: rules that never decide
// anything, clients that are shut out, a proxy that is open to everybody. It changes no verdict: files with mistakes
// that danted refuses or warns of are the business of package config, whose findings are not repeated here.
package lint

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/rustsocks/rustsocks/danted/config"
	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
)

// Lint gives what is to be said about a configuration without errors, which was read from file with the same facts.
func Lint(file *syntax.File, c *config.Config, facts hostfacts.Facts) diag.List {
	l := &linter{file: file, cfg: c, facts: facts, tokens: map[int]syntax.Token{}}
	_, l.madeUp = facts.(hostfacts.Offline)
	l.collectTokens()
	l.client = l.rules(acl.Client, c.ClientRules)
	l.socks = l.rules(acl.Socks, c.SocksRules)
	for _, check := range Checks() {
		l.code = check.Code
		check.run(l)
	}
	l.said.Sort()
	return l.said
}

// linter is the state of one run.
type linter struct {
	file  *syntax.File
	cfg   *config.Config
	facts hostfacts.Facts
	// madeUp tells that addresses found by a name are not those of any real machine.
	madeUp bool

	client, socks []*rule
	tokens        map[int]syntax.Token // what to point at, by the position the configuration gives
	code          string               // of the check that is being made
	said          diag.List
}

// rule is a rule with what was found out about it.
type rule struct {
	*config.Rule
	stage    acl.Stage
	commands acl.CommandSet // those that the protocols and versions of the rule have
	dead     bool           // it never decides anything
}

const (
	tcpCommands = acl.CmdConnect | acl.CmdBind | acl.CmdBindReply
	udpCommands = acl.CmdUDPAssociate | acl.CmdUDPReply
	replies     = acl.CmdBindReply | acl.CmdUDPReply
)

func (l *linter) rules(stage acl.Stage, list []config.Rule) []*rule {
	all := make([]*rule, len(list))
	for i := range list {
		r := &rule{Rule: &list[i], stage: stage}
		if r.Protocols&acl.ProtoTCP != 0 {
			r.commands |= r.Commands & tcpCommands
		}
		if r.Protocols&acl.ProtoUDP != 0 && r.Versions&acl.VerSocks5 != 0 {
			r.commands |= r.Commands & udpCommands
		}
		if r.Versions&(acl.VerSocks4|acl.VerSocks5) == 0 {
			r.commands = 0
		}
		all[i] = r
	}
	return all
}

func (r *rule) String() string { return fmt.Sprintf("%s-rule #%d", r.stage, r.Number) }

// passes tells whether a rule can let something pass.
func (r *rule) passes() bool { return !r.dead && r.Verdict == acl.Pass }

// repliesOnly tells whether a rule is for replies, which have no method.
func (r *rule) repliesOnly() bool { return r.commands != 0 && r.commands&^replies == 0 }

func (r *rule) restrictsUsers() bool { return len(r.Users) > 0 || len(r.Groups) > 0 }

// firstPassing gives the first rule that passes one of the commands; nil when there is none.
func firstPassing(list []*rule, commands acl.CommandSet) *rule {
	i := slices.IndexFunc(list, func(r *rule) bool { return r.passes() && r.commands&commands != 0 })
	if i < 0 {
		return nil
	}
	return list[i]
}

// collectTokens notes what to point at: the verdict of a rule, the address of a statement that has one, the keyword of
// others.
func (l *linter) collectTokens() {
	node := func(n *syntax.Node) {
		t := n.Key
		if n.Statement != nil && n.Address != nil && n.Address.Value != nil {
			t = n.Address.Value.Host
		}
		l.tokens[n.Key.Pos.Offset] = t
	}
	for _, item := range l.file.Items {
		if item.Node != nil {
			node(item.Node)
		}
		if item.Block != nil {
			l.tokens[item.Block.Verdict.Pos.Offset] = item.Block.Verdict
			for _, n := range item.Block.Nodes {
				node(n)
			}
		}
	}
}

// say reports something at a place of the configuration, or about the file as a whole.
func (l *linter) say(pos diag.Pos, severity diag.Severity, message, hint string) {
	if t, ok := l.tokens[pos.Offset]; ok && pos.IsValid() {
		l.said = append(l.said, l.file.At(t, severity, l.code, message, hint))
		return
	}
	l.said = append(l.said, diag.Diagnostic{
		Code: l.code, Severity: severity, Pos: diag.Pos{File: l.file.Name}, Message: message, Hint: hint,
	})
}

// about reports something about a rule: at one of the statements if the rule has it, else at its verdict.
func (l *linter) about(r *rule, severity diag.Severity, message, hint string, ids ...keyword.ID) {
	pos := r.Pos
	for _, id := range ids {
		if p, ok := r.Written[id]; ok {
			pos = p
			break
		}
	}
	l.say(pos, severity, message, hint)
}

// internal gives the addresses that clients are accepted on, as far as they are real.
func (l *linter) internal() []netip.AddrPort {
	var all []netip.AddrPort
	for _, v := range l.cfg.Internal {
		if !l.madeUp || v.Name == "" {
			all = append(all, v.V)
		}
	}
	return all
}

// external gives the addresses to connect out from, as far as they are real.
func (l *linter) external() []netip.Addr {
	var all []netip.Addr
	for _, v := range l.cfg.External {
		if !l.madeUp || v.Name == "" {
			all = append(all, v.V)
		}
	}
	return all
}

// isLoopback tells whether an address, or the interface it was found by, is only for this machine.
func (l *linter) isLoopback(name string, a netip.Addr) bool {
	return a.IsLoopback() || l.madeUp && name == "lo"
}

// written gives an internal address as the file has it.
func written(v config.Value[netip.AddrPort]) string {
	if v.Name != "" {
		return v.Name
	}
	return v.V.String()
}

// internalHas and externalHas tell whether a side has addresses of a family.
func (l *linter) internalHas(v4 bool) bool {
	return slices.ContainsFunc(l.cfg.Internal, func(v config.Value[netip.AddrPort]) bool { return v.V.Addr().Is4() == v4 })
}

func (l *linter) externalHas(v4 bool) bool {
	return slices.ContainsFunc(l.cfg.External, func(v config.Value[netip.Addr]) bool { return v.V.Is4() == v4 })
}

func family(v4 bool) string {
	if v4 {
		return "IPv4"
	}
	return "IPv6"
}
