package config

import (
	"fmt"
	"slices"

	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// checkRule makes the checks of a complete rule.
func (r *reader) checkRule(d *draft) {
	if d.broken {
		return
	}
	r.checkSession(d)
	if d.kind.Scope == keyword.SocksRule && len(d.SocksMethods) == 0 {
		r.checkNoMethods(d)
	}
	if d.requiresName() {
		r.checkNames(d)
	}
}

// checksReplies tells whether replies must fulfil the conditions of rules on methods.
func (r *reader) checksReplies() bool {
	return slices.ContainsFunc(r.cfg.SourceChecks, func(v Value[string]) bool { return v.V == "checkreplyauth" })
}

// checkNoMethods warns of a rule that nobody can match.
func (r *reader) checkNoMethods(d *draft) {
	if d.replyOnly() && !r.checksReplies() || r.file.Broken[keyword.SocksMethod] {
		return
	}
	hint := "add a socksmethod line"
	if d.requiresName() && len(r.cfg.SocksMethods.V) > 0 {
		hint = fmt.Sprintf("the rule asks for a name, and none of the global methods (%s) gives one", r.cfg.SocksMethods.V)
	}
	r.warn(d.at(), codeRuleNoMethods, fmt.Sprintf("socks-rule #%d sets no socks authentication methods, not even the method \"none\".  This means no clients can ever be matched by this rule.  Is that really intended?", d.Number), hint)
}

// checkNames checks that a rule that asks for a name is about clients that have one.
func (r *reader) checkNames(d *draft) {
	token := d.at(keyword.RuleUser, keyword.RuleGroup)
	if d.Commands.Has(socks.UDPReply) {
		if d.replyOnly() {
			r.fail(token, codeUDPReplyName, "UDP replies cannot provide any username, but the settings in this rule requires an username to be provided by the target sending the UDP reply",
				"remove the user or group line, or udpreply")
			return
		}
		if r.checksReplies() {
			r.fail(token, codeChecksReplies, `"checkreplyauth" is enabled, but the target sending us the UDP reply cannot provide any username.  This rule has however specified that an username must be provided`,
				"add a command line without udpreply")
			return
		}
	}
	bad := ""
	without := func(list auth.Methods, format string) {
		i := slices.IndexFunc(list, func(m auth.Method) bool { return !m.ProvidesName() })
		if i >= 0 && bad == "" {
			bad = fmt.Sprintf(format, list[i])
		}
	}
	if d.kind.Scope == keyword.SocksRule {
		replies := d.Commands.Has(socks.BindReply) || d.Commands.Has(socks.UDPReply)
		if r.checksReplies() && replies || d.replyOnly() {
			without(d.ClientMethods, `clientmethod "%s" to be used for replies`)
		}
		if !d.replyOnly() {
			without(d.SocksMethods, "socksmethod %s")
		}
	} else {
		without(d.ClientMethods, "clientmethod %s")
	}
	if bad != "" {
		r.fail(token, codeNameMethod, "the settings in this "+d.kind.Scope.String()+" requires the client to provide a user/group-name in some way, but this rule specifies, implicitly or explicitly, the "+bad+", which cannot be depended on to provide this information",
			"remove the user or group line, or the method")
	}
}
