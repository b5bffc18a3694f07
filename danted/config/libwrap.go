package config

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/rustsocks/rustsocks/danted/syntax"
)

// readLibwrap checks a libwrap line as the library that danted is linked with does.
func readLibwrap(r *reader, d *draft, n *syntax.Node) {
	t := n.Text.Values[0]
	r.usesLibwrap = true
	if r.checkLibwrapLength(t) && r.checkLibwrapLine(t) {
		d.Libwrap = r.text(t)
	}
}

func (r *reader) checkLibwrapLength(t syntax.Token) bool {
	if len(t.Value) < libwrapLimit {
		return true
	}
	r.fail(t, codeTooLong, fmt.Sprintf("the value given is %d bytes long, but the maximum length, set at compiletime, is %d", len(t.Value), libwrapLimit+1), "shorten it: write a script and run that")
	return false
}

func (r *reader) checkLibwrapLine(t syntax.Token) bool {
	reason := libwrapProblem(r.text(t))
	if reason != "" {
		r.fail(t, codeBadLibwrapLine, "bad libwrap line: "+reason, "see hosts_options(5); options are separated by colons")
	}
	return reason == ""
}

// argument says what a libwrap option takes.
type argument uint8

const (
	argNone argument = iota
	argAny
	argNumber
	argOctal
	argMaybeNumber
	argRefused
)

// libwrapOptions are the options of hosts_options(5) as far as danted can use them. COMPAT: `user` and `group` switch
// the user of danted itself while the file is read, which ends in an error or an abort.
var libwrapOptions = map[string]argument{
	"umask": argOctal, "linger": argNumber, "keepalive": argNone, "spawn": argAny, "twist": argAny,
	"rfc931": argMaybeNumber, "setenv": argAny, "nice": argMaybeNumber, "severity": argAny, "banners": argAny,
	"aclexec": argAny,
	"allow":   argRefused, "deny": argRefused, "user": argRefused, "group": argRefused,
}

// libwrapProblem says what is wrong with a libwrap line; "" when nothing is.
func libwrapProblem(line string) string {
	for _, option := range splitOptions(line) {
		option = strings.TrimLeft(option, " \t")
		name, value := option, ""
		if i := strings.IndexAny(option, " \t="); i >= 0 {
			name = option[:i]
			value = strings.TrimLeft(option[i:], " \t=")
		}
		value = strings.TrimRight(value, " \t")
		arg, ok := libwrapOptions[strings.ToLower(name)]
		switch {
		case name == "":
			return "an option is empty"
		case !ok:
			return fmt.Sprintf("unknown option %q", name)
		case arg == argRefused:
			return fmt.Sprintf("option %q cannot be used here", name)
		case arg == argNone && value != "":
			return fmt.Sprintf("option %q takes no value", name)
		case (arg == argAny || arg == argNumber || arg == argOctal) && value == "":
			return fmt.Sprintf("option %q needs a value", name)
		}
		base := 10
		if arg == argOctal {
			base = 8
		}
		if (arg == argNumber || arg == argOctal || arg == argMaybeNumber) && value != "" {
			if _, err := strconv.ParseInt(value, base, 32); err != nil {
				return fmt.Sprintf("option %q needs a number", name)
			}
		}
	}
	return ""
}

// splitOptions splits at colons that have no backslash before them.
func splitOptions(line string) []string {
	var all []string
	start := 0
	for i := 0; i < len(line); i++ {
		if line[i] == ':' && (i == 0 || line[i-1] != '\\') {
			all = append(all, line[start:i])
			start = i + 1
		}
	}
	return append(all, line[start:])
}
