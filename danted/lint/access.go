package lint

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/danted/config"
	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

func noClientRule(l *linter) {
	if !slices.ContainsFunc(l.client, (*rule).passes) {
		l.say(diag.Pos{}, diag.Warning, "no client-rule lets anybody pass: all clients are turned away", "add for instance: client pass { from: 192.168.0.0/16 to: 0/0 }")
	}
}

func noSocksRule(l *linter) {
	if !slices.ContainsFunc(l.socks, (*rule).passes) {
		l.say(diag.Pos{}, diag.Warning, "no socks-rule lets anything pass: all requests are refused", "add for instance: socks pass { from: 192.168.0.0/16 to: 0/0 }")
	}
}

func noUDPReply(l *linter) {
	l.noReply(acl.CmdUDPAssociate, acl.CmdUDPReply, "udpassociate", "udpreply", "the answers to its datagrams are dropped in silence")
}

func noBindReply(l *linter) {
	l.noReply(acl.CmdBind, acl.CmdBindReply, "bind", "bindreply", "whoever connects to the client is refused")
}

func (l *linter) noReply(command, reply acl.CommandSet, name, replyName, consequence string) {
	r := firstPassing(l.socks, command)
	if r == nil || firstPassing(l.socks, reply) != nil {
		return
	}
	l.about(r, diag.Warning, fmt.Sprintf("%s passes %s, and no socks-rule passes %s: %s", r, name, replyName, consequence),
		"add for instance: socks pass { from: 0/0 to: 0/0 command: "+replyName+" }", keyword.Command, keyword.Protocol)
}

// isFor tells whether a rule can match clients of a family.
func (l *linter) isFor(r *rule, v4 bool) bool {
	return r.From.Kind != addr.Prefix || r.From.Prefix.Addr().Is4() == v4
}

// trusting tells whether a rule lets clients pass that have not shown who they are.
func trusting(r *rule) bool {
	return r.passes() && r.ClientMethods.Has(auth.None) && r.Libwrap == ""
}

func openProxy(l *linter) {
	if l.cfg.HostsAccess.V {
		return // who may connect is said elsewhere
	}
	for _, v4 := range []bool{true, false} {
		client, severity, at := l.openFor(v4)
		if client == nil {
			continue
		}
		for _, r := range l.socks {
			if trusting(r) && r.SocksMethods.Has(auth.None) && r.commands&acl.CmdConnect != 0 &&
				anywhere(r.From, v4) && (anywhere(r.To, true) || anywhere(r.To, false)) && r.Redirect.To.Kind == 0 {
				message := fmt.Sprintf("everybody who reaches %s can connect to anywhere without a password: client-rule #%d on line %d lets all in, and %s asks for nothing", at, client.Number, client.Line, r)
				l.about(r, severity, message, "restrict from: to known networks, or require a method other than none")
				return
			}
		}
	}
}

// openFor gives the first client-rule that lets in clients of a family from anywhere without a password, and the address
// at which it does.
func (l *linter) openFor(v4 bool) (found *rule, severity diag.Severity, at string) {
	for _, r := range l.client {
		if m, ok := acl.ChooseMethod(r.SocksMethods, []socks.Method{socks.MethodNoAuth}); !ok || m != socks.MethodNoAuth {
			continue
		}
		if !trusting(r) || !anywhere(r.From, v4) {
			continue
		}
		for _, v := range l.cfg.Internal {
			a := v.V.Addr()
			switch {
			case a.Is4() != v4, l.isLoopback(v.Name, a), !holds(r.To, v.V):
			case public(r.To, a):
				return r, diag.Warning, written(v)
			case found == nil:
				found, severity, at = r, diag.Note, written(v)
			}
		}
	}
	return found, severity, at
}

func loopbackReachable(l *linter) {
	elsewhere := slices.ContainsFunc(l.cfg.Internal, func(v config.Value[netip.AddrPort]) bool { return !l.isLoopback(v.Name, v.V.Addr()) })
	fromElsewhere := func(r *rule) bool { return r.passes() && !inside(r.From, loopback4(), loopback6()) }
	if !elsewhere || !slices.ContainsFunc(l.client, fromElsewhere) {
		return
	}
	open := map[netip.Prefix]*rule{}
	for _, p := range []netip.Prefix{loopback4(), loopback6()} {
		if l.externalHas(p.Addr().Is4()) {
			open[p] = l.reaching(p, fromElsewhere)
		}
	}
	var networks, blocks []string
	var by *rule
	for _, p := range []netip.Prefix{loopback4(), loopback6()} {
		if r := open[p]; r != nil {
			networks = append(networks, p.String())
			blocks = append(blocks, "socks block { from: 0/0 to: "+p.String()+" }")
			if by == nil {
				by = r
			}
		}
	}
	if by != nil {
		l.about(by, diag.Note, fmt.Sprintf("clients from elsewhere may connect to the server's own loopback addresses (%s)", strings.Join(networks, ", ")),
			"add before it: "+strings.Join(blocks, " and "), keyword.To)
	}
}

// reaching gives the rule that lets clients connect to a network on this machine, unless one before it blocks the
// network for anybody.
func (l *linter) reaching(p netip.Prefix, from func(*rule) bool) *rule {
	for _, r := range l.socks {
		switch {
		case r.dead || r.commands&acl.CmdConnect == 0:
		case r.Verdict == acl.Block && (covers(r.To, p) || r.To.Kind == addr.Interface):
			return nil
		case from(r) && covers(r.To, p) && r.Redirect.To.Kind == 0:
			return r
		}
	}
	return nil
}

func familyLeftOut(l *linter) {
	for _, v4 := range []bool{true, false} {
		l.clientsLeftOut(v4)
		l.targetsLeftOut(v4)
	}
	for _, r := range l.socks {
		v4 := r.To.Prefix.Addr().Is4()
		if r.passes() && r.To.Kind == addr.Prefix && !l.externalHas(v4) && (r.commands&replies == 0 || !l.internalHas(v4)) {
			l.about(r, diag.Warning, fmt.Sprintf("%s is for %s targets, and no external address is %s", r, family(v4), family(v4)),
				"add an external address of that family, or remove the rule", keyword.To)
		}
	}
}

// clientsLeftOut tells whether clients of a family are shut out by 0.0.0.0/0 or ::/0, which look as if they were for
// everybody.
func (l *linter) clientsLeftOut(v4 bool) {
	var at netip.AddrPort
	for _, a := range l.internal() {
		if a.Addr().Is4() == v4 && !a.Addr().IsLinkLocalUnicast() {
			at = a
			break
		}
	}
	if !at.IsValid() {
		return
	}
	for _, list := range [][]*rule{l.client, l.socks} {
		if r := l.onlyOther(list, v4, func(r *rule) addr.Spec { return r.From }); r != nil {
			l.about(r, diag.Warning, fmt.Sprintf("clients that connect to %s are shut out: %s is %s only, and no other %s-rule passes %s clients", at, r.From, family(!v4), r.stage, family(v4)),
				"write from: 0/0, which is both families, or choose one with internal.protocol", keyword.From)
			return
		}
	}
}

// targetsLeftOut is the same for targets.
func (l *linter) targetsLeftOut(v4 bool) {
	if !slices.ContainsFunc(l.external(), func(a netip.Addr) bool { return a.Is4() == v4 && !a.IsLinkLocalUnicast() && !a.IsLoopback() }) {
		return
	}
	if r := l.onlyOther(l.socks, v4, func(r *rule) addr.Spec { return r.To }); r != nil {
		l.about(r, diag.Note, fmt.Sprintf("no socks-rule passes requests for %s addresses: %s is %s only", family(v4), r.To, family(!v4)),
			"write to: 0/0, which is both families, or choose one with external.protocol", keyword.To)
	}
}

// onlyOther gives the first passing rule that is for all addresses of the other family, unless a passing rule is for
// this one.
func (l *linter) onlyOther(list []*rule, v4 bool, side func(*rule) addr.Spec) *rule {
	var first *rule
	for _, r := range list {
		s := side(r)
		switch {
		case !r.passes(), r.stage == acl.Socks && r.commands&^replies == 0:
		case s.Kind != addr.Prefix || s.Prefix.Addr().Is4() == v4:
			return nil
		case s.Prefix.Bits() == 0 && first == nil:
			first = r
		}
	}
	return first
}
