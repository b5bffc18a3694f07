package differential

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// A tally counts how much the conditions of rules mattered in a run: a run that
// never came to a condition says nothing about it.
type tally map[string]*use

// use is how often a condition was there, and how often it mattered.
type use struct {
	configurations int
	held           int // requests decided by a rule that has it
	passedOver     int // requests for which a rule that has it was passed over
}

func (t tally) of(condition string) *use {
	if t[condition] == nil {
		t[condition] = &use{}
	}
	return t[condition]
}

// What the log tells of the rules that decided. Blocks by the socks rules are
// taken from the line of the client rule, because other failures carry the
// number of the client rule on lines of the request.
var (
	clientRuleDecided = regexp.MustCompile(`(?:pass|block)\((\d+)\): tcp/accept `)
	socksRuleDecided  = regexp.MustCompile(`blocked by higher-level socks-rule #(\d+)|pass\((\d+)\): (?:tcp/connect|tcp/bind|udp/udpassociate) `)
)

// add counts a trial by what the real danted logged.
func (t tally) add(trial Trial, oracle Result) {
	if !oracle.Accepted {
		return
	}
	there := map[string]bool{}
	for _, of := range [][][]string{trial.Client, trial.Socks, {trial.Global}} {
		for _, conditions := range of {
			for _, condition := range conditions {
				there[condition] = true
			}
		}
	}
	for i, exchange := range oracle.Exchanges {
		log := strings.Join(exchange.Log, "\n")
		t.addRules(trial.Client, clientRuleDecided.FindStringSubmatch(log))
		t.addRules(trial.Socks, socksRuleDecided.FindStringSubmatch(log))
		for _, condition := range trial.Global {
			if strings.Contains(log, globalSays[condition]) {
				t.of(condition).held++
			}
		}
		if slices.Contains(trial.Global, "libwrap.hosts_access") && len(exchange.Log) == 0 {
			there["denied by access files"] = true
			t.of("denied by access files").held++
		}
		for _, kind := range slices.Concat(trial.Requests[i].kinds(), bindKinds(exchange)) {
			there[kind] = true
			t.of(kind).held++
		}
	}
	for condition := range there {
		t.of(condition).configurations++
	}
}

// bindKinds names what became of a BIND that was granted.
func bindKinds(e Exchange) (all []string) {
	log := strings.Join(e.Log, "\n")
	if !strings.Contains(log, "tcp/bind") {
		return nil
	}
	for kind, sign := range map[string]string{
		"bindreply passed":              ": tcp/bindreply [",
		"bindreply relayed to its end":  ".  Session duration",
		"bindreply with data lines":     ": tcp/bindreply -",
		"bindreply of the wrong peer":   "expected bindreply from ",
		"bindreply blocked":             "bind-reply from ",
		"bind over a limit":             "limit reached",
		"bind with no address":          "could not get address to use",
		"bind without a direct route":   "no direct route found",
		"bind extension":                "disabled Dante extension",
		"bind left by its client":       ": eof from client",
		"bind with a client that fails": "receiving request from client failed",
	} {
		if strings.Contains(log, sign) {
			all = append(all, kind)
		}
	}
	return all
}

// globalSays is what the log says when a global condition decides. Others hold
// for all requests.
var globalSays = map[string]string{
	"srchost nodnsunknown":  "no dns entry found for srchost",
	"srchost nodnsmismatch": "DNS IP/hostname mismatch",
}

// addRules counts the rules up to the one that decided. Rule 0 is the default
// rule: all were passed over.
func (t tally) addRules(rules [][]string, decided []string) {
	if decided == nil {
		return
	}
	number, err := strconv.Atoi(strings.Join(decided[1:], ""))
	if err != nil || number > len(rules) {
		return
	}
	over := map[string]bool{}
	for i, conditions := range rules {
		switch {
		case i+1 == number:
			for _, condition := range conditions {
				t.of(condition).held++
			}
		case number == 0 || i+1 < number:
			for _, condition := range conditions {
				over[condition] = true
			}
		}
	}
	for condition := range over {
		t.of(condition).passedOver++
	}
}

// write prints the table.
func (t tally) write(w io.Writer) {
	fmt.Fprintf(w, "%-34s %8s %9s %12s\n", "condition", "configs", "it held", "passed over")
	for _, condition := range slices.Sorted(maps.Keys(t)) {
		u := t[condition]
		fmt.Fprintf(w, "%-34s %8d %9d %12d\n", condition, u.configurations, u.held, u.passedOver)
	}
}

// addressKinds names the forms of an address of a rule, and of its port.
func addressKinds(text string) []string {
	address, port, _ := strings.Cut(text, " port")
	kind := "host name"
	switch {
	case address == "0/0":
		kind = "0/0"
	case address == "lo":
		kind = "interface"
	case address == ".":
		kind = "."
	case strings.HasPrefix(address, "."):
		kind = ".domain"
	case strings.Contains(address, ":"):
		kind = "IPv6 prefix"
	case strings.Contains(address, "/"):
		kind = "IPv4 prefix"
	}
	switch {
	case port == "":
		return []string{kind}
	case serviceName.MatchString(port):
		return []string{kind, "port by name"}
	}
	return []string{kind, "port"}
}

var serviceName = regexp.MustCompile(` [a-z][a-z-]{2,}$`)

// conditionsOf names the conditions of a rule.
func conditionsOf(opener, from, to string, options []string) []string {
	kind, _, _ := strings.Cut(opener, " ")
	if kind != "client" {
		kind = "socks"
	}
	var all []string
	for _, k := range addressKinds(from) {
		all = append(all, kind+" from "+k)
	}
	for _, k := range addressKinds(to) {
		all = append(all, kind+" to "+k)
	}
	identities := 0
	for _, option := range options {
		keyword, value, _ := strings.Cut(option, ":")
		switch keyword {
		case "user", "group":
			identities++
		case "method":
			keyword = map[string]string{"client": "clientmethod", "socks": "socksmethod"}[kind]
		case "command", "protocol", "proxyprotocol", "clientmethod", "socksmethod",
			"session.max", "session.throttle", "session.state.max", "session.state.throttle", "libwrap":
		default:
			continue
		}
		if keyword == "group" && strings.Contains(value, "nosuchgroup") {
			all = append(all, kind+" group, one unknown")
		}
		all = append(all, kind+" "+keyword)
	}
	if identities == 2 {
		all = append(all, kind+" user and group")
	}
	return all
}

// kinds names what is special about a request.
func (r Request) kinds() (all []string) {
	if r.From.Addr().Is6() {
		all = append(all, "client over IPv6")
	}
	if len(r.Ask) < 5 || r.Ask[0] != 5 {
		return all
	}
	switch r.Ask[3] {
	case 3:
		all = append(all, "target a name")
	case 4:
		kind := "target IPv6"
		if len(r.Ask) == 22 && strings.HasPrefix(string(r.Ask[4:]), "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff") {
			kind = "target IPv4-mapped"
		}
		all = append(all, kind)
	}
	return all
}
