package acl

import (
	"net/netip"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// The reverse names of these addresses are right, of nobody's, of another address, of no address, and of an address
// of the other family too.
const (
	named    = "127.0.0.1"
	nameless = "127.0.0.9"
	liar     = "127.0.0.50"
	dangling = "127.0.0.51"
	shared   = "::1"
)

func sourceWorld() *world {
	w := theWorld()
	w.addrs["UPPER.example"] = addrs("127.0.0.12")
	for a, name := range map[string]string{
		liar: "two.example", dangling: "nosuch.example", shared: "both.example", "127.0.0.12": "UPPER.example",
	} {
		w.reverse[netip.MustParseAddr(a)] = name
	}
	return w
}

func TestSourceChecks(t *testing.T) {
	const unknown = "no dns entry found for srchost 127.0.0.9.40000"
	mismatch := func(ip, name string) string {
		return "DNS IP/hostname mismatch.  " + ip + " does not match reversemapped addresses for hostname \"" + name + "\""
	}
	tests := []struct {
		name   string
		checks SourceChecks
		fake   bool
		from   string
		reason string // "" passes
	}{
		{name: "no check", from: nameless},
		{name: "unknown, named", checks: SourceChecks{Unknown: true}, from: named},
		{name: "unknown, nameless", checks: SourceChecks{Unknown: true}, from: nameless, reason: unknown},
		{name: "unknown, another's name", checks: SourceChecks{Unknown: true}, from: liar},
		{name: "mismatch, named", checks: SourceChecks{Mismatch: true}, from: named},
		{name: "mismatch, nameless", checks: SourceChecks{Mismatch: true}, from: nameless},
		{name: "mismatch, capitals", checks: SourceChecks{Mismatch: true}, from: "127.0.0.12"},
		{name: "mismatch, one address of several", checks: SourceChecks{Mismatch: true}, from: shared},
		{
			name: "mismatch, another's name", checks: SourceChecks{Mismatch: true}, from: liar,
			reason: mismatch(liar, "two.example"),
		},
		{
			name: "mismatch, a name of nobody", checks: SourceChecks{Mismatch: true}, from: dangling,
			reason: mismatch(dangling, "nosuch.example"),
		},
		{
			name: "both, nameless", checks: SourceChecks{Mismatch: true, Unknown: true}, from: nameless, reason: unknown,
		},
		{
			name: "with fake names nothing confirms a name", checks: SourceChecks{Mismatch: true}, fake: true, from: named,
			reason: mismatch(named, "localhost"),
		},
		{name: "with fake names there may be none", checks: SourceChecks{Mismatch: true}, fake: true, from: nameless},
		{name: "checkreplyauth alone", checks: SourceChecks{CheckReplyAuth: true}, from: nameless},
	}
	stages := map[string]struct {
		stage   Stage
		command socks.Command
	}{
		"client": {Client, socks.Accept}, "socks": {Socks, socks.Connect}, "bindreply": {Socks, socks.BindReply},
	}
	for _, tt := range tests {
		for name, s := range stages {
			t.Run(name+": "+tt.name, func(t *testing.T) {
				rules := []Rule{rule(1, Pass), rule(2, Pass)}
				p := &Policy{Client: rules, Socks: rules, SourceChecks: tt.checks, FakeNames: tt.fake}
				f := connect(ip(named, 80))
				f.From, f.Command, f.Method = ip(tt.from, 40000), s.command, auth.Unset
				o := decide(t, p, s.stage, f, sourceWorld())
				want := Block
				if tt.reason == "" {
					want = Pass
				}
				if o.Verdict != want || o.Rule.Number != 1 || o.Reason != tt.reason {
					t.Errorf("%v by rule %d: %q; want %v by rule 1: %q", o.Verdict, o.Rule.Number, o.Reason, want, tt.reason)
				}
			})
		}
	}
}

// Only what would pass is checked, and only who has proved to be who he says.
func TestSourceIsCheckedLast(t *testing.T) {
	tests := []struct {
		name  string
		rules []Rule
		facts Facts
	}{
		{"block rule", []Rule{rule(1, Block)}, connect(ip(named, 80))},
		{"default rule", nil, connect(ip(named, 80))},
		{"wrong password", []Rule{rule(1, Pass, methods(auth.Username))}, as(connect(ip(named, 80)), "bob")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &Policy{Socks: tt.rules, SourceChecks: SourceChecks{Mismatch: true, Unknown: true}}
			w := sourceWorld()
			w.ok = false
			decide(t, p, Socks, tt.facts, w)
			for _, q := range w.asked {
				if q.Kind != AskPassword {
					t.Errorf("asked %+v", q)
				}
			}
		})
	}
}

// Of a UDP session only the TCP connection has a source to check, and that was when it was accepted.
func TestDatagramsAreNotChecked(t *testing.T) {
	p := &Policy{Socks: []Rule{rule(1, Pass)}, SourceChecks: SourceChecks{Mismatch: true, Unknown: true}}
	for _, command := range []socks.Command{socks.UDPAssociate, socks.UDPReply} {
		f := connect(ip(named, 53))
		f.From, f.Command, f.Protocol = ip(nameless, 40000), command, socks.UDP
		if o := decide(t, p, Socks, f, sourceWorld()); o.Verdict != Pass {
			t.Errorf("%v: %q", command, o.Reason)
		}
	}
}

func TestTraceShowsTheSourceCheck(t *testing.T) {
	p := &Policy{Socks: []Rule{rule(1, Block, from(prefix("10.0.0.0/8"))), rule(2, Pass)}, SourceChecks: SourceChecks{Unknown: true}}
	f := connect(ip(named, 80))
	f.Explain = true
	o := decide(t, p, Socks, f, sourceWorld())
	if len(o.Trace) != 2 || o.Trace[1] != (Step{2, SourceHost}) {
		t.Errorf("trace %v", o.Trace)
	}
}

func TestCheckReplyAuth(t *testing.T) {
	rules := []Rule{rule(1, Pass, methods(auth.Username)), rule(2, Pass, methods(auth.Username, auth.None))}
	for _, command := range []socks.Command{socks.BindReply, socks.UDPReply} {
		for check, want := range map[bool]int{false: 1, true: 2} {
			p := &Policy{Socks: rules, SourceChecks: SourceChecks{CheckReplyAuth: check}}
			f := as(connect(ip(named, 80)), "bob") // the client's login is not the reply's
			f.Command = command
			if o := decide(t, p, Socks, f, sourceWorld()); o.Rule.Number != want || o.Method != auth.None {
				t.Errorf("%v, checked: %v: rule %d with method %v, want rule %d", command, check, o.Rule.Number, o.Method, want)
			}
		}
	}
}

// A source check never changes where to connect to.
func TestSourceCheckKeepsTheTarget(t *testing.T) {
	p := &Policy{
		Socks:        []Rule{rule(1, Pass, to(addr.Spec{Kind: addr.Prefix, Prefix: netip.MustParsePrefix("127.0.1.2/32")}))},
		SourceChecks: SourceChecks{Mismatch: true},
	}
	f := connect(name("two.example", 80))
	f.From = ip(named, 40000)
	if o := decide(t, p, Socks, f, sourceWorld()); o.To != ip("127.0.1.2", 80) {
		t.Errorf("connects to %v", o.To)
	}
}
