package explain

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// oracle is a Lookup, and also all its answers at once.
type oracle struct {
	ask func(q acl.Question) acl.Answer
}

func (o oracle) Answer(_ context.Context, _ string, q acl.Question) acl.Answer { return o.ask(q) }

// decide asks the policy itself.
func (o oracle) decide(p *acl.Policy, st acl.Stage, f acl.Facts, password bool) acl.Outcome {
	f.Known = map[acl.Question]acl.Answer{}
	for {
		out := p.Decide(st, f)
		if len(out.Ask) == 0 {
			return out
		}
		for _, q := range out.Ask {
			switch {
			case q.Kind != acl.AskPassword:
				f.Known[q] = o.ask(q)
			case password:
				f.Known[q] = acl.Answer{Yes: true}
			default:
				f.Known[q] = acl.Answer{Reason: fmt.Sprintf("system password authentication failed for user %q", f.User)}
			}
		}
	}
}

func one[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

func some[T any](r *rand.Rand, all ...T) []T {
	var chosen []T
	for _, x := range all {
		if r.IntN(2) == 0 {
			chosen = append(chosen, x)
		}
	}
	return chosen
}

// The addresses and names of the made-up world. Few, so that rules match.
var (
	clients = []string{"10.0.0.1", "10.0.0.2", "10.1.0.1"}
	targets = []string{"192.0.2.1", "192.0.2.2", "198.51.100.1"}
	names   = []string{"a.example", "b.example", "c.test"}
)

func randomSpec(r *rand.Rand, ips []string) addr.Spec {
	s := anywhere
	switch r.IntN(10) {
	case 0:
		s = prefix(one(r, ips...) + "/32")
	case 1:
		s = prefix(one(r, ips...) + "/16")
	case 2:
		s = addr.Spec{Kind: addr.Host, Name: one(r, names...)}
	case 3:
		s = addr.Spec{Kind: addr.Domain, Name: one(r, ".example", ".test", ".")}
	}
	if r.IntN(8) == 0 {
		s.Ports = addr.Ports{Op: one(r, addr.EQ, addr.GT, addr.LE), TCP: 80, UDP: 80}
	}
	return s
}

func randomRule(r *rand.Rand, n int, ips []string) plan.Rule {
	rule := plan.Rule{Rule: acl.Rule{
		Number: n, Line: 10 * n, Verdict: one(r, acl.Pass, acl.Pass, acl.Block), From: randomSpec(r, clients), To: randomSpec(r, ips),
		Commands: acl.CommandSet(r.IntN(int(acl.CmdAll)+1)) | one(r, 0, acl.CmdAll, acl.CmdAll), Protocols: one(r, acl.ProtoTCP|acl.ProtoUDP, acl.ProtoTCP, acl.ProtoUDP),
		Versions: one(r, acl.VerSocks4|acl.VerSocks5, acl.VerSocks5), ClientMethods: auth.Methods{auth.None},
		SocksMethods: one(r, auth.Methods{auth.Username, auth.None}, some(r, auth.Username, auth.None)),
	}}
	if r.IntN(8) == 0 {
		rule.Users, rule.SocksMethods = some(r, "bob", "carol"), auth.Methods{auth.Username}
	}
	if r.IntN(8) == 0 {
		rule.Groups, rule.SocksMethods = some(r, "staff", "guests"), auth.Methods{auth.Username}
	}
	return rule
}

func randomPlan(r *rand.Rand) *plan.Plan {
	p := &plan.Plan{
		Internal: []netip.AddrPort{at("10.0.0.99:1080")}, External: []netip.Addr{ip("203.0.113.1")},
		SocksMethods: one(r, auth.Methods{auth.Username, auth.None}, auth.Methods{auth.Username, auth.PAMUsername, auth.None}),
		FakeNames:    r.IntN(5) == 0, SourceChecks: acl.SourceChecks{Unknown: r.IntN(8) == 0, Mismatch: r.IntN(8) == 0, CheckReplyAuth: r.IntN(4) == 0},
	}
	last := 1 + r.IntN(3)
	for n := 1; n <= last; n++ {
		rule := randomRule(r, n, []string{"10.0.0.99"})
		if n == last && r.IntN(5) > 0 { // most clients must come further than this
			rule.Verdict, rule.From, rule.To = acl.Pass, anywhere, anywhere
		}
		rule.Protocols, rule.SocksMethods, rule.Users, rule.Groups = acl.ProtoTCP, auth.Methods{auth.Username, auth.None}, nil, nil
		p.ClientRules = append(p.ClientRules, rule)
	}
	for n := range r.IntN(8) {
		p.SocksRules = append(p.SocksRules, randomRule(r, n+1, append([]string{"203.0.113.1", "10.0.0.1"}, targets...)))
	}
	return p
}

// expected is what the rules are asked for a request, after the client rules (dante-reference 5.6).
func expected(q Request, method auth.Method, user string) []acl.Facts {
	client := socks.AddrFrom(q.Client)
	f := func(c socks.Command, proto socks.Protocol, from, to socks.Addr) acl.Facts {
		return acl.Facts{
			From: from, To: to, Command: c, Protocol: proto, Version: q.Version, ClientMethod: auth.None, Method: method, User: user,
		}
	}
	bound := socks.Addr{IP: ip("203.0.113.1")}
	associate := f(socks.UDPAssociate, socks.UDP, client, socks.Addr{})
	associate.ToUnknown = true
	switch q.Command {
	case Bind:
		return []acl.Facts{f(socks.Bind, socks.TCP, client, bound)}
	case BindReply:
		return []acl.Facts{f(socks.Bind, socks.TCP, client, bound), f(socks.BindReply, socks.TCP, q.Target, client)}
	case UDPAssociate:
		first := associate
		first.From = q.Target
		return []acl.Facts{first, associate}
	case UDP:
		return []acl.Facts{associate, f(socks.UDPAssociate, socks.UDP, client, q.Target)}
	case UDPReply:
		return []acl.Facts{
			associate, f(socks.UDPAssociate, socks.UDP, client, q.Target), f(socks.UDPReply, socks.UDP, q.Target, client),
		}
	}
	return []acl.Facts{f(socks.Connect, socks.TCP, client, q.Target)}
}

// Whatever the rules are, the explanation names the rule and the verdict that the policy gives, in each stage.
func TestExplanationsAgreeWithThePolicy(t *testing.T) {
	counts := map[string]int{}
	for seed := range uint64(10000) {
		r := rand.New(rand.NewPCG(seed, 1))
		p := randomPlan(r)
		resolves := map[string][]netip.Addr{}
		for _, n := range some(r, names...) {
			for _, a := range some(r, append(targets, clients...)...) {
				resolves[n] = append(resolves[n], ip(a))
			}
		}
		reverse := map[netip.Addr]string{}
		for _, a := range append(targets, clients...) {
			reverse[ip(a)] = one(r, append(names, "")...)
		}
		group := one(r, "staff", "guests", "")
		world := oracle{func(q acl.Question) acl.Answer {
			switch q.Kind {
			case acl.AskAddresses:
				return acl.Answer{Addrs: resolves[q.Name], Failed: len(resolves[q.Name]) == 0, Reason: "unknown"}
			case acl.AskReverse:
				return acl.Answer{Name: reverse[q.IP], Failed: reverse[q.IP] == ""}
			}
			return acl.Answer{Yes: q.Name == group}
		}}
		q := Request{
			Version: one(r, socks.V5, socks.V5, socks.V4), Client: at(one(r, clients...) + ":4000"), User: one(r, "", "bob", "carol"),
			PasswordWrong: r.IntN(6) == 0, Command: one(r, append(Commands(), Connect, Connect)...),
			Target: socks.AddrFrom(at(one(r, targets...) + one(r, ":80", ":81"))),
		}
		if r.IntN(3) == 0 && (q.Command == Connect || q.Command == UDP) {
			q.Target = socks.Addr{Name: one(r, names...), Port: q.Target.Port}
		}
		e, err := Explain(context.Background(), p, q, world)
		if err != nil {
			t.Fatal(err)
		}
		if problem := disagreement(e, p, q, world, counts); problem != "" {
			t.Fatalf("seed %d: %s\n%s", seed, problem, e.Text())
		}
	}
	for _, outcome := range []string{"client", "login", "name", "socks default", "socks pass", "socks block", "4udp"} {
		if counts[outcome] < 100 {
			t.Errorf("only %d of %q: the test looks at too little", counts[outcome], outcome)
		}
	}
	t.Log(counts)
}

// disagreement tells where an explanation and the policy differ.
func disagreement(e *Explanation, p *plan.Plan, q Request, world oracle, counts map[string]int) string {
	policy := p.Policy()
	says := func(d Decision, o acl.Outcome) string {
		if d.Rule == o.Rule.Number && d.Verdict == o.Verdict.String() && d.Reason == o.Reason && d.Line == o.Rule.Line {
			return ""
		}
		return fmt.Sprintf("the policy says %s by rule %d (%s), the explanation %s by rule %d (%s)",
			o.Verdict, o.Rule.Number, o.Reason, d.Verdict, d.Rule, d.Reason)
	}
	ends := func(verdict acl.Verdict, stages int) string {
		if e.Verdict != verdict.String() || len(e.Socks) != stages {
			return fmt.Sprintf("verdict %s after %d decisions of socks rules, want %s after %d", e.Verdict, len(e.Socks), verdict, stages)
		}
		return ""
	}
	o := world.decide(policy, acl.Client, acl.Facts{
		From: socks.AddrFrom(q.Client), To: socks.AddrFrom(p.Internal[0]), Command: socks.Accept, Protocol: socks.TCP,
	}, !q.PasswordWrong)
	if problem := says(*e.Client, o); problem != "" {
		return "client rules: " + problem
	}
	if o.Verdict == acl.Block {
		counts["client"]++
		return ends(acl.Block, 0)
	}
	method, user := auth.None, ""
	if q.User != "" && q.Version == socks.V5 {
		method, user = auth.Username, q.User // the client rules of this test want a login when there is one
	}
	if method == auth.Username && q.PasswordWrong && !p.SocksMethods.Has(auth.PAMUsername) {
		counts["login"]++
		return ends(acl.Block, 0)
	}
	udp := q.Command == UDPAssociate || q.Command == UDP || q.Command == UDPReply
	if q.Version == socks.V4 && udp {
		counts["4udp"]++
		return ends(acl.Block, 0)
	}
	if q.Command == Connect && q.Target.IsName() && world.ask(acl.Question{Kind: acl.AskAddresses, Name: q.Target.Name}).Failed {
		counts["name"]++
		return ends(acl.Block, 0)
	}
	stages := expected(Request{Version: q.Version, Client: q.Client, Target: q.Target, Command: q.Command}, method, user)
	for i, f := range stages {
		o := world.decide(policy, acl.Socks, f, !q.PasswordWrong)
		if i >= len(e.Socks) {
			return fmt.Sprintf("there are %d decisions of socks rules, want more", len(e.Socks))
		}
		if problem := says(e.Socks[i], o); problem != "" {
			return "socks rules: " + problem
		}
		if o.Verdict == acl.Block {
			if o.Rule.Number == 0 {
				counts["socks default"]++
			} else {
				counts["socks block"]++
			}
			return ends(acl.Block, i+1)
		}
	}
	counts["socks pass"]++
	if q.Command == UDP && q.Target.IsName() && world.ask(acl.Question{Kind: acl.AskAddresses, Name: q.Target.Name}).Failed {
		return ends(acl.Block, len(stages)) // there is nowhere to send it
	}
	return ends(acl.Pass, len(stages))
}
