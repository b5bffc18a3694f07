package explain

import (
	"context"
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

var update = flag.Bool("update", false, "write the golden files")

var anywhere = addr.Spec{Kind: addr.AnyIP}

func prefix(text string) addr.Spec {
	return addr.Spec{Kind: addr.Prefix, Prefix: netip.MustParsePrefix(text)}
}

func ip(text string) netip.Addr { return netip.MustParseAddr(text) }

func at(text string) netip.AddrPort { return netip.MustParseAddrPort(text) }

func target(t *testing.T, text string) socks.Addr {
	t.Helper()
	a, err := ParseTarget(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// office is a small configuration with some of everything:
//
//	1  client block from 10.0.6.0/24
//	2  client pass everybody, to log in or not
//
//	1  socks block to .evil.example
//	2  socks pass staff bob and alice, ten at a time
//	3  socks pass to 192.0.2.0/24 port 80-90, connect only
//	4  socks pass datagrams and replies of 198.51.100.0/24
func office() *plan.Plan {
	none, login := auth.Methods{auth.None}, auth.Methods{auth.Username}
	all := auth.Methods{auth.Username, auth.None}
	limits := plan.Timeouts{Negotiate: 30 * time.Second, Connect: 12 * time.Second}
	client := func(n, line int, v acl.Verdict, from addr.Spec) plan.Rule {
		return plan.Rule{Timeouts: limits, Rule: acl.Rule{
			Number: n, Line: line, Verdict: v, From: from, To: anywhere, Protocols: acl.ProtoTCP,
			ClientMethods: none, SocksMethods: all, Log: acl.LogConnect | acl.LogError,
		}}
	}
	rule := func(n, line int, v acl.Verdict, to addr.Spec) plan.Rule {
		return plan.Rule{Timeouts: limits, Rule: acl.Rule{
			Number: n, Line: line, Verdict: v, From: anywhere, To: to, Commands: acl.CmdAll,
			Protocols: acl.ProtoTCP | acl.ProtoUDP, Versions: acl.VerSocks4 | acl.VerSocks5,
			ClientMethods: none, SocksMethods: all, Log: acl.LogConnect,
		}}
	}
	p := &plan.Plan{
		Name:     "office.conf",
		Internal: []netip.AddrPort{at("10.0.0.1:1080"), at("[fd00::1]:1080")},
		External: []netip.Addr{ip("203.0.113.1"), ip("203.0.113.2")},
		Timeouts: limits, ClientMethods: none, SocksMethods: all,
		ClientRules: []plan.Rule{client(1, 8, acl.Block, prefix("10.0.6.0/24")), client(2, 11, acl.Pass, anywhere)},
		SocksRules: []plan.Rule{
			rule(1, 15, acl.Block, addr.Spec{Kind: addr.Domain, Name: ".evil.example"}),
			rule(2, 18, acl.Pass, anywhere),
			rule(3, 26, acl.Pass, prefix("192.0.2.0/24")),
			rule(4, 30, acl.Pass, prefix("0.0.0.0/0")),
		},
		SocketOptions: []plan.SocketOption{{Side: plan.External, Level: "tcp", Name: "tcp_nodelay", Value: "1"}},
	}
	staff := &p.SocksRules[1]
	staff.SocksMethods, staff.Users, staff.Groups = login, []string{"bob", "alice"}, []string{"staff"}
	staff.Timeouts.TCPIO = time.Hour
	staff.Session = plan.SessionLimits{Max: 10, Throttle: plan.Throttle{Sessions: 5, Every: time.Minute}, Key: "from", StateMax: 2}
	staff.Bandwidth = 100000
	staff.Redirect = plan.Redirect{From: prefix("203.0.113.1/32")}
	staff.UDPPorts = plan.PortRange{First: 40000, Last: 41000}
	staff.SocketOptions = []plan.SocketOption{{Side: plan.Internal, Level: "ip", Name: "ip_tos", Value: "8"}}
	staff.Libwrap = "spawn echo %a"
	web := &p.SocksRules[2]
	web.Commands, web.To.Ports = acl.CmdConnect, addr.Ports{Op: addr.Range, TCP: 80, UDP: 80, End: 90}
	udp := &p.SocksRules[3]
	udp.Commands, udp.From = acl.CmdUDPAssociate|acl.CmdUDPReply, prefix("0.0.0.0/0")
	return p
}

// world is what the tests know of names and groups.
func world(t *testing.T) *Given {
	t.Helper()
	g := &Given{External: office().External, Next: FromFacts{Facts: resolved(nil)}}
	for _, text := range []string{
		"www.example=198.51.100.9,192.0.2.9", "six.example=2001:db8::9", "proxy.example=203.0.113.77", "nosuch.example=",
		"both.example=192.0.2.9,2001:db8::9,192.0.2.10",
	} {
		if err := g.Resolve(text); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"192.0.2.66=host.evil.example", "192.0.2.9=www.example"} {
		if err := g.Reverse(text); err != nil {
			t.Fatal(err)
		}
	}
	return g
}

func explained(t *testing.T, p *plan.Plan, r Request, l Lookup) *Explanation {
	t.Helper()
	if !r.Client.IsValid() {
		r.Client = at("10.0.1.7:4000")
	}
	e, err := Explain(context.Background(), p, r, l)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-"))
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The golden files are read by people before they are committed: each shows one way a request can go.
func TestText(t *testing.T) {
	routed := func(p *plan.Plan) {
		p.Routes = []plan.Route{{
			Number: 1, Line: 40, From: anywhere, To: anywhere, Commands: acl.CmdConnect, Protocols: acl.ProtoTCP,
			Gateway: addr.Spec{Kind: addr.Host, Name: "proxy.example", Ports: addr.Ports{Op: addr.EQ, TCP: 1080, UDP: 1080}},
			Proxies: acl.VerSocks4 | acl.VerSocks5, Methods: auth.Methods{auth.None},
		}}
	}
	for name, c := range map[string]struct {
		request Request
		to      string
		groups  []string
		change  func(*plan.Plan)
	}{
		"connect by name":             {to: "www.example:80"},
		"connect as bob":              {request: Request{User: "bob"}, groups: []string{"staff"}, to: "www.example:80"},
		"connect as bob not staff":    {request: Request{User: "bob"}, groups: []string{"guests"}, to: "192.0.2.9:80"},
		"connect as carol":            {request: Request{User: "carol"}, to: "192.0.2.9:80"},
		"wrong password":              {request: Request{User: "bob", PasswordWrong: true}, to: "192.0.2.9:80"},
		"wrong password of two kinds": {request: Request{User: "bob", PasswordWrong: true}, groups: []string{"staff"}, to: "192.0.2.9:80", change: func(p *plan.Plan) { p.SocksMethods = append(p.SocksMethods, auth.PAMUsername) }},
		"client refused":              {request: Request{Client: at("10.0.6.9:4000")}, to: "192.0.2.9:80"},
		"no acceptable method":        {request: Request{Offered: []socks.Method{socks.MethodGSSAPI}}, to: "192.0.2.9:80"},
		"by the name of its address":  {to: "192.0.2.66:80"},
		"default rule":                {to: "192.0.2.9:99"},
		"name without address":        {to: "nosuch.example:80"},
		"name of another family":      {to: "six.example:80"},
		"address of another family":   {to: "[2001:db8::9]:80"},
		"socks4":                      {request: Request{Version: socks.V4, User: "bob"}, to: "192.0.2.9:80"},
		"socks4 without method":       {request: Request{Version: socks.V4}, to: "192.0.2.9:80", change: func(p *plan.Plan) { p.ClientRules[1].SocksMethods = auth.Methods{auth.Username} }},
		"socks4 udp":                  {request: Request{Version: socks.V4, Command: UDPAssociate}, to: "0.0.0.0:0"},
		"through a proxy":             {to: "www.example:80", change: routed},
		"no route":                    {to: "192.0.2.9:80", change: func(p *plan.Plan) { routed(p); p.Routes[0].To = prefix("10.0.0.0/8") }},
		"kernel chooses":              {to: "192.0.2.9:80", change: func(p *plan.Plan) { p.Rotation = plan.RotateRoute }},
		"not an external address":     {to: "192.0.2.9:80", change: func(p *plan.Plan) { p.Rotation = plan.RotateSameSame }},
		"other listener":              {request: Request{Client: at("[fd00::9]:80")}, to: "192.0.2.9:80"},
		"wildcard listener":           {to: "192.0.2.9:80", change: func(p *plan.Plan) { p.Internal = []netip.AddrPort{at("0.0.0.0:1080")} }},
		"method of the future":        {request: Request{User: "bob"}, to: "192.0.2.9:80", change: func(p *plan.Plan) { p.SocksRules[1].SocksMethods = auth.Methods{auth.PAMUsername} }},
		"bind":                        {request: Request{Command: Bind, User: "bob"}, groups: []string{"staff"}, to: "0.0.0.0:2121"},
		"bindreply":                   {request: Request{Command: BindReply, User: "bob"}, groups: []string{"staff"}, to: "192.0.2.9:20"},
		"bindreply refused":           {request: Request{Command: BindReply, User: "bob"}, groups: []string{"staff"}, to: "192.0.2.9:20", change: func(p *plan.Plan) { p.SocksRules[1].Commands = acl.CmdBind }},
		"bindreply without login":     {request: Request{Command: BindReply, User: "bob"}, groups: []string{"staff"}, to: "192.0.2.9:20", change: func(p *plan.Plan) { p.SourceChecks.CheckReplyAuth = true }},
		"name of both families":       {request: Request{User: "bob"}, groups: []string{"staff"}, to: "both.example:80", change: func(p *plan.Plan) { p.External = append(p.External, ip("2001:db8::1")) }},
		"bind behind a route":         {request: Request{Command: Bind, User: "bob"}, to: "0.0.0.0:2121", change: routed},
		"udpassociate":                {request: Request{Command: UDPAssociate}},
		"udpassociate declared":       {request: Request{Command: UDPAssociate}, to: "10.0.1.7:5000"},
		"udp datagram":                {request: Request{Command: UDP}, to: "198.51.100.9:53"},
		"udp datagram dropped":        {request: Request{Command: UDP}, to: "host.evil.example:53"},
		"udpreply":                    {request: Request{Command: UDPReply}, to: "198.51.100.9:53"},
	} {
		t.Run(name, func(t *testing.T) {
			p, g := office(), world(t)
			if c.change != nil {
				c.change(p)
			}
			g.External = p.External
			g.Groups(c.groups...)
			if c.to != "" {
				c.request.Target = target(t, c.to)
			}
			golden(t, name+".txt", explained(t, p, c.request, g).Text())
		})
	}
}

func TestJSON(t *testing.T) {
	g := world(t)
	g.Groups("staff")
	e := explained(t, office(), Request{User: "bob", Target: target(t, "www.example:80")}, g)
	text, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "connect-as-bob.json", string(text)+"\n")
}

func TestLongListsAreShortened(t *testing.T) {
	p := office()
	first := p.SocksRules[2]
	p.SocksRules = nil
	for n := 1; n <= 30; n++ {
		r := first
		r.Number, r.Line = n, 100+n
		p.SocksRules = append(p.SocksRules, r)
	}
	e := explained(t, p, Request{Target: target(t, "198.51.100.9:80")}, world(t))
	if got := len(e.Socks[0].Before); got != 30 {
		t.Errorf("%d rules tried, want 30", got)
	}
	text := e.Text()
	if !strings.Contains(text, "and not the 10 rules before #11") || strings.Contains(text, "#10 (") || !strings.Contains(text, "#11 (") {
		t.Errorf("unexpected:\n%s", text)
	}
}

func TestRequestsThatCannotBe(t *testing.T) {
	good := Request{Client: at("10.0.1.7:4000"), Target: socks.Addr{Name: "www.example", Port: 80}}
	for name, c := range map[string]struct {
		change func(*Request)
		want   string
	}{
		"no client":              {func(r *Request) { r.Client = netip.AddrPort{} }, "client's address is missing"},
		"version":                {func(r *Request) { r.Version = 6 }, "there is no SOCKS version 6"},
		"command":                {func(r *Request) { r.Command = "fly" }, `there is no command "fly"`},
		"no target":              {func(r *Request) { r.Target = socks.Addr{} }, "connect needs a target"},
		"a reply from a name":    {func(r *Request) { r.Command = BindReply }, "bindreply comes from an address"},
		"long name":              {func(r *Request) { r.User = strings.Repeat("x", 256) }, "at most 255 bytes"},
		"no such listener":       {func(r *Request) { r.Local = at("10.0.0.1:1081") }, "nothing listens on 10.0.0.1:1081"},
		"listener of the family": {func(r *Request) { r.Local = at("[fd00::1]:1080") }, "a client at 10.0.1.7 cannot connect to [fd00::1]:1080"},
	} {
		r := good
		c.change(&r)
		if _, err := Explain(context.Background(), office(), r, world(t)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	p := office()
	p.Internal = p.Internal[1:]
	if _, err := Explain(context.Background(), p, good, world(t)); err == nil || !strings.Contains(err.Error(), "cannot connect") {
		t.Errorf("no listener of the client's family: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Explain(ctx, office(), good, world(t)); err == nil {
		t.Error("what was looked up in vain is no explanation")
	}
}

func TestMappedAddressesAreThoseTheyStandFor(t *testing.T) {
	e := explained(t, office(), Request{
		Client: at("[::ffff:10.0.6.9]:4000"), Target: socks.Addr{IP: ip("::ffff:192.0.2.9"), Port: 80},
	}, world(t))
	if e.Client.Rule != 1 || e.Listener != "10.0.0.1:1080" {
		t.Errorf("client rule %d at listener %s", e.Client.Rule, e.Listener)
	}
	e = explained(t, office(), Request{Target: socks.Addr{IP: ip("::ffff:192.0.2.9"), Port: 80}}, world(t))
	if e.Target != "192.0.2.9:80" {
		t.Errorf("target %s: %s", e.Target, e.Reason)
	}
}

func TestWildcardListenersTakeEveryAddress(t *testing.T) {
	p := office()
	p.Internal = []netip.AddrPort{at("0.0.0.0:1080")}
	e := explained(t, p, Request{Local: at("10.3.2.1:1080"), Target: target(t, "192.0.2.9:80")}, world(t))
	if e.Listener != "10.3.2.1:1080" || e.Client.To != "10.3.2.1:1080" {
		t.Errorf("listener %s, rules asked about %s", e.Listener, e.Client.To)
	}
}
