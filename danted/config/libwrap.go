package config

import (
	"fmt"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/hostsaccess"
)

// readLibwrap checks a libwrap line as the library that danted is linked with does.
func readLibwrap(r *reader, d *draft, n *syntax.Node) {
	t := n.Text.Values[0]
	r.usesLibwrap = true
	if r.checkLibwrapLength(t) && r.checkLibwrapLine(t) {
		r.checkLibwrapCommands(t)
		d.Libwrap = r.text(t)
	}
}

func (r *reader) checkLibwrapLength(t syntax.Token) bool {
	if len(t.Value) < libwrapLimit {
		return true
	}
	r.fail(t, codeTooLong, fmt.Sprintf("the value given is %d bytes long, but the maximum length, set at compiletime, is %d", len(t.Value), libwrapLimit+1), "shorten it")
	return false
}

func (r *reader) checkLibwrapLine(t syntax.Token) bool {
	reason := libwrapProblem(r.text(t))
	if reason != "" {
		r.fail(t, codeBadLibwrapLine, "bad libwrap line: "+reason, "see hosts_options(5); options are separated by colons")
	}
	return reason == ""
}

// checkLibwrapCommands refuses what runs a command: nothing here does so because a client has connected.
func (r *reader) checkLibwrapCommands(t syntax.Token) {
	severity := diag.Warning // as danted takes the file
	if r.opt.Mode == Start {
		severity = diag.Error
	}
	for _, o := range hostsaccess.ParseOptions(r.text(t)) {
		if o.IsCommand() && r.covered == 0 {
			r.say(t, severity, codeLibwrapCommand, fmt.Sprintf("libwrap option %q runs a command, and this server runs none", o.Name),
				commandHint(o.Name))
		}
	}
}

// commandHint says what to do in the place of a command.
func commandHint(option string) string {
	if option == "aclexec" {
		return "remove it; let the command write addresses into a file instead, and name that in hosts.deny (libwrap.hosts_access: yes)"
	}
	if option == "twist" {
		return "remove it; to tell clients something write banners DIRECTORY, to turn them away a block rule"
	}
	return "remove it; log what the rule does (log: connect disconnect) and have the command run by what reads the log"
}

// libwrapProblem says what is wrong with a libwrap line; "" when nothing is. COMPAT: `user` and `group` switch the user
// of danted itself while the file is read, which ends in an error or an abort.
func libwrapProblem(line string) string {
	options := hostsaccess.ParseOptions(line)
	if len(options) == 0 {
		return "an option is empty"
	}
	for _, o := range options {
		switch {
		case o.Wrong:
			return o.Problem
		case o.Name == "allow", o.Name == "deny", o.Name == "user", o.Name == "group":
			return fmt.Sprintf("option %q cannot be used here", o.Name)
		}
	}
	return ""
}
