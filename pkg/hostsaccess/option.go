package hostsaccess

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Option is one option of hosts_options(5).
type Option struct {
	Name    string // in lower case
	Value   string
	Problem string // why it cannot be acted upon
	Wrong   bool   // it is not even understood: those behind it were not read
}

// effect is what an option does to whether the client may come in.
type effect uint8

const (
	noEffect effect = iota
	permits
	refuses
)

// consequence is the end of a sentence about an option with a problem.
func (e effect) consequence() string {
	if e == refuses {
		return ": whom the rule is about is refused"
	}
	return ""
}

func (o Option) effect() effect {
	switch {
	case o.Wrong:
		return refuses
	case o.Name == "allow":
		return permits
	case slices.Contains([]string{"deny", "twist", "aclexec", "user", "group"}, o.Name):
		return refuses
	}
	return noEffect
}

// IsCommand tells whether the option runs a command.
func (o Option) IsCommand() bool {
	return slices.Contains([]string{"spawn", "twist", "aclexec"}, o.Name)
}

// optionForm is what can be said of an option before it is used.
type optionForm struct {
	bare     bool // it can stand without a value
	nothing  bool // it has none
	last     bool
	problem  func(value string) bool
	expected string // in words
}

func optionFormOf(name string) (f optionForm, ok bool) {
	switch name {
	case "allow", "deny":
		return optionForm{bare: true, nothing: true, last: true}, true
	case "keepalive":
		return optionForm{bare: true, nothing: true}, true
	case "linger":
		return optionForm{problem: notNumber(10, 0, math.MaxInt32), expected: "a number of seconds"}, true
	case "rfc931":
		return optionForm{bare: true, problem: notNumber(10, 1, math.MaxInt32), expected: "a number of seconds"}, true
	case "nice":
		return optionForm{bare: true, problem: notNumber(10, math.MinInt32, math.MaxInt32), expected: "a number"}, true
	case "umask":
		return optionForm{problem: notNumber(8, 0, 0o777), expected: "an octal number up to 777"}, true
	case "severity":
		return optionForm{problem: notSeverity, expected: "a syslog level, with a facility and a dot before it or without"}, true
	case "setenv":
		return optionForm{problem: notVariable, expected: "a name, a blank and a value"}, true
	case "twist":
		return optionForm{last: true}, true
	case "spawn", "aclexec", "banners", "user", "group":
		return optionForm{}, true
	}
	return optionForm{}, false
}

// ParseOptions reads options, which colons separate. It ends at one that is wrong, which is the last of the result.
func ParseOptions(text string) []Option {
	var all []Option
	for text != "" {
		var field string
		field, text = nextField(text)
		o := newOption(field, text == "")
		all = append(all, o)
		if o.Wrong {
			break
		}
	}
	return all
}

// nextField takes what is before the next colon. A backslash before a colon makes it part of the field.
func nextField(text string) (field, rest string) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == ':':
			return b.String(), text[i+1:]
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == ':':
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String(), ""
}

func newOption(field string, last bool) Option {
	name, value := splitOption(strings.Trim(field, " \t\r\n\v\f"))
	o := Option{Name: strings.ToLower(name), Value: value, Wrong: true}
	form, ok := optionFormOf(o.Name)
	switch {
	case name == "":
		o.Problem = "an option is empty"
	case !ok:
		o.Problem = fmt.Sprintf("unknown option %q", name)
	case form.nothing && value != "":
		o.Problem = fmt.Sprintf("option %q takes no value", name)
	case !form.bare && value == "":
		o.Problem = fmt.Sprintf("option %q needs a value", name)
	case form.last && !last:
		o.Problem = fmt.Sprintf("option %q must be the last one", name)
	case value != "" && form.problem != nil && form.problem(value):
		o.Problem = fmt.Sprintf("option %q takes %s", name, form.expected)
	default:
		o.Wrong = false
		o.Problem = notDone(o)
	}
	return o
}

// notDone tells of options that are understood and not followed.
func notDone(o Option) string {
	switch {
	case o.IsCommand():
		return fmt.Sprintf("option %q is not followed: this server runs no commands", o.Name)
	case o.Name == "user", o.Name == "group":
		return fmt.Sprintf("option %q cannot be used here", o.Name)
	}
	return ""
}

// splitOption gives the name and the value of an option. There can be one equals sign between them.
func splitOption(text string) (name, value string) {
	i := strings.IndexAny(text, " \t\r\n=")
	if i < 0 {
		return text, ""
	}
	name, value = text[:i], strings.TrimLeft(text[i:], " \t\r\n")
	if strings.HasPrefix(value, "=") {
		value = strings.TrimLeft(value[1:], " \t\r\n")
	}
	return name, value
}

// notNumber tells whether a value is no number from least to most. COMPAT: the library reads it into a C int.
func notNumber(base int, least, most int32) func(string) bool {
	return func(value string) bool {
		n, err := strconv.ParseInt(value, base, 64)
		return err != nil && !errors.Is(err, strconv.ErrRange) || int32(n) < least || int32(n) > most
	}
}

// notVariable tells whether a value sets no variable of the environment.
func notVariable(value string) bool {
	name, _, _ := strings.Cut(value, " ")
	return strings.Contains(name, "=")
}

// notSeverity tells whether a value is no level and no facility with a level.
func notSeverity(value string) bool {
	facility, level, dot := strings.Cut(strings.ToLower(value), ".")
	if !dot {
		facility, level = "daemon", facility
	}
	facilities := strings.Fields("auth cron daemon kern lpr mail news user uucp local0 local1 local2 local3 local4 local5 local6 local7")
	levels := strings.Fields("emerg alert crit err warning notice info debug")
	return !slices.Contains(facilities, facility) || !slices.Contains(levels, level)
}
