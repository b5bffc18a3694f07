package config

import (
	"errors"
	"fmt"
	"math"
	"slices"
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

// libwrapOption is what can be said of an option of hosts_options(5) before it is used.
type libwrapOption struct {
	refused  bool
	bare     bool // it can stand without a value
	nothing  bool // it has none
	last     bool
	problem  func(value string) bool
	expected string // in words
}

// libwrapOptions are the options as far as danted can use them. COMPAT: `user` and `group` switch the user of danted
// itself while the file is read, which ends in an error or an abort.
var libwrapOptions = map[string]libwrapOption{
	"keepalive": {bare: true, nothing: true},
	"linger":    {problem: func(v string) bool { return notNumber(v, 10, 0, math.MaxInt32) }, expected: "a number of seconds"},
	"rfc931":    {bare: true, problem: func(v string) bool { return notNumber(v, 10, 1, math.MaxInt32) }, expected: "a number of seconds"},
	"nice":      {bare: true, problem: func(v string) bool { return notNumber(v, 10, math.MinInt32, math.MaxInt32) }, expected: "a number"},
	"umask":     {problem: func(v string) bool { return notNumber(v, 8, 0, 0o777) }, expected: "an octal number up to 777"},
	"severity":  {problem: notSeverity, expected: "a syslog level, with a facility and a dot before it or without"},
	"setenv":    {problem: func(v string) bool { return strings.Contains(firstWord(v), "=") }, expected: "a name, a blank and a value"},
	"spawn":     {}, "aclexec": {}, "banners": {},
	"twist": {last: true},
	"allow": {refused: true}, "deny": {refused: true}, "user": {refused: true}, "group": {refused: true},
}

// libwrapProblem says what is wrong with a libwrap line; "" when nothing is.
func libwrapProblem(line string) string {
	options := splitOptions(line)
	if last := len(options) - 1; last > 0 && options[last] == "" {
		options = options[:last] // a colon at the end
	}
	for i, text := range options {
		name, value := splitOption(text)
		option, ok := libwrapOptions[strings.ToLower(name)]
		switch {
		case name == "":
			return "an option is empty"
		case !ok:
			return fmt.Sprintf("unknown option %q", name)
		case option.refused:
			return fmt.Sprintf("option %q cannot be used here", name)
		case option.nothing && value != "":
			return fmt.Sprintf("option %q takes no value", name)
		case !option.bare && value == "":
			return fmt.Sprintf("option %q needs a value", name)
		case option.last && i < len(options)-1:
			return fmt.Sprintf("option %q must be the last one", name)
		case value != "" && option.problem != nil && option.problem(value):
			return fmt.Sprintf("option %q takes %s", name, option.expected)
		}
	}
	return ""
}

// splitOption gives the name and the value of an option.
func splitOption(text string) (name, value string) {
	text = strings.TrimLeft(text, " \t")
	i := strings.IndexAny(text, " \t=")
	if i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimRight(strings.TrimLeft(text[i:], " \t="), " \t")
}

func firstWord(s string) string {
	word, _, _ := strings.Cut(s, " ")
	return word
}

// notNumber tells whether a value is no number from least to most. COMPAT: the library reads it into a C int.
func notNumber(value string, base int, least, most int32) bool {
	n, err := strconv.ParseInt(value, base, 64)
	return err != nil && !errors.Is(err, strconv.ErrRange) || int32(n) < least || int32(n) > most
}

var (
	libwrapFacilities = strings.Fields("auth cron daemon kern lpr mail news user uucp local0 local1 local2 local3 local4 local5 local6 local7")
	libwrapLevels     = strings.Fields("emerg alert crit err warning notice info debug")
)

// notSeverity tells whether a value is no level and no facility with a level.
func notSeverity(value string) bool {
	facility, level, dot := strings.Cut(strings.ToLower(value), ".")
	if !dot {
		facility, level = "daemon", facility
	}
	return !slices.Contains(libwrapFacilities, facility) || !slices.Contains(libwrapLevels, level)
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
