package show

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/rustsocks/rustsocks/danted/config"
	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

// newBlock names a block, as logs and people do.
func newBlock(scope keyword.Scope, opener string, number int, pos diag.Pos, settings []setting) block {
	title := fmt.Sprintf("%s #%d, %s:%d", scope, number, pos.File, pos.Line)
	return block{Number: number, Pos: pos, Settings: settings, title: title, opener: opener}
}

func rule(c *config.Config, r *config.Rule, scope keyword.Scope, opt Options) block {
	l := &list{all: opt.All}
	w := r.Written
	l.own(w, keyword.From, address(c, r.From))
	l.own(w, keyword.To, address(c, r.To))
	l.ruleMethods(c, r)
	l.ruleTimeouts(c, r)
	l.ruleSpecials(w, r.ErrorLogs, r.SocketOptions)
	l.names(w, keyword.RuleUser, r.Users)
	l.names(w, keyword.RuleGroup, r.Groups)
	l.ruleLog(r)
	l.own(w, keyword.Libwrap, r.Libwrap)
	l.usual(w, keyword.PAMServiceName, r.PAMService, byDefault)
	l.own(w, keyword.RuleBandwidth, number(r.Bandwidth))
	l.redirect(c, r)
	l.session(r, scope)
	if scope == keyword.SocksRule {
		l.derivable(w, keyword.Command, commands(r.Commands), commands(acl.CmdAll))
		l.derivable(w, keyword.Protocol, protocols(r.Protocols), protocols(acl.ProtoTCP|acl.ProtoUDP))
		l.usual(w, keyword.ProxyProtocol, proxies(r.Versions), byDefault)
		l.own(w, keyword.UDPPortRange, fmt.Sprintf("%d-%d", r.UDPPorts.First, r.UDPPorts.Last))
	}
	kind, _ := keyword.ByScope(scope)
	b := newBlock(scope, kind.Name+" "+r.Verdict.String(), r.Number, r.Pos, l.settings)
	b.Verdict = r.Verdict.String()
	return b
}

// ruleMethods adds the methods of a rule.
func (l *list) ruleMethods(c *config.Config, r *config.Rule) {
	w, client := r.Written, inherited(of(c.ClientMethods))
	_, saysClient := at(w, keyword.ClientMethod)
	_, saysSocks := at(w, keyword.SocksMethod)
	replies := acl.CmdBindReply | acl.CmdUDPReply
	if !saysClient && saysSocks && r.Commands != 0 && r.Commands&^replies == 0 {
		// COMPAT: danted checks the methods of a rule for replies only when it has a list of client methods of its own;
		// to write the one it has anyway could make it an error.
		if l.all {
			l.say(keyword.ClientMethod, methods(r.ClientMethods), client)
		}
	} else {
		l.usual(w, keyword.ClientMethod, methods(r.ClientMethods), client)
	}
	l.ruleSocksMethods(r, c.SocksMethods, saysSocks)
}

// ruleSocksMethods adds the socks methods of a rule, of which some of the file's, or all, may not be left.
func (l *list) ruleSocksMethods(r *config.Rule, file config.Value[auth.Methods], says bool) {
	value, o := methods(r.SocksMethods), inherited(of(file))
	differ := !says && !slices.Equal(r.SocksMethods, file.V)
	if differ {
		o = derived
	}
	switch {
	case value == "" && (l.all || differ):
		l.say(keyword.SocksMethod, value, o)
	case differ:
		l.add(keyword.SocksMethod, value, o)
	case value != "":
		l.usual(r.Written, keyword.SocksMethod, value, o)
	}
}

// ruleTimeouts adds the time limits of a rule.
func (l *list) ruleTimeouts(c *config.Config, r *config.Rule) {
	for _, t := range []struct {
		id    keyword.ID
		value time.Duration
		file  config.Value[time.Duration]
		both  keyword.ID // sets it as well
	}{
		{keyword.TimeoutConnect, r.Timeouts.Connect, c.Timeouts.Connect, 0},
		{keyword.TimeoutNegotiate, r.Timeouts.Negotiate, c.Timeouts.Negotiate, 0},
		{keyword.TimeoutIOTCP, r.Timeouts.TCPIO, c.Timeouts.TCPIO, keyword.TimeoutIO},
		{keyword.TimeoutIOUDP, r.Timeouts.UDPIO, c.Timeouts.UDPIO, keyword.TimeoutIO},
		{keyword.TimeoutFinWait, r.Timeouts.TCPFinWait, c.Timeouts.FinWait, 0},
	} {
		o, says := at(r.Written, t.id, t.both)
		switch {
		case says:
		case t.value != t.file.V:
			o, says = derived, true // reduced to what makes sense
		default:
			o = inherited(of(t.file))
		}
		if says || l.all {
			l.add(t.id, seconds(t.value), o)
		}
	}
}

// ruleSpecials adds what a block says of errors and sockets.
func (l *list) ruleSpecials(w config.Written, errors []plan.ErrorLog, options []plan.SocketOption) {
	for _, e := range errors {
		o, _ := at(w, errorLogID(e))
		l.errorLog(e, o)
	}
	for _, s := range options {
		o, _ := at(w, socketID(s))
		l.socketOption(s, o)
	}
}

// names adds user or group names. One that looks like a comment is a name only at the end of a line.
func (l *list) names(w config.Written, id keyword.ID, names []string) {
	var line []string
	for i, name := range names {
		line = append(line, name)
		if i+1 == len(names) || strings.HasPrefix(name, "#") {
			l.own(w, id, strings.Join(line, " "))
			line = nil
		}
	}
}

// ruleLog adds what a rule logs. COMPAT: a debug level makes every rule log.
func (l *list) ruleLog(r *config.Rule) {
	o, here := at(r.Written, keyword.Log)
	if !here {
		o = derived
	}
	if r.Log != 0 {
		l.add(keyword.Log, logs(r.Log), o)
	}
}

// redirect adds where a rule redirects to. Both addresses can have been written in one statement.
func (l *list) redirect(c *config.Config, r *config.Rule) {
	o, _ := at(r.Written, keyword.RedirectFrom, keyword.RedirectTo)
	if r.Redirect.From.Kind != 0 {
		l.add(keyword.RedirectFrom, address(c, r.Redirect.From), o)
	}
	if r.Redirect.To.Kind != 0 {
		l.add(keyword.RedirectTo, single(c, r.Redirect.To), o)
	}
}

// session adds the limits of sessions.
func (l *list) session(r *config.Rule, scope keyword.Scope) {
	s, w := r.Session, r.Written
	l.own(w, keyword.SessionMax, number(s.Max))
	l.own(w, keyword.SessionThrottle, throttle(s.Throttle))
	l.own(w, keyword.SessionStateKey, s.Key)
	l.own(w, keyword.SessionStateMax, number(s.StateMax))
	l.own(w, keyword.SessionStateThrottle, throttle(s.StateThrottle))
	if scope == keyword.ClientRule {
		l.usual(w, keyword.SessionInheritable, yesNo(s.Inheritable), byDefault)
	}
}

// derivable adds commands or protocols, each of which follow from the other.
func (l *list) derivable(w config.Written, id keyword.ID, value, everything string) {
	if _, says := at(w, id); !says && value != everything {
		l.add(id, value, derived)
		return
	}
	l.usual(w, id, value, byDefault)
}
