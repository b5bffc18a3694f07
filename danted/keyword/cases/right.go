package cases

import (
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// around gives the file a row's statements stand in: what else must be there for them to make sense.
func around(r *keyword.Row, scope keyword.Scope) file {
	f := file{scope: scope}
	b, _ := keyword.ByScope(scope)
	if slices.Contains(b.Order, r.ID) {
		// Everything in its order, with this one in its place.
		f.instead = b.Order
		at := slices.Index(b.Order, r.ID)
		for _, id := range b.Order[:at] {
			f.before = append(f.before, keyword.Get(id).Example)
		}
		for _, id := range b.Order[at+1:] {
			f.after = append(f.after, keyword.Get(id).Example)
		}
		return f
	}
	switch r.ID {
	case keyword.Internal, keyword.External:
		f.instead = []keyword.ID{r.ID}
	case keyword.RuleUser, keyword.RuleGroup:
		// A method that gives a name.
		f.before = []string{"socksmethod: username"}
		if scope != keyword.SocksRule {
			f.before = []string{"clientmethod: rfc931"}
		}
	case keyword.SessionStateKey:
		f.before = []string{keyword.Get(keyword.SessionStateMax).Example}
	case keyword.SessionStateMax, keyword.SessionStateThrottle:
		f.before = []string{keyword.Get(keyword.SessionStateKey).Example}
	}
	return f
}

// right makes the cases that are as they should be, and those of line ends, which are right behind some keywords.
func (m *maker) right(scope keyword.Scope) {
	f := around(m.row, scope)
	example := exampleOf(m.row)
	with := func(kind Kind, detail, line string, wrong bool, more ...string) {
		g := f
		g.lines = append([]string{line}, more...)
		m.add(g, kind, detail, wrong)
	}
	with(Example, "", example.String(), false)
	for _, old := range m.row.Old {
		if where(m.row, old)&scope != 0 {
			with(Spelling, old.Text, strings.Replace(example.String(), m.row.Lexed(), old.Text, 1), false)
		}
	}
	for _, v := range variants(m.row, scope) {
		g := f
		g.lines = []string{v.statement.String()}
		g.harmless = v.harmless
		g.whole = m.row.ID == keyword.ProxyProtocol && v.wrong // it does not fit the proxy's address
		m.add(g, v.kind, strings.ReplaceAll(v.statement.String(), "/", "|"), v.wrong)
	}
	switch {
	case example.bare():
	case m.row.Shape == keyword.Ignored:
		with(NextKeyword, "", example.String()+" "+neighbours[scope], false)
	default:
		with(Continued, "", example.key+": \\", continuedFails(m.row), example.value)
		with(NextLine, "", example.key+":", holdsLine(m.row.Shape) && m.row.Shape != keyword.SocketOption, example.value)
		with(NextKeyword, "", example.String()+" "+neighbours[scope], nextFails(m.row, scope))
	}
	if m.row.Many != keyword.Once && !refused(m.row, scope) {
		again := f
		again.before = append(slices.Clone(f.before), example.String())
		again.lines = []string{example.String()}
		m.add(again, Repeated, "", m.row.ID == keyword.AlarmDisconnect)
	}
}

// neighbours are statements that can follow any other in their place.
var neighbours = map[keyword.Scope]string{
	keyword.Global:     "timeout.connect: 5",
	keyword.ClientRule: "timeout.connect: 5",
	keyword.HostidRule: "timeout.connect: 5",
	keyword.SocksRule:  "timeout.connect: 5",
	keyword.Route:      "extension: bind",
	keyword.Monitor:    "command: connect",
}

// holdsLine tells whether the values of a shape are known on the line of their keyword only.
func holdsLine(s keyword.Shape) bool {
	switch s {
	case keyword.Number, keyword.Ratio, keyword.Range, keyword.Switch, keyword.Choice, keyword.Flags,
		keyword.RouteOption, keyword.DataAlarm, keyword.CountAlarm:
		return false
	}
	return true
}

// nextFails tells whether no other statement can follow on the line.
func nextFails(r *keyword.Row, scope keyword.Scope) bool {
	if b, ok := keyword.ByScope(scope); ok && slices.Contains(b.Order[:len(b.Order)-1], r.ID) {
		return true // the next address can
	}
	switch r.Shape {
	case keyword.Address, keyword.Redirection, keyword.Service, keyword.StateKey, keyword.CPU:
		return false
	}
	return holdsLine(r.Shape)
}

// continuedFails tells whether a backslash and the end of a line belong to the value.
func continuedFails(r *keyword.Row) bool {
	return r.Shape == keyword.Line || r.ID == keyword.CPUSchedule
}

// variant is a statement instead of the row's example.
type variant struct {
	kind      Kind
	statement statement
	wrong     bool
	harmless  bool
}

// variants gives the words of a row's vocabulary and the bad values of its shape.
func variants(r *keyword.Row, scope keyword.Scope) []variant {
	var all []variant
	example := exampleOf(r)
	add := func(kind Kind, s statement, wrong bool) {
		all = append(all, variant{kind: kind, statement: s, wrong: wrong})
	}
	value := func(kind Kind, v string, wrong bool) { add(kind, statement{example.key, v}, wrong) }

	switch r.Shape {
	case keyword.CPU:
		for _, p := range keyword.Processes() {
			key := strings.Replace(r.Name, "PROC", p.Text, 1)
			add(Vocabulary, statement{key, example.value}, false)
			for _, w := range r.Words {
				add(Vocabulary, statement{key, w.Text + "/0"}, false)
			}
		}
	case keyword.LogSpecial:
		for _, l := range keyword.Levels() {
			add(Vocabulary, statement{strings.Replace(r.Name, "LEVEL", l.Text, 1), example.value}, false)
		}
		add(BadValue, statement{strings.Replace(r.Name, "LEVEL", "loud", 1), example.value}, true)
		add(BadValue, statement{strings.Replace(r.Name, "LEVEL", "INFO", 1), example.value}, true)
	case keyword.SocketOption:
		all = socketOptions(r, scope)
	case keyword.Address:
		v := addressesOf(r, scope)
		for _, good := range v.good {
			value(Vocabulary, good, false)
		}
		for _, bad := range v.bad {
			value(BadValue, bad, true)
		}
	case keyword.DataAlarm, keyword.CountAlarm:
		for _, side := range []string{"", "internal.", "external."} {
			for _, direction := range []string{"", ".recv", ".send"} {
				add(Vocabulary, statement{side + r.Name + direction, example.value}, direction != "" && r.Shape == keyword.CountAlarm)
			}
		}
	case keyword.TestAlarm:
		for _, side := range []string{"internal.", "external."} {
			add(Vocabulary, statement{key: side + r.Name}, false)
		}
	case keyword.Devices:
		for _, d := range []string{"stderr", "stdout", "syslog", "stderr stdout"} {
			value(Vocabulary, d, false)
		}
		for _, w := range keyword.Facilities() {
			value(Vocabulary, "syslog/"+w.Text, false)
		}
	}
	if r.Shape != keyword.CPU {
		for _, w := range r.Words {
			value(Vocabulary, w.Text, w.Status == keyword.Refused || wrongWord(r, scope, w.Text))
		}
	}
	for _, v := range goodValues[r.Shape] {
		value(Vocabulary, v, false)
	}
	for _, v := range badValues[r.Shape] {
		value(BadValue, v, true)
	}
	if r.Needs == keyword.LDAP {
		// COMPAT: where danted's grammar has two forms of a value, the second is never refused.
		for i, v := range all {
			all[i].harmless = v.statement.value == "no" || r.Shape == keyword.SignedNumber && strings.HasPrefix(v.statement.value, "-")
		}
	}
	if r.Words != nil && r.Shape != keyword.CPU {
		value(BadValue, "nonsense", true)
		value(BadValue, strings.ToUpper(r.Words[0].Text), true)
		value(BadValue, r.Words[0].Text+"x", true)
	}
	return all
}

// wrongWord tells of words that a keyword's vocabulary has and that are mistakes all the same.
func wrongWord(r *keyword.Row, scope keyword.Scope, word string) bool {
	switch r.ID {
	case keyword.ClientMethod:
		return slices.Contains([]string{"username", "pam.username", "pam"}, word)
	case keyword.RouteMethod:
		return word != "none" // the example's route goes to no proxy
	case keyword.ProxyProtocol:
		return scope == keyword.Route && word == "upnp"
	}
	return false
}

// goodValues are values that are no vocabulary, by shape.
var goodValues = map[keyword.Shape][]string{
	keyword.Number:      {"0x10", "010", "2147483648"},
	keyword.Ratio:       {"1/1", "10 / 1"},
	keyword.Range:       {"1-1", "40000 - 40001"},
	keyword.Users:       {"bob", "bob alice", "-", "#bob", "10"},
	keyword.Groups:      {"staff", "no such"},
	keyword.RouteOption: {"0x10", "010"},
	keyword.Line: {
		"aclexec /bin/true", "banners /nonexistent", "banners=/tmp", "keepalive", "keepalive =", "linger 5", "linger +5",
		"linger 99999", "nice", "NICE", "nice:", "nice -5", "nice 50", "nice=5", "nice:nice", "nice 5 : spawn /bin/true",
		"rfc931", "rfc931 5", "setenv A B", "setenv A", "severity info", "Severity INFO", "severity emerg", "severity cron.err",
		"severity LOCAL0.debug", "spawn /bin/true", "spawn=/bin/true", "spawn /bin/true \\: x", "spawn /bin/true : twist x",
		"twist /bin/true", "twist /bin/true:", "umask 022", "umask 0777", "umask +7", "spawn /bin/true # and so on",
	},
	keyword.SignedNumber: {"-1", "- 1"},
}

// badValues are values that cannot be, by shape.
var badValues = map[keyword.Shape][]string{
	keyword.Number:       {"08", "-1", "many", "0xff", "99999999999999999999", "1.5", "1k", ""},
	keyword.RouteOption:  {"08", "-1", "many"},
	keyword.SignedNumber: {"-08", "-99999999999999999999", "--1", "many", "-"},
	keyword.Ratio:        {"10", "10/", "/10", "10/many", "10/1/1", "10:1", "08/1"},
	keyword.Range:        {"100", "100-", "100-10", "1-70000", "a-b", "100:200"},
	keyword.User:         {"nosuchuser", "65534", "nobody proxy"},
	keyword.StateKey:     {"user", "fromX", "10"},
	keyword.DataAlarm:    {"10", "10 in", "10 in 0", "in 10", "10/5", "many in 5", "10 in 5 in 5"},
	keyword.CountAlarm:   {"10", "10/5", "0/5", "5/10 in", "5/10 in 0", "many/10"},
	keyword.Service:      {"1", "/etc/pam.d/sockd", "-"},
	keyword.CPU:          {"nonsense", "FIFO/1", "fifo", "99"},
	keyword.LogSpecial:   {"1", "-"},
	keyword.SocketOption: {"", "on off"},
	keyword.Line: {
		"allow", "deny", "foo", "aclexec", "banners", "keepalive x", "linger", "linger -1", "linger 5x", "linger 0x5", "nice x",
		"nice 5 6", "nice 5.5", "nice::nice", ":nice", "rfc931 0", "rfc931 -1", "rfc931 x", "setenv", "setenv A=B", "severity",
		"severity local0", "severity bogus", "severity bogus.info", "severity local8.info", "severity authpriv.info",
		"severity syslog.info", "severity panic", "severity warn", "severity error", "severity none", "severity .info",
		"severity info info", "severity local0.", "spawn", "twist", "twist /bin/true : nice 5", "umask", "umask 8", "umask -1",
		"umask 999", "umask 07777", "user", "user nosuchuser", "group", "group nosuchgroup",
	},
}
