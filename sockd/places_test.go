package sockd

import (
	"bytes"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
)

const accepted1 = "pass(1): tcp/accept [: 127.0.0.1.P 127.0.0.1.P"

// connect makes a session that stays, and gives the reply code.
func (s *server) connect(to netip.AddrPort) (net.Conn, socks.Reply) {
	s.t.Helper()
	c := s.dial()
	write(s.t, c, ask5(s.t, socks.Connect, target(to)))
	r := wire.NewReader(c)
	if _, err := r.Method(); err != nil {
		s.t.Fatal(err)
	}
	code, _, err := r.Reply5()
	if err != nil {
		s.t.Fatal(err)
	}
	return c, code
}

// ended closes a session and waits until the log has it; a session has left its rules before that.
func (s *server) ended(c net.Conn) {
	s.t.Helper()
	c.Close()
	s.lines(2)
}

func TestLimitOfAClientRule(t *testing.T) {
	s, e := serveWith(t, func(p *plan.Plan) {
		p.ClientRules[0].Session = plan.SessionLimits{Max: 1, Inheritable: true}
	}), echo(t, "127.0.0.1")
	for range 2 {
		held, _ := s.connect(e)
		s.lines(2)
		if got := rest(s.dial()); len(got) > 0 {
			t.Errorf("the client gets % x", got)
		}
		want := []string{"block(1): tcp/accept ]: 127.0.0.1.P 127.0.0.1.P: session limit reached (1/1 slot in use)"}
		if diff := cmp.Diff(want, s.lines(1)); diff != "" {
			t.Error(diff)
		}
		s.ended(held)
	}
}

func TestLimitOfASocksRule(t *testing.T) {
	s, e := serveWith(t, func(p *plan.Plan) {
		p.ClientRules[0].Session = plan.SessionLimits{Max: 2, Inheritable: true}
		p.SocksRules[0].Session = plan.SessionLimits{Key: "from", StateMax: 1}
	}), echo(t, "127.0.0.1")
	held, _ := s.connect(e)
	s.lines(2)
	for range 3 { // what is refused leaves the client rule
		if _, code := s.connect(e); code != socks.NotAllowed {
			t.Errorf("reply %v", code)
		}
		why := "per-key session limit reached (1/1 slot in use)"
		want := []string{
			accepted1,
			"block(1): tcp/connect ]: 127.0.0.1.P 127.0.0.1.P -> 0.0.0.0.0 127.0.0.1.P: " + why,
			"block(1): tcp/accept ]: 127.0.0.1.P 127.0.0.1.P: blocked by higher-level socks-rule #1: " + why,
		}
		if diff := cmp.Diff(want, s.lines(3)); diff != "" {
			t.Error(diff)
		}
	}
	s.ended(held)
	if _, code := s.connect(e); code != socks.Succeeded {
		t.Errorf("reply %v when there is room again", code)
	}
}

func TestLimitOfTheNegotiationAlone(t *testing.T) {
	t.Run("not inheritable", func(t *testing.T) {
		negotiationAlone(t, plan.SessionLimits{Max: 1}, plan.SessionLimits{})
	})
	t.Run("not inherited", func(t *testing.T) {
		negotiationAlone(t, plan.SessionLimits{Max: 1, Inheritable: true}, plan.SessionLimits{Max: 9})
	})
}

func negotiationAlone(t *testing.T, client, rule plan.SessionLimits) {
	s, e := serveWith(t, func(p *plan.Plan) {
		p.ClientRules[0].Session, p.SocksRules[0].Session = client, rule
	}), echo(t, "127.0.0.1")
	for range 2 { // who has connected does not count
		if _, code := s.connect(e); code != socks.Succeeded {
			t.Fatalf("reply %v", code)
		}
		s.lines(2)
	}
	s.dial()
	s.lines(1)
	if got := rest(s.dial()); len(got) > 0 { // who negotiates does
		t.Errorf("the client gets % x", got)
	}
}

func TestInheritableWithoutLimits(t *testing.T) {
	for _, inheritable := range []bool{true, false} {
		s := serveWith(t, func(p *plan.Plan) {
			p.ClientRules[0].Session.Inheritable = inheritable
		})
		if _, code := s.connect(echo(t, "127.0.0.1")); code != socks.Succeeded {
			t.Errorf("inheritable %v: reply %v", inheritable, code)
		}
	}
}

// However a session ends, its rules have room for the next.
func TestEveryEndLeavesTheRules(t *testing.T) {
	s, e := serveWith(t, func(p *plan.Plan) {
		one := plan.SessionLimits{Max: 1, Inheritable: true}
		p.ClientRules[0].Session, p.SocksRules[0].Session = one, one
		p.SocksRules[0].Commands = acl.CmdConnect
	}), echo(t, "127.0.0.1")
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody.Close()
	for name, sent := range map[string][]byte{
		"no SOCKS":        []byte("GET / HTTP/1.0\r\n\r\n"),
		"no method":       {5, 0},
		"bad request":     ask5(t, socks.Connect, socks.Addr{IP: netip.MustParseAddr("127.0.0.1")}),
		"no such name":    ask5(t, socks.Connect, socks.Addr{Name: "", Port: 80}),
		"no rule":         ask5(t, socks.Bind, target(e)),
		"nobody there":    ask5(t, socks.Connect, target(netip.MustParseAddrPort(nobody.Addr().String()))),
		"multicast":       ask5(t, socks.Connect, socks.Addr{IP: netip.MustParseAddr("224.0.0.1"), Port: 80}),
		"nothing at all":  nil,
		"early and gone":  append(ask5(t, socks.Connect, target(e)), bytes.Repeat([]byte("x"), 4000)...),
		"connects and is": ask5(t, socks.Connect, target(e)),
	} {
		c := s.dial()
		write(t, c, sent)
		if err := c.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		rest(c)
		c.Close()
		// The relay closes the client before it tells anybody; no other place may be held then.
		s.slots.wait()
		for _, r := range []*plan.Rule{&s.snapshot.Load().plan.ClientRules[0], &s.snapshot.Load().plan.SocksRules[0]} {
			p, refused := s.snapshot.Load().limits.Of(r).Take(netip.MustParseAddr("127.0.0.1"), time.Now())
			if refused != nil {
				t.Fatalf("after %q: %s", name, refused)
			}
			p.Leave()
		}
	}
}

// A session that began before a reload is nobody's afterwards but its own rule's.
func TestReloadAndLimits(t *testing.T) {
	max1 := func(p *plan.Plan) { p.SocksRules[0].Session = plan.SessionLimits{Max: 1} }
	s, e := serveWith(t, max1), echo(t, "127.0.0.1")
	reload := func(change func(*plan.Plan)) {
		s.snapshot.Store(newSnapshot(thePlan(s.at, change), s.snapshot.Load()))
	}
	first, _ := s.connect(e)
	s.lines(2)
	reload(max1)
	if _, code := s.connect(e); code != socks.NotAllowed {
		t.Errorf("the same rule after a reload: reply %v", code)
	}
	s.lines(3)
	reload(func(p *plan.Plan) { max1(p); p.SocksRules[0].Timeouts.Connect++ })
	if _, code := s.connect(e); code != socks.Succeeded {
		t.Errorf("another rule after a reload: reply %v", code)
	}
	s.lines(2)
	s.ended(first)
	if _, code := s.connect(e); code != socks.NotAllowed {
		t.Errorf("the end of a session of the old rule made room in the new one: reply %v", code)
	}
}

// A socks rule's bandwidth counts, or else the client rule's. What one session moves the others of the rule wait for.
func TestBandwidthOfRules(t *testing.T) {
	for name, test := range map[string]struct{ client, socks, limits int64 }{
		"none":          {},
		"client rule's": {client: 1000, limits: 1000},
		"socks rule's":  {socks: 2000, limits: 2000},
		"both":          {client: 1000, socks: 2000, limits: 2000},
	} {
		t.Run(name, func(t *testing.T) {
			s := session{clientRule: &plan.Rule{Bandwidth: test.client}, rule: &plan.Rule{Bandwidth: test.socks}}
			p := &plan.Plan{ClientRules: []plan.Rule{*s.clientRule}, SocksRules: []plan.Rule{*s.rule}}
			s.clientRule, s.rule = &p.ClientRules[0], &p.SocksRules[0]
			s.snap = newSnapshot(p, nil)
			share := s.bandwidth(s.rule)
			if test.limits == 0 {
				if share != nil {
					t.Error("there is a limit")
				}
				return
			}
			now := time.Now()
			share.Spend(5000, now)
			if _, wait := share.Allow(now); wait.Seconds() != 5000/float64(test.limits) {
				t.Errorf("5000 bytes take %v", wait)
			}
			next := s.bandwidth(s.rule)
			next.Spend(5000, now)
			if _, wait := next.Allow(now); wait.Seconds() != 10000/float64(test.limits) {
				t.Errorf("10,000 bytes of two sessions take %v", wait)
			}
		})
	}
}
