package acl

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// indexed gives the policy with an index whatever the number of rules, that is used from rule head on.
func indexed(p *Policy, head int) *Policy {
	x := *p
	x.clientIndex, x.socksIndex = newIndex(p, Client, head), newIndex(p, Socks, head)
	return &x
}

// chance makes policies and requests.
type chance struct{ *rand.Rand }

func pick[T any](c chance, from ...T) T { return from[c.IntN(len(from))] }

func (c chance) oneIn(n int) bool { return c.IntN(n) == 0 }

// some gives a few of a list, perhaps the same twice.
func some[T any](c chance, most int, from ...T) (l []T) {
	for range c.IntN(most + 1) {
		l = append(l, pick(c, from...))
	}
	return l
}

func (c chance) ip() netip.Addr {
	return netip.MustParseAddr(pick(c,
		"10.1.2.3", "10.1.2.4", "10.1.3.1", "10.9.9.9", "192.0.2.1", "255.255.255.255", "0.0.0.0",
		"2001:db8::1", "2001:db8::2", "2001:db8:8000::1", "fd00::1", "::", "::ffff:10.1.2.3", "fe80::1%eth0"))
}

func (c chance) name() string {
	return pick(c, "host.example", "HOST.Example", "www.sub.example", "notexample", "other.example", "test", "",
		"\u212aelvin.example", "kelvin.EXAMPLE", "\xffbad.example", "bad\xc4.example", "\u00fcber.example")
}

func (c chance) spec() addr.Spec {
	s := addr.Spec{Kind: pick(c, addr.AnyIP, addr.AnyIP, addr.Prefix, addr.Prefix, addr.Prefix, addr.Host, addr.Domain, addr.Domain, addr.Interface)}
	switch s.Kind {
	case addr.Prefix:
		ip := c.ip()
		s.Prefix = netip.PrefixFrom(ip, pick(c, 0, 1, 8, 23, 24, 31, 32, c.IntN(ip.BitLen()+1)))
		if !s.Prefix.IsValid() {
			s.Prefix = netip.PrefixFrom(ip, ip.BitLen())
		}
	case addr.Host:
		s.Name = c.name()
	case addr.Domain:
		s.Name = "." + pick(c, "", "example", "EXAMPLE", "sub.example", "mple", "kelvin.example", "\u212a", "elvin.example",
			"\xfebad.example", "\xe4.example", "ber.example", "\u00dcber.example", "host.example")
	case addr.Interface:
		s.Name = pick(c, "eth0", "eth1", "lo")
	}
	if c.oneIn(2) {
		s.Ports = addr.Ports{Op: addr.Op(c.IntN(int(addr.Range) + 2)), TCP: c.port()}
		s.Ports.UDP = pick(c, s.Ports.TCP, s.Ports.TCP, c.port())
		if s.Ports.Op == addr.Range {
			s.Ports.End = c.port()
		}
	}
	return s
}

func (c chance) port() uint16 { return pick(c, uint16(0), 1, 79, 80, 81, 443, 1024, 65534, 65535) }

func (c chance) method() auth.Method {
	return pick(c, auth.None, auth.None, auth.Username, auth.RFC931, auth.PAMAny)
}

func (c chance) rule(n int) Rule {
	r := Rule{
		Number: n, Verdict: pick(c, Block, Pass), From: c.spec(), To: c.spec(), Commands: CmdAll,
		Protocols: pick(c, ProtoTCP, ProtoUDP, ProtoTCP|ProtoUDP, ProtoTCP|ProtoUDP), Versions: VerSocks4 | VerSocks5,
	}
	if c.oneIn(2) {
		r.From = anywhere
	}
	if c.oneIn(3) {
		r.Commands = CommandSet(c.IntN(int(CmdAll) + 1))
	}
	if c.oneIn(4) {
		r.Versions = VersionSet(c.IntN(16))
	}
	r.ClientMethods = append(some(c, 2, c.method()), c.method())
	r.SocksMethods = append(some(c, 2, c.method()), c.method())
	if c.oneIn(3) {
		r.Users = some(c, 2, "alice", "bob", "")
	}
	if c.oneIn(4) {
		r.Groups = some(c, 2, "staff", "wheel", "nosuch")
	}
	return r
}

func (c chance) policy(rules int) *Policy {
	p := &Policy{FakeNames: c.oneIn(3), External4: c.oneIn(2), External6: c.oneIn(2), LogDefault: c.oneIn(2)}
	if c.oneIn(3) {
		p.SourceChecks = SourceChecks{Mismatch: c.oneIn(2), Unknown: c.oneIn(2), CheckReplyAuth: c.oneIn(2)}
	}
	for i := range rules {
		p.Client = append(p.Client, c.rule(i+1))
		p.Socks = append(p.Socks, c.rule(i+1))
	}
	return p
}

func (c chance) address() socks.Addr {
	if c.oneIn(2) {
		return socks.Addr{Name: c.name(), Port: c.port()}
	}
	return socks.Addr{IP: c.ip(), Port: c.port()}
}

func (c chance) facts() Facts {
	f := Facts{
		From: socks.Addr{IP: c.ip(), Port: c.port()}, To: c.address(), ToUnknown: c.oneIn(6),
		Command:  pick(c, socks.Accept, socks.Connect, socks.Bind, socks.UDPAssociate, socks.BindReply, socks.UDPReply, socks.Unknown),
		Protocol: pick(c, socks.TCP, socks.UDP), Version: pick(c, socks.V4, socks.V5, 0),
		ClientMethod: c.method(), Method: pick(c, auth.Unset, c.method()), User: pick(c, "alice", "bob", "carol", ""),
	}
	if c.oneIn(10) {
		f.From = c.address()
	}
	if c.oneIn(20) {
		f.Protocol = 0
	}
	if c.oneIn(20) {
		f.Method = auth.BSDAuth + 1
	}
	return f
}

func (c chance) answer(Question) Answer {
	a := Answer{Name: c.name(), Yes: !c.oneIn(3), Primary: c.oneIn(4), Failed: c.oneIn(3), Reason: pick(c, "", "why")}
	for range c.IntN(4) {
		a.Addrs = append(a.Addrs, c.ip())
	}
	return a
}

// ways counts what came out, to show that the comparison was of something.
type ways struct{ decided, byDefault, asked, noted, moved int }

func (w *ways) add(o Outcome, f Facts) {
	switch {
	case len(o.Ask) > 0:
		w.asked++
	case o.Rule.Number == 0:
		w.byDefault++
	default:
		w.decided++
	}
	if len(o.Notes) > 0 {
		w.noted++
	}
	if len(o.Ask) == 0 && o.To != f.To {
		w.moved++
	}
}

func equal[T comparable](a, b T) bool { return a == b }

// compare decides with and without index until there is a decision.
func compare(t *testing.T, c chance, p, x *Policy, w *ways) {
	t.Helper()
	stage, f := pick(c, Client, Socks, Socks), c.facts()
	f.Known = map[Question]Answer{}
	for range 1000 {
		want, got := p.Decide(stage, f), x.Decide(stage, f)
		if diff := cmp.Diff(want, got, cmp.Comparer(equal[netip.Addr]), cmp.Comparer(equal[netip.Prefix])); diff != "" {
			t.Fatalf("stage %v, %+v:\n%s", stage, f, diff)
		}
		w.add(want, f)
		if len(want.Ask) == 0 {
			return
		}
		for _, q := range want.Ask {
			if _, ok := f.Known[q]; !ok {
				f.Known[q] = c.answer(q)
			}
		}
	}
	t.Fatalf("no decision: %+v", f)
}

// The index changes no outcome, in no step of a decision.
func TestIndexedDecidesTheSame(t *testing.T) {
	var w ways
	for seed := range uint64(400) {
		c := chance{rand.New(rand.NewPCG(seed, 1))}
		p := c.policy(pick(c, 1, 5, 30, 64, 65, 200))
		x := indexed(p, pick(c, 0, 0, 3))
		for range 60 {
			compare(t, c, p, x, &w)
		}
	}
	t.Logf("%+v", w)
	if min(w.decided, w.byDefault, w.asked, w.noted, w.moved) < 500 {
		t.Errorf("%+v: too few of some to show anything", w)
	}
}

func FuzzIndexedDecidesTheSame(f *testing.F) {
	for seed := range uint64(10) {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, a, b uint64) {
		c := chance{rand.New(rand.NewPCG(a, b))}
		p := c.policy(1 + c.IntN(150))
		x := indexed(p, c.IntN(4))
		for range 10 {
			compare(t, c, p, x, &ways{})
		}
	})
}

// More host names than are tried.
func TestManyHostNames(t *testing.T) {
	c := chance{rand.New(rand.NewPCG(1, 1))}
	p := &Policy{External4: true}
	for i := range 3 * maxTrials {
		r := rule(i+1, pick(c, Block, Pass), to(host(fmt.Sprintf("host%d.example", i))), from(c.spec()))
		p.Socks = append(p.Socks, r)
	}
	x := indexed(p, 0)
	var w ways
	for range 200 {
		compare(t, c, p, x, &w)
	}
	p.FakeNames = true
	p.Socks[150].From = anywhere
	x = indexed(p, 0)
	f := connect(name("HOST150.example", 80))
	want, got := decide(t, p, Socks, f, theWorld()), decide(t, x, Socks, f, theWorld())
	if want.Rule.Number == 0 || want.Rule != got.Rule {
		t.Errorf("decided by rule %d, want %d", got.Rule.Number, want.Rule.Number)
	}
}

// Sessions decide at the same time.
func TestIndexIsShared(t *testing.T) {
	p := indexed(manyRules("to domains", 500), 0)
	var wait sync.WaitGroup
	for n := range 8 {
		wait.Go(func() {
			for i := n; i < 500; i += 8 {
				o := p.Decide(Socks, connect(name(fmt.Sprintf("www.d%d.example", i), 443)))
				if o.Rule.Number != i+1 {
					t.Errorf("decided by rule %d, want %d", o.Rule.Number, i+1)
				}
			}
		})
	}
	wait.Wait()
}

func TestIndexIsForManyRules(t *testing.T) {
	few, many := manyRules("to prefixes", fewRules-1).Indexed(), manyRules("to prefixes", fewRules).Indexed()
	if few.socksIndex != nil || many.socksIndex == nil || many.clientIndex != nil {
		t.Error("index where there should be none, or none where there should be one")
	}
}

// Only the rules that can match are left to look at, out of any number.
func TestFewRulesAreLookedAt(t *testing.T) {
	const n = 10000
	for _, shape := range shapes {
		p := manyRules(shape, n)
		x := newIndex(p, Socks, 0)
		f := lastRequest(shape, n)
		s := newScratch(x.words)
		x.find(&evaluation{policy: p, stage: Socks, facts: &f}, s)
		looked := 0
		for i, ok := s.candidates.next(0); ok; i, ok = s.candidates.next(i + 1) {
			looked++
		}
		if looked == 0 || looked > 3 {
			t.Errorf("%s: %d rules to look at", shape, looked)
		}
	}
}

// shapes are kinds of large rule sets.
var shapes = []string{"to prefixes", "to domains", "from prefixes", "ports", "port ranges", "users", "mixed"}

// manyRules gives n rules, each for something of its own.
func manyRules(shape string, n int) *Policy {
	p := &Policy{External4: true}
	for i := range n {
		r := rule(i+1, Pass)
		kind := shape
		if shape == "mixed" {
			kind = shapes[i%(len(shapes)-1)]
			if i == n-1 {
				kind = "to prefixes"
			}
		}
		switch kind {
		case "to prefixes":
			r.To = addr.Spec{Kind: addr.Prefix, Prefix: netip.PrefixFrom(numbered(172, i), 24+8*(i%2))}
		case "to domains":
			r.To = domain(fmt.Sprintf(".d%d.example", i))
		case "from prefixes":
			r.From = addr.Spec{Kind: addr.Prefix, Prefix: netip.PrefixFrom(numbered(10, i), 32)}
		case "ports":
			r.To = prefix("192.0.2.0/24")
			r.To.Ports = addr.Ports{Op: addr.EQ, TCP: uint16(1000 + i), UDP: uint16(1000 + i)}
		case "port ranges":
			r.To = prefix("192.0.2.0/24")
			r.To.Ports = addr.Ports{Op: addr.Range, TCP: uint16(1000 + 5*i), UDP: uint16(1000 + 5*i), End: uint16(1003 + 5*i)}
		case "users":
			r.SocksMethods, r.Users = auth.Methods{auth.Username}, []string{fmt.Sprintf("user%d", i)}
		}
		p.Socks = append(p.Socks, r)
	}
	return p
}

// numbered gives addresses of which each has a /24 of its own.
func numbered(first byte, i int) netip.Addr {
	return netip.AddrFrom4([4]byte{first, byte(i >> 8), byte(i), 0})
}

// lastRequest is decided by the last of n rules.
func lastRequest(shape string, n int) Facts {
	f := connect(socks.Addr{IP: numbered(172, n-1), Port: 443})
	switch shape {
	case "to domains":
		f.To = name(fmt.Sprintf("www.D%d.example", n-1), 443)
	case "from prefixes":
		f.From.IP = numbered(10, n-1)
	case "ports":
		f.To = ip("192.0.2.1", uint16(1000+n-1))
	case "port ranges":
		f.To = ip("192.0.2.1", uint16(1001+5*(n-1)))
	case "users":
		f = as(f, fmt.Sprintf("user%d", n-1))
		f.Known = map[Question]Answer{{Kind: AskPassword, Method: auth.Username}: {Yes: true}}
	case "mixed":
		f.Known = map[Question]Answer{{Kind: AskReverse, IP: f.To.IP}: {Name: "www.elsewhere.example"}}
	}
	return f
}

func BenchmarkDecide(b *testing.B) {
	for _, shape := range shapes {
		for _, n := range []int{1, 10, 16, 32, 64, 100, 1000, 10000} {
			linear := manyRules(shape, n)
			for name, p := range map[string]*Policy{"linear": linear, "indexed": linear.Indexed()} {
				b.Run(fmt.Sprintf("%s/%d/%s", shape, n, name), func(b *testing.B) {
					f := lastRequest(shape, n)
					b.ReportAllocs()
					for b.Loop() {
						if o := p.Decide(Socks, f); o.Rule == nil || o.Rule.Number != n {
							b.Fatalf("decided by %+v", o)
						}
					}
				})
			}
		}
	}
}

func BenchmarkIndexed(b *testing.B) {
	for _, shape := range shapes {
		p := manyRules(shape, 10000)
		b.Run(shape, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.Indexed()
			}
			b.ReportMetric(float64(kept(p.Indexed)), "kept-B")
		})
	}
}

// kept gives the bytes that what f makes occupies.
func kept(f func() *Policy) uint64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	p := f()
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(p)
	return after.HeapAlloc - before.HeapAlloc
}

func TestRangesOfPorts(t *testing.T) {
	c := chance{rand.New(rand.NewPCG(1, 1))}
	var conditions []addr.Ports
	for op := addr.AnyPort; op <= addr.Range+1; op++ {
		for range 10 {
			conditions = append(conditions, addr.Ports{Op: op, TCP: c.port(), UDP: c.port(), End: c.port()})
		}
	}
	words := (len(conditions) + 63) / 64
	r := newPortRules(conditions, words)
	for _, proto := range []socks.Protocol{socks.TCP, socks.UDP} {
		for port := range 1 << 16 {
			got, want := newBitset(words), newBitset(words)
			r.find(proto, uint16(port), got)
			for i, p := range conditions {
				if p.Match(proto, uint16(port)) {
					want.add(i)
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%v port %d: %x, want %x", proto, port, got, want)
			}
		}
	}
}
