package lint

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// pick gives one of the words.
func pick[T any](rnd *rand.Rand, words ...T) T { return words[rnd.IntN(len(words))] }

// randomSpec gives an address condition from a small world, so that conditions often cover each other.
func randomSpec(rnd *rand.Rand) string {
	s := pick(rnd, "0/0", "0/0", "0/0", "0/0", "0/0", "0.0.0.0/0", "0.0.0.0/0", "::/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.3/32", "10.9.9.9/8",
		"2001:db8::/32", "2001:db8::1/128", "host.example", "HOST.example", "other.example", ".example", ".sub.example", ".", "eth0", "eth1")
	return s + pick(rnd, "", "", "", "", "", "", "", "", "", "", "", " port = 80", " port eq 443", " port ne 80", " port le 80", " port lt 81", " port ge 80",
		" port gt 443", " port 80-443", " port 80-80", " port 1-65535")
}

// randomRule gives a rule.
func randomRule(rnd *rand.Rand, stage acl.Stage) string {
	lines := []string{
		fmt.Sprintf("%s %s {", stage, pick(rnd, "pass", "block")),
		fmt.Sprintf("from: %s to: %s", randomSpec(rnd), randomSpec(rnd)),
	}
	option := func(chance int, words ...string) {
		if rnd.IntN(chance) == 0 {
			lines = append(lines, pick(rnd, words...))
		}
	}
	if stage == acl.Client {
		option(3, "clientmethod: none", "clientmethod: rfc931", "clientmethod: rfc931 none")
		return strings.Join(append(lines, "}"), "\n")
	}
	option(3, "command: connect", "command: udpassociate", "command: connect bind", "command: udpreply bindreply", "command: connect udpassociate udpreply")
	option(5, "protocol: tcp", "protocol: udp", "protocol: tcp udp")
	option(5, "proxyprotocol: socks_v4", "proxyprotocol: socks_v5", "proxyprotocol: socks_v4 socks_v5")
	option(5, "clientmethod: none", "clientmethod: rfc931")
	switch rnd.IntN(6) {
	case 0:
		if strings.Contains(strings.Join(lines, ""), "reply") {
			break // replies have neither passwords nor names
		}
		lines = append(lines, "socksmethod: username", pick(rnd, "user: bob", "user: bob carol", "user: carol\nuser: bob", "group: staff", "user: bob\ngroup: staff"))
		lines = append(lines, "command: connect udpassociate")
	case 1:
		if strings.Contains(strings.Join(lines, ""), "command: udpreply") {
			lines = append(lines, "socksmethod: none")
			break
		}
		lines = append(lines, pick(rnd, "socksmethod: none", "socksmethod: username", "socksmethod: username none"))
	}
	return strings.Join(append(lines, "}"), "\n")
}

// oracle answers what a policy asks: at random, but the same question always the same.
type oracle struct {
	rnd   *rand.Rand
	known map[acl.Question]acl.Answer
}

func randomIP(rnd *rand.Rand) netip.Addr {
	return netip.MustParseAddr(pick(rnd, "10.1.2.3", "10.1.2.4", "10.1.3.1", "10.9.9.9", "192.0.2.1", "198.51.100.7", "2001:db8::1", "2001:db8::2", "fd00::1"))
}

func randomName(rnd *rand.Rand) string {
	return pick(rnd, "host.example", "www.sub.example", "notexample", "other.example", "elsewhere.test")
}

func (o oracle) answer(q acl.Question) {
	key := q
	key.Name = strings.ToLower(q.Name) // the DNS does not know case
	a, ok := o.known[key]
	if !ok {
		switch q.Kind {
		case acl.AskAddresses, acl.AskInterface:
			for range o.rnd.IntN(3) {
				a.Addrs = append(a.Addrs, randomIP(o.rnd))
			}
		case acl.AskReverse:
			a.Name = pick(o.rnd, "", randomName(o.rnd))
		default:
			a.Yes = o.rnd.IntN(2) == 0
		}
		o.known[key] = a
	}
	o.known[q] = a
}

func (o oracle) decide(p *acl.Policy, stage acl.Stage, f acl.Facts) acl.Outcome {
	f.Known = o.known
	for {
		out := p.Decide(stage, f)
		if len(out.Ask) == 0 {
			return out
		}
		for _, q := range out.Ask {
			o.answer(q)
		}
	}
}

func randomAddr(rnd *rand.Rand, names bool) socks.Addr {
	a := socks.Addr{IP: randomIP(rnd), Port: pick(rnd, uint16(1), 79, 80, 81, 443, 444, 65535)}
	if names && rnd.IntN(2) == 0 {
		a.IP, a.Name = netip.Addr{}, randomName(rnd)
	}
	return a
}

func randomRequest(rnd *rand.Rand, stage acl.Stage) acl.Facts {
	f := acl.Facts{
		From: randomAddr(rnd, false), To: randomAddr(rnd, stage == acl.Socks), Command: socks.Accept, Protocol: socks.TCP,
		Method: pick(rnd, auth.Unset, auth.None, auth.RFC931), User: pick(rnd, "", "bob", "carol", "dave"),
	}
	if stage == acl.Client {
		return f
	}
	f.Command = pick(rnd, socks.Connect, socks.Connect, socks.Bind, socks.BindReply, socks.UDPAssociate, socks.UDPReply)
	f.Version = socks.V5
	switch f.Command {
	case socks.UDPAssociate, socks.UDPReply:
		f.Protocol = socks.UDP
	default:
		f.Version = pick(rnd, socks.V4, socks.V5)
	}
	f.ToUnknown = f.Command == socks.UDPAssociate && rnd.IntN(2) == 0
	f.ClientMethod = pick(rnd, auth.None, auth.RFC931)
	f.Method = pick(rnd, auth.Unset, auth.None, auth.Username)
	return f
}

// A rule of which it is said that it never decides is never the one that decided, whatever is asked, and whatever names
// resolve to.
func TestShadowedRulesNeverDecide(t *testing.T) {
	const head = "logoutput: stderr\ninternal: 10.1.2.3 port = 80\nexternal: %s\nuser.unprivileged: nobody\n" +
		"user.libwrap: nobody\nclientmethod: none rfc931\nsocksmethod: username none\n%s\n"
	decided, shadowed, excepted := 0, 0, 0
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		text := fmt.Sprintf(head, pick(rnd, "192.0.2.10", "eth0"), pick(rnd, "", "", "srchost: checkreplyauth", "resolveprotocol: fake"))
		for _, stage := range []acl.Stage{acl.Client, acl.Socks} {
			for range 15 {
				text += randomRule(rnd, stage) + "\n"
			}
		}
		if strings.Contains(text, "checkreplyauth") {
			text = strings.ReplaceAll(text, "user:", "#") // danted refuses some of these together
			text = strings.ReplaceAll(text, "group:", "#")
		}
		file, c := read(t, "random.conf", text, machine{})
		said := map[int]string{} // by offset
		for _, d := range Lint(file, c, machine{}) {
			if d.Code == "shadowed-rule" {
				said[d.Pos.Offset] = d.Message
				shadowed++
			}
		}
		policy := &acl.Policy{FakeNames: c.Resolver.V == "fake"}
		policy.SourceChecks.CheckReplyAuth = has(c.SourceChecks, "checkreplyauth")
		for _, e := range c.External {
			policy.External4 = policy.External4 || e.V.Is4()
			policy.External6 = policy.External6 || e.V.Is6()
		}
		where := map[acl.Stage][]int{}
		for _, r := range c.ClientRules {
			policy.Client = append(policy.Client, r.Rule.Rule)
			where[acl.Client] = append(where[acl.Client], r.Pos.Offset)
		}
		for _, r := range c.SocksRules {
			policy.Socks = append(policy.Socks, r.Rule.Rule)
			where[acl.Socks] = append(where[acl.Socks], r.Pos.Offset)
		}
		for range 150 {
			o := oracle{rnd, map[acl.Question]acl.Answer{}}
			for _, stage := range []acl.Stage{acl.Client, acl.Socks} {
				f := randomRequest(rnd, stage)
				out := o.decide(policy, stage, f)
				if out.Rule.Number == 0 {
					continue
				}
				decided++
				message, ok := said[where[stage][out.Rule.Number-1]]
				if ok && f.ToUnknown && strings.Contains(message, "except for UDP associate requests") {
					excepted++
					continue
				}
				if ok {
					t.Fatalf("seed %d: %s\nbut it decided %+v\n%s", seed, message, f, text)
				}
			}
		}
	}
	if decided < 10000 || shadowed < 500 || excepted == 0 {
		t.Errorf("%d decisions, %d shadowed rules, %d exceptions: too few to show anything", decided, shadowed, excepted)
	}
}

// addressesCover says the same as the index, by comparing two conditions.
func addressesCover(wide, narrow addr.Spec) bool {
	switch {
	case wide.Kind == addr.AnyIP:
		return true
	case wide.Kind != narrow.Kind:
		return false
	case wide.Kind == addr.Prefix:
		return wide.Prefix.Bits() <= narrow.Prefix.Bits() && wide.Prefix.Contains(narrow.Prefix.Addr())
	case wide.Kind == addr.Domain:
		return wide.Name == "." || wide.Name == narrow.Name || strings.HasSuffix(narrow.Name, wide.Name)
	}
	return strings.EqualFold(wide.Name, narrow.Name)
}

// The index gives all earlier rules whose addresses cover those of another one, and no others.
func TestCandidates(t *testing.T) {
	hits := 0
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		text := "logoutput: stderr\ninternal: 10.1.2.3 port = 80\nexternal: eth0\nuser.unprivileged: nobody\nclientmethod: none rfc931\nuser.libwrap: nobody\nsocksmethod: username none\n"
		for range 40 {
			text += randomRule(rnd, acl.Socks) + "\n"
		}
		_, c := read(t, "random.conf", text, machine{})
		rules := (&linter{}).rules(acl.Socks, c.SocksRules)
		index := newEarlier(rules)
		for i, r := range rules {
			if noPort(r.To.Ports) {
				continue // it has a warning of its own
			}
			got := map[int]bool{}
			index.candidates(r, func(j int) { got[j] = true })
			for j, e := range rules[:i] {
				addresses := addressesCover(e.From, r.From) && addressesCover(e.To, r.To)
				if got[j] && !addresses {
					t.Fatalf("%s is a candidate for %s:\n%s", e, r, text)
				}
				all := addresses && (len(e.Users) == 0 || namesCover(e.Users, r.Users)) && (len(e.Groups) == 0 || namesCover(e.Groups, r.Groups)) &&
					portsCover(e.From.Ports, r.From.Ports, r.Protocols) && portsCover(e.To.Ports, r.To.Ports, r.Protocols)
				if all && !got[j] {
					t.Fatalf("%s covers %s and is no candidate:\n%s", e, r, text)
				}
				if all {
					hits++
				}
			}
			index.add(r, i)
		}
	}
	if hits < 500 {
		t.Errorf("%d pairs cover each other: too few to show anything", hits)
	}
}

// large gives a configuration with many rules: networks in networks, and rules for one user or port each.
func large(n int) string {
	var b strings.Builder
	b.WriteString("logoutput: stderr\ninternal: 10.1.2.3 port = 80\nexternal: eth0\nuser.unprivileged: nobody\nsocksmethod: username none\n")
	b.WriteString("client pass { from: 0/0 to: 0/0 }\nsocks block { from: 0/0 to: 0/0 port 2000-2010 }\n")
	for i := range n {
		switch i % 4 {
		case 0:
			fmt.Fprintf(&b, "socks block { from: 10.%d.%d.0/24 to: 172.%d.%d.0/%d }\n", i/256%256, i%256, i/512%256, i%256, 16+i%16)
		case 1:
			fmt.Fprintf(&b, "socks pass { from: 0/0 to: 0/0 port = %d }\n", 1+i)
		case 2:
			fmt.Fprintf(&b, "socks pass {\nfrom: 0/0 to: 0/0\nsocksmethod: username\nuser: user%d\n}\n", i)
		case 3:
			fmt.Fprintf(&b, "socks pass { from: 10.0.0.0/8 to: host%d.sub%d.example port = 443 }\n", i, i%50)
		}
	}
	return b.String()
}

// ranges gives as many rules that differ in their ports only.
func ranges(n int) string {
	var b strings.Builder
	b.WriteString("logoutput: stderr\ninternal: 10.1.2.3 port = 80\nexternal: eth0\nuser.unprivileged: nobody\nsocksmethod: none\n")
	b.WriteString("client pass { from: 0/0 to: 0/0 }\n")
	for i := range n {
		fmt.Fprintf(&b, "socks pass { from: 10.0.0.0/8 to: 192.0.2.0/24 port %d-%d }\n", 1+6*i, 4+6*i)
	}
	return b.String()
}

func BenchmarkLint10000Ranges(b *testing.B) {
	file, c := read(b, "ranges.conf", ranges(10000), machine{})
	for b.Loop() {
		Lint(file, c, machine{})
	}
}

func BenchmarkLint10000Rules(b *testing.B) {
	file, c := read(b, "large.conf", large(10000), machine{})
	for b.Loop() {
		Lint(file, c, machine{})
	}
}

// The index must leave few rules to compare with each: all pairs of 10,000 rules would be fifty million.
func TestManyRulesAreFast(t *testing.T) {
	const n = 10000
	for name, text := range map[string]string{"large.conf": large(n), "ranges.conf": ranges(n)} {
		_, c := read(t, name, text, machine{})
		rules := (&linter{}).rules(acl.Socks, c.SocksRules)
		index := newEarlier(rules)
		compared := 0
		for i, r := range rules {
			index.candidates(r, func(int) { compared++ })
			index.add(r, i)
		}
		if compared > 5*n || compared == 0 && name == "large.conf" {
			t.Errorf("%s: %d comparisons for %d rules", name, compared, n)
		}
	}
}
