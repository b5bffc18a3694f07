package explain

import (
	"fmt"
	"strings"
)

// Text gives the explanation for people: the verdict first, then the way of the request.
func (e *Explanation) Text() string {
	t := &page{}
	verdict := e.Verdict
	switch {
	case e.Reason != "":
		verdict += ": " + e.Reason
	case len(e.Socks) > 0:
		last := e.Socks[len(e.Socks)-1]
		verdict += " by socks rule " + ruleName(last.Rule, last.Line)
	default:
		verdict += " by client rule " + ruleName(e.Client.Rule, e.Client.Line)
	}
	t.row("request", e.Request)
	t.row("verdict", verdict)
	if e.NotServed != "" {
		t.row("but", e.NotServed)
	}
	t.row("client sees", e.ClientSees)
	t.row("listener", e.Listener)
	t.decision("client rule", e.Client)
	if m := e.Method; m != nil {
		t.method(m)
	}
	for i := range e.Socks {
		t.decision("socks rule", &e.Socks[i])
	}
	if e.Target != "" {
		t.row("target", e.Target)
	}
	if e.Route != nil {
		t.row("route", e.Route.text())
	}
	if e.Egress != nil {
		t.egress(e.Egress)
	}
	for _, o := range e.Sockets {
		t.row("sockets", o)
	}
	for _, n := range e.Names {
		t.row("looked up", n.text())
	}
	for _, n := range e.Notes {
		t.row("note", n)
	}
	return t.String()
}

// manyRules is how many rules that did not match are shown, of those before the one that did. The JSON form has all.
const manyRules = 20

// page is rows of a word and what there is to say about it.
type page struct{ strings.Builder }

func (t *page) row(head, text string) { fmt.Fprintf(t, "%-13s%s\n", head, text) }

// under is a row that belongs to the one above.
func (t *page) under(format string, args ...any) { t.row("", "  "+fmt.Sprintf(format, args...)) }

func (t *page) decision(head string, d *Decision) {
	rule := ruleName(d.Rule, d.Line)
	if d.Rule == 0 {
		rule = "none"
	}
	t.row(head, fmt.Sprintf("%s: %s, for %s from %s to %s", rule, d.Verdict, d.Command, d.From, d.To))
	before := d.Before
	if more := len(before) - manyRules; more > 0 {
		t.under("and not the %d rules before #%d", more, before[more].Rule)
		before = before[more:]
	}
	for _, b := range before {
		t.under("not %s: %s: %s", ruleName(b.Rule, b.Line), b.Failed, b.Why)
	}
	if d.Reason != "" {
		t.under("%s", d.Reason)
	}
	s := d.Settings
	t.list("log", s.Log)
	var limits []string
	for _, name := range s.order {
		limits = append(limits, fmt.Sprintf("%s %ds", name, s.Timeouts[name]))
	}
	t.list("timeouts", limits)
	t.list("session", s.Session)
	if s.Bandwidth != 0 {
		t.under("bandwidth: %d", s.Bandwidth)
	}
	t.option("redirect from", s.RedirectFrom)
	t.option("redirect to", s.RedirectTo)
	t.option("libwrap", s.Libwrap)
	t.option("udp.portrange", s.UDPPorts)
	for _, o := range s.SocketOptions {
		t.under("%s", o)
	}
}

func ruleName(number, line int) string {
	if line == 0 {
		return fmt.Sprintf("#%d", number)
	}
	return fmt.Sprintf("#%d (line %d)", number, line)
}

func (t *page) list(head string, words []string) { t.option(head, strings.Join(words, ", ")) }

func (t *page) option(head, text string) {
	if text != "" {
		t.under("%s: %s", head, text)
	}
}

func (t *page) method(m *Method) {
	chosen := m.Chosen
	if chosen == "" {
		chosen = "none is acceptable"
	}
	t.row("method", chosen)
	if len(m.Offered) > 0 {
		t.under("offered: %s; the client rule takes: %s", listed(m.Offered), listed(m.Taken))
	}
	if m.Password != "" {
		t.under("user %q with the %s password", m.User, m.Password)
	}
}

func (r *Route) text() string {
	name := ruleName(r.Number, r.Line)
	switch {
	case r.Direct && r.Number == 0:
		return "direct"
	case r.Direct:
		return name + ", direct"
	}
	return fmt.Sprintf("%s, %s via %s, offering %s", name, r.Proxy, r.Gateway, listed(r.Methods))
}

func (t *page) egress(e *Egress) {
	from := e.Address
	if from == "" {
		from = "the kernel's choice; it must be one of " + listed(e.Choices)
	}
	port := "any port"
	if e.Port != 0 {
		port = fmt.Sprintf("port %d when it is free", e.Port)
	}
	t.row("egress", fmt.Sprintf("%s, %s (external.rotation: %s)", from, port, e.Rotation))
	if len(e.Targets) > 0 {
		t.under("connects to: %s", strings.Join(e.Targets, ", then "))
	}
}

func (n Name) text() string {
	switch {
	case n.Failed != "":
		return n.Asked + ": " + n.Failed
	case len(n.Answers) == 0:
		return n.Asked + ": nothing"
	}
	return n.Asked + ": " + strings.Join(n.Answers, ", ")
}
