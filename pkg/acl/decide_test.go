package acl

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

func prefix(s string) addr.Spec {
	return addr.Spec{Kind: addr.Prefix, Prefix: netip.MustParsePrefix(s)}
}
func host(s string) addr.Spec   { return addr.Spec{Kind: addr.Host, Name: s} }
func domain(s string) addr.Spec { return addr.Spec{Kind: addr.Domain, Name: s} }
func iface(s string) addr.Spec  { return addr.Spec{Kind: addr.Interface, Name: s} }

var anywhere = addr.Spec{Kind: addr.AnyIP}

func ip(s string, port uint16) socks.Addr { return socks.Addr{IP: netip.MustParseAddr(s), Port: port} }

func name(s string, port uint16) socks.Addr {
	return socks.Addr{Name: s, Port: port}
}

// rule gives a socks rule that covers everything a client of method none does; each change makes it narrower.
func rule(n int, v Verdict, changes ...func(*Rule)) Rule {
	r := Rule{
		Number: n, Verdict: v, From: anywhere, To: anywhere, Commands: CmdAll, Protocols: ProtoTCP | ProtoUDP,
		Versions: VerSocks4 | VerSocks5, ClientMethods: auth.Methods{auth.None}, SocksMethods: auth.Methods{auth.None},
	}
	for _, c := range changes {
		c(&r)
	}
	return r
}

func from(s addr.Spec) func(*Rule)        { return func(r *Rule) { r.From = s } }
func to(s addr.Spec) func(*Rule)          { return func(r *Rule) { r.To = s } }
func commands(c CommandSet) func(*Rule)   { return func(r *Rule) { r.Commands = c } }
func versions(v VersionSet) func(*Rule)   { return func(r *Rule) { r.Versions = v } }
func protocols(p ProtocolSet) func(*Rule) { return func(r *Rule) { r.Protocols = p } }
func methods(m ...auth.Method) func(*Rule) {
	return func(r *Rule) { r.SocksMethods = m }
}
func users(u ...string) func(*Rule)  { return func(r *Rule) { r.Users = u } }
func groups(g ...string) func(*Rule) { return func(r *Rule) { r.Groups = g } }

func connect(target socks.Addr) Facts {
	return Facts{
		From: ip("127.0.0.9", 40000), To: target, Command: socks.Connect, Protocol: socks.TCP, Version: socks.V5,
		ClientMethod: auth.None, Method: auth.None,
	}
}

func as(f Facts, user string) Facts {
	f.Method, f.User = auth.Username, user
	return f
}

// world answers questions as a small network would.
type world struct {
	addrs   map[string][]netip.Addr
	reverse map[netip.Addr]string
	members map[string]bool
	ok      bool // do passwords verify
	asked   []Question
}

func (w *world) answer(q Question) Answer {
	w.asked = append(w.asked, q)
	switch q.Kind {
	case AskAddresses, AskInterface:
		a := w.addrs[q.Name]
		return Answer{Addrs: a, Failed: len(a) == 0, Reason: "Name or service not known"}
	case AskReverse:
		return Answer{Name: w.reverse[q.IP]}
	case AskMember:
		yes, known := w.members[q.Name]
		return Answer{Yes: yes, Failed: !known}
	case AskPassword:
		return Answer{Yes: w.ok, Reason: "wrong password"}
	}
	panic("unknown question")
}

func decide(t *testing.T, p *Policy, st Stage, f Facts, w *world) Outcome {
	t.Helper()
	f.Known = map[Question]Answer{}
	for range 20 {
		o := p.Decide(st, f)
		if len(o.Ask) == 0 {
			return o
		}
		for _, q := range o.Ask {
			if _, again := f.Known[q]; again {
				t.Fatalf("asked again for what is known: %+v", q)
			}
			f.Known[q] = w.answer(q)
		}
	}
	t.Fatal("no decision after 20 rounds of questions")
	return Outcome{}
}

func addrs(s ...string) (l []netip.Addr) {
	for _, a := range s {
		l = append(l, netip.MustParseAddr(a))
	}
	return l
}

func theWorld() *world {
	return &world{
		ok: true,
		addrs: map[string][]netip.Addr{
			"localhost": addrs("127.0.0.1"), "two.example": addrs("127.0.1.1", "127.0.1.2"),
			"six.example": addrs("::1"), "lo": addrs("127.0.0.1", "::1"), "both.example": addrs("::1", "127.0.0.1"),
		},
		reverse: map[netip.Addr]string{netip.MustParseAddr("127.0.0.1"): "localhost"},
		members: map[string]bool{"staff": true, "wheel": false},
	}
}

func TestDecide(t *testing.T) {
	tests := []struct {
		name    string
		rules   []Rule
		facts   Facts
		rule    int
		verdict Verdict
		to      socks.Addr // when it is not what was asked for
	}{
		{name: "no rule", facts: connect(ip("127.0.0.1", 80)), rule: 0, verdict: Block},
		{
			name:  "first match wins",
			rules: []Rule{rule(1, Block), rule(2, Pass)},
			facts: connect(ip("127.0.0.1", 80)), rule: 1, verdict: Block,
		},
		{
			name:  "command",
			rules: []Rule{rule(1, Block, commands(CmdBind)), rule(2, Pass, commands(CmdConnect))},
			facts: connect(ip("127.0.0.1", 80)), rule: 2, verdict: Pass,
		},
		{
			name:  "protocol",
			rules: []Rule{rule(1, Pass, protocols(ProtoUDP))},
			facts: connect(ip("127.0.0.1", 80)), rule: 0, verdict: Block,
		},
		{
			name:  "proxy protocol",
			rules: []Rule{rule(1, Pass, versions(VerSocks4)), rule(2, Pass, versions(VerSocks5))},
			facts: connect(ip("127.0.0.1", 80)), rule: 2, verdict: Pass,
		},
		{
			name:  "an IPv4 rule covers no IPv6 target",
			rules: []Rule{rule(1, Pass, to(prefix("0.0.0.0/0")))},
			facts: connect(ip("::1", 80)), rule: 0, verdict: Block,
		},
		{
			name:  "an IPv6 rule covers no IPv4 target",
			rules: []Rule{rule(1, Pass, to(prefix("::/0")))},
			facts: connect(ip("127.0.0.1", 80)), rule: 0, verdict: Block,
		},
		{
			name:  "host bits may be set",
			rules: []Rule{rule(1, Block, to(prefix("127.9.9.9/8")))},
			facts: connect(ip("127.0.0.1", 80)), rule: 1, verdict: Block,
		},
		{
			name:  "address rule against a name: the address that matched is used",
			rules: []Rule{rule(1, Pass, to(prefix("127.0.1.2/32")))},
			facts: connect(name("two.example", 80)), rule: 1, verdict: Pass, to: ip("127.0.1.2", 80),
		},
		{
			name:  "name rule against an address",
			rules: []Rule{rule(1, Block, to(host("two.example")))},
			facts: connect(ip("127.0.1.2", 80)), rule: 1, verdict: Block,
		},
		{
			name:  "name rule against the name in another case",
			rules: []Rule{rule(1, Pass, to(host("TWO.example")))},
			facts: connect(name("two.EXAMPLE", 80)), rule: 1, verdict: Pass,
		},
		{
			name:  "two names of one address",
			rules: []Rule{rule(1, Pass, to(host("localhost")))},
			facts: connect(name("both.example", 80)), rule: 1, verdict: Pass, to: ip("127.0.0.1", 80),
		},
		{
			name:  "an unknown rule name does not match",
			rules: []Rule{rule(1, Pass, to(host("nosuch.example")))},
			facts: connect(ip("127.0.0.1", 80)), rule: 0, verdict: Block,
		},
		{
			name:  "domain against a name",
			rules: []Rule{rule(1, Block, to(domain(".example")))},
			facts: connect(name("two.example", 80)), rule: 1, verdict: Block,
		},
		{
			name:  "domain without a label boundary",
			rules: []Rule{rule(1, Block, to(domain(".host")))},
			facts: connect(name("localhost", 80)), rule: 1, verdict: Block,
		},
		{
			name:  "domain against an address: by its reverse name",
			rules: []Rule{rule(1, Block, to(domain(".localhost")))},
			facts: connect(ip("127.0.0.1", 80)), rule: 1, verdict: Block,
		},
		{
			name:  "the dot matches no address without a reverse name",
			rules: []Rule{rule(1, Block, to(domain(".")))},
			facts: connect(ip("127.0.0.2", 80)), rule: 0, verdict: Block,
		},
		{
			name:  "the dot matches every name",
			rules: []Rule{rule(1, Pass, to(domain(".")))},
			facts: connect(name("nosuch.example", 80)), rule: 1, verdict: Pass,
		},
		{
			name:  "interface: its own addresses only",
			rules: []Rule{rule(1, Block, to(iface("lo"))), rule(2, Pass)},
			facts: connect(ip("127.0.0.2", 80)), rule: 2, verdict: Pass,
		},
		{
			name:  "interface against a name",
			rules: []Rule{rule(1, Pass, to(iface("lo")))},
			facts: connect(name("both.example", 80)), rule: 1, verdict: Pass, to: ip("127.0.0.1", 80),
		},
		{
			name:  "method of the client is not the rule's",
			rules: []Rule{rule(1, Pass, methods(auth.Username))},
			facts: connect(ip("127.0.0.1", 80)), rule: 0, verdict: Block,
		},
		{
			name:  "a user with a password is not method none",
			rules: []Rule{rule(1, Pass)},
			facts: as(connect(ip("127.0.0.1", 80)), "bob"), rule: 0, verdict: Block,
		},
		{
			name: "user",
			rules: []Rule{
				rule(1, Block, methods(auth.Username), users("carol")),
				rule(2, Pass, methods(auth.Username), users("alice", "bob")),
			},
			facts: as(connect(ip("127.0.0.1", 80)), "bob"), rule: 2, verdict: Pass,
		},
		{
			name: "group and user are both needed",
			rules: []Rule{
				rule(1, Block, methods(auth.Username), users("carol"), groups("staff")),
				rule(2, Pass, methods(auth.Username), groups("nosuch", "wheel", "staff")),
			},
			facts: as(connect(ip("127.0.0.1", 80)), "bob"), rule: 2, verdict: Pass,
		},
		{
			name:  "client method is not the rule's",
			rules: []Rule{rule(1, Pass, func(r *Rule) { r.ClientMethods = auth.Methods{auth.RFC931} })},
			facts: connect(ip("127.0.0.1", 80)), rule: 0, verdict: Block,
		},
		{
			name:  "from",
			rules: []Rule{rule(1, Block, from(prefix("127.0.0.9/32"))), rule(2, Pass)},
			facts: connect(ip("127.0.0.1", 80)), rule: 1, verdict: Block,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &Policy{Socks: tt.rules, External4: true}
			o := decide(t, p, Socks, tt.facts, theWorld())
			if o.Rule.Number != tt.rule || o.Verdict != tt.verdict {
				t.Errorf("decided %v by rule %d, want %v by rule %d", o.Verdict, o.Rule.Number, tt.verdict, tt.rule)
			}
			want := tt.to
			if want == (socks.Addr{}) {
				want = tt.facts.To
			}
			if o.To != want {
				t.Errorf("connects to %v, want %v", o.To, want)
			}
			if tt.rule == 0 && o.Reason != noMatch {
				t.Errorf("reason %q", o.Reason)
			}
		})
	}
}

func TestWrongPasswordEndsTheEvaluation(t *testing.T) {
	p := &Policy{Socks: []Rule{rule(1, Pass, methods(auth.Username)), rule(2, Pass, methods(auth.Username))}}
	w := theWorld()
	w.ok = false
	o := decide(t, p, Socks, as(connect(ip("127.0.0.1", 80)), "bob"), w)
	if o.Verdict != Block || o.Rule.Number != 1 || o.Reason != "wrong password" {
		t.Errorf("got %v by rule %d: %q", o.Verdict, o.Rule.Number, o.Reason)
	}
}

func TestPasswordIsAskedLast(t *testing.T) {
	p := &Policy{Socks: []Rule{rule(1, Pass, methods(auth.Username), users("carol")), rule(2, Block, methods(auth.None))}}
	w := theWorld()
	decide(t, p, Socks, as(connect(ip("127.0.0.1", 80)), "bob"), w)
	if len(w.asked) != 0 {
		t.Errorf("asked %+v, though no rule needs it", w.asked)
	}
}

func TestFakeNamesAreNeverLookedUp(t *testing.T) {
	p := &Policy{FakeNames: true, Socks: []Rule{
		rule(1, Block, to(prefix("127.0.0.0/8"))), rule(2, Block, to(host("other.example"))), rule(3, Pass),
	}}
	w := theWorld()
	o := decide(t, p, Socks, connect(name("localhost", 80)), w)
	if o.Rule.Number != 3 || len(w.asked) != 0 {
		t.Errorf("rule %d, asked %v", o.Rule.Number, w.asked)
	}
}

func TestUnknownTarget(t *testing.T) {
	tests := []struct {
		name string
		to   addr.Spec
		six  bool
		want int
	}{
		{"everything", anywhere, true, 1},
		{"one port only", addr.Spec{Kind: addr.AnyIP, Ports: addr.Ports{Op: addr.EQ, UDP: 53}}, true, 2},
		{"one network", prefix("127.0.0.0/8"), false, 2},
		{"all of IPv4 when that is all there is", prefix("0.0.0.0/0"), false, 1},
		{"all of IPv4 beside IPv6", prefix("0.0.0.0/0"), true, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &Policy{External4: true, External6: tt.six, Socks: []Rule{rule(1, Block, to(tt.to)), rule(2, Pass)}}
			f := connect(socks.Addr{})
			f.Command, f.Protocol, f.ToUnknown = socks.UDPAssociate, socks.UDP, true
			if o := decide(t, p, Socks, f, theWorld()); o.Rule.Number != tt.want {
				t.Errorf("decided by rule %d, want %d", o.Rule.Number, tt.want)
			}
		})
	}
}

func TestClientStageSettlesMethodNone(t *testing.T) {
	p := &Policy{Client: []Rule{rule(1, Pass, func(r *Rule) { r.Commands = 0 })}}
	f := Facts{From: ip("127.0.0.9", 1), To: ip("127.0.0.1", 1080), Command: socks.Accept, Protocol: socks.TCP}
	if o := decide(t, p, Client, f, theWorld()); o.Method != auth.None || o.Verdict != Pass {
		t.Errorf("got %v with method %v", o.Verdict, o.Method)
	}
}

func TestRepliesAreJudgedWithoutMethod(t *testing.T) {
	p := &Policy{Socks: []Rule{rule(1, Pass, methods(auth.Username), commands(CmdBindReply))}}
	f := connect(ip("127.0.0.1", 80))
	f.Command, f.Method, f.ClientMethod = socks.BindReply, auth.Username, auth.Unset
	if o := decide(t, p, Socks, f, theWorld()); o.Verdict != Pass || o.Method != auth.None {
		t.Errorf("got %v with method %v", o.Verdict, o.Method)
	}
}

func TestNotesTellOfMistakesInRules(t *testing.T) {
	p := &Policy{Socks: []Rule{
		rule(1, Pass, to(host("nosuch.example"))),
		rule(2, Pass, methods(auth.Username), groups("nosuch")),
	}}
	o := decide(t, p, Socks, as(connect(ip("127.0.0.1", 80)), "bob"), theWorld())
	want := []Note{
		{Kind: NoteUnresolved, Name: "nosuch.example", Reason: "Name or service not known"},
		{Kind: NoteUnknownGroup, Name: "nosuch"},
	}
	if diff := cmp.Diff(want, o.Notes); diff != "" {
		t.Error(diff)
	}
}

// Dante looks at the primary group before all lists of members.
func TestPrimaryGroupComesFirst(t *testing.T) {
	p := &Policy{Socks: []Rule{rule(1, Pass, methods(auth.Username), groups("nosuch", "own"))}}
	f := as(connect(ip("127.0.0.1", 80)), "bob")
	f.Known = map[Question]Answer{
		{Kind: AskMember, Name: "nosuch"}: {Failed: true}, {Kind: AskMember, Name: "own"}: {Yes: true, Primary: true},
		{Kind: AskPassword, Method: auth.Username}: {Yes: true},
	}
	if o := p.Decide(Socks, f); o.Verdict != Pass || len(o.Notes) > 0 {
		t.Errorf("%v, notes %v", o.Verdict, o.Notes)
	}
}

func TestTraceNamesTheConditionThatFailed(t *testing.T) {
	p := &Policy{Socks: []Rule{
		rule(1, Pass, protocols(ProtoUDP)), rule(2, Pass, commands(CmdBind)), rule(3, Pass, versions(VerSocks4)),
		rule(4, Pass, from(prefix("10.0.0.0/8"))), rule(5, Pass, to(prefix("10.0.0.0/8"))),
		rule(6, Pass, func(r *Rule) { r.ClientMethods = nil }), rule(7, Pass),
		rule(8, Pass, methods(auth.Username), users("carol")), rule(9, Pass, methods(auth.Username), groups("wheel")),
		rule(10, Block, methods(auth.Username)),
	}}
	f := as(connect(ip("127.0.0.1", 80)), "bob")
	f.Explain = true
	o := decide(t, p, Socks, f, theWorld())
	want := []Step{
		{1, Protocol},
		{2, Command},
		{3, ProxyProtocol},
		{4, From},
		{5, To},
		{6, ClientMethod},
		{7, Method},
		{8, User},
		{9, Group},
		{10, Matched},
	}
	if diff := cmp.Diff(want, o.Trace); diff != "" {
		t.Error(diff)
	}
}

func TestChooseMethod(t *testing.T) {
	none, userPass, gss := socks.MethodNoAuth, socks.MethodUserPass, socks.MethodGSSAPI
	tests := []struct {
		list    auth.Methods
		offered []socks.Method
		want    socks.Method
	}{
		{auth.Methods{auth.None}, []socks.Method{none}, none},
		{auth.Methods{auth.None}, []socks.Method{userPass}, socks.MethodNoAcceptable},
		{auth.Methods{auth.None}, nil, socks.MethodNoAcceptable},
		{nil, []socks.Method{none, userPass}, socks.MethodNoAcceptable},
		{auth.Methods{auth.Username, auth.None}, []socks.Method{none, userPass}, userPass},
		{auth.Methods{auth.None, auth.Username}, []socks.Method{userPass, none}, none},
		{auth.Methods{auth.None, auth.Username}, []socks.Method{userPass}, userPass},
		{auth.Methods{auth.PAMAny}, []socks.Method{none, userPass}, userPass},
		{auth.Methods{auth.PAMAddress}, []socks.Method{none}, none},
		{auth.Methods{auth.RFC931}, []socks.Method{userPass, none}, none},
		{auth.Methods{auth.GSSAPI, auth.None}, []socks.Method{none, gss}, gss},
	}
	for _, tt := range tests {
		got, ok := ChooseMethod(tt.list, tt.offered)
		if got != tt.want || ok != (tt.want != socks.MethodNoAcceptable) {
			t.Errorf("%v of %v: got %d, %v; want %d", tt.list, tt.offered, got, ok, tt.want)
		}
	}
}
