package sockd

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
)

// through gives a change that makes everything leave through a proxy.
func through(at netip.AddrPort, proxies acl.VersionSet, changes ...func(*plan.Plan)) func(*plan.Plan) {
	anywhere := addr.Spec{Kind: addr.AnyIP}
	return func(p *plan.Plan) {
		p.RouteMaxFail, p.RouteBadExpire = 1, time.Hour
		p.Routes = []plan.Route{{
			Number: 1, From: anywhere, To: anywhere, Proxies: proxies, Commands: acl.CmdConnect, Protocols: acl.ProtoTCP,
			Methods: auth.Methods{auth.None},
			Gateway: addr.Spec{
				Kind: addr.Prefix, Prefix: netip.PrefixFrom(at.Addr(), at.Addr().BitLen()),
				Ports: addr.Ports{Op: addr.EQ, TCP: at.Port(), UDP: at.Port()},
			},
		}}
		for _, change := range changes {
			change(p)
		}
	}
}

// handOn makes the route offer the client's login.
func handOn(p *plan.Plan) { p.Routes[0].Methods = auth.Methods{auth.Username} }

// webProxy is an HTTP proxy that connects to what it is asked for.
func webProxy(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				var head []byte
				for b := make([]byte, 1); !strings.HasSuffix(string(head), "\r\n\r\n"); head = append(head, b...) {
					if _, err := c.Read(b); err != nil {
						return
					}
				}
				to, err := net.Dial("tcp", strings.Fields(string(head))[1])
				if err != nil {
					_, _ = io.WriteString(c, "HTTP/1.0 502 No\r\n\r\n")
					return
				}
				defer to.Close()
				_, _ = io.WriteString(c, "HTTP/1.0 200 Yes\r\n\r\n")
				go func() { _, _ = io.Copy(to, c); to.(*net.TCPConn).CloseWrite() }()
				_, _ = io.Copy(c, to)
			}()
		}
	}()
	return netip.MustParseAddrPort(l.Addr().String())
}

// login5 encodes a greeting, a login and a request in one.
func login5(t *testing.T, to socks.Addr) []byte {
	t.Helper()
	b, err := wire.AppendGreeting(nil, socks.MethodUserPass)
	if err == nil {
		b, err = wire.AppendLogin(b, wire.Credentials{User: "bob", Password: []byte("builder")})
	}
	if err == nil {
		b, err = wire.AppendRequest(b, wire.ClientRequest{Version: socks.V5, Command: socks.Connect, Destination: to})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// comesBack sends a request with early payload and checks that it comes back.
func comesBack(t *testing.T, s *server, request []byte, replies int) {
	t.Helper()
	c := s.dial()
	write(t, c, append(request, "hello"...))
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got := rest(c); len(got) != replies+5 || string(got[replies:]) != "hello" {
		t.Errorf("got % x", got)
	}
}

const fromClient = "127.0.0.1.P 127.0.0.1.P"

func TestChains(t *testing.T) {
	e := echo(t, "127.0.0.1")
	for name, proxies := range map[string]acl.VersionSet{"SOCKS4": acl.VerSocks4, "SOCKS5": acl.VerSocks5} {
		t.Run(name, func(t *testing.T) {
			far := serveWith(t, nil)
			near := serveWith(t, through(far.at, proxies))
			comesBack(t, near, ask5(t, socks.Connect, target(e)), 12)
			want := []string{
				"pass(1): tcp/accept [: " + fromClient,
				"pass(1): tcp/connect [: " + fromClient + " -> 127.0.0.1.P 127.0.0.1.P [127.0.0.1.P] 127.0.0.1.P",
			}
			if diff := cmp.Diff(want, near.lines(2)); diff != "" {
				t.Error(diff)
			}
		})
	}
	t.Run("HTTP", func(t *testing.T) {
		near := serveWith(t, through(webProxy(t), acl.VerHTTP))
		comesBack(t, near, ask5(t, socks.Connect, socks.Addr{Name: "localhost", Port: e.Port()}), 12)
	})
}

// The far proxy blocks by name, so that what it says depends on the name having come through.
func TestNameIsHandedOn(t *testing.T) {
	e := echo(t, "127.0.0.1")
	far := serveWith(t, func(p *plan.Plan) {
		p.FakeNames = true // "localhost" matches as a name only
		p.SocksRules[0].To = addr.Spec{Kind: addr.Host, Name: "localhost"}
	})
	near := serveWith(t, through(far.at, acl.VerSocks4|acl.VerSocks5))
	comesBack(t, near, ask5(t, socks.Connect, socks.Addr{Name: "localhost", Port: e.Port()}), 12)
	if got := near.lines(2)[1]; !strings.HasSuffix(got, "] localhost.P") {
		t.Error(got)
	}
}

func TestPasswordIsHandedOn(t *testing.T) {
	e, far := echo(t, "127.0.0.1"), serveWith(t, withPassword)
	near := serveWith(t, through(far.at, acl.VerSocks5, withPassword, handOn))
	comesBack(t, near, login5(t, target(e)), 14)
	const bob = "username%bob@"
	want := []string{
		"pass(1): tcp/connect [: " + bob + fromClient + " -> 127.0.0.1.P " + bob + "127.0.0.1.P [127.0.0.1.P] 127.0.0.1.P",
		"pass(1): tcp/connect ]: 5 -> " + bob + fromClient + " -> 0, 5 -> 127.0.0.1.P 127.0.0.1.P [127.0.0.1.P] " + bob +
			"127.0.0.1.P -> 5: ",
	}
	got := near.lines(3)[1:]
	got[1], _, _ = strings.Cut(got[1], "local")
	got[1], _, _ = strings.Cut(got[1], "remote")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := far.lines(2)[1]; !strings.Contains(got, bob) {
		t.Error(got)
	}
}

// Nothing is handed on to a proxy whose route does not say so.
func TestPasswordIsKept(t *testing.T) {
	e, far := echo(t, "127.0.0.1"), serveWith(t, nil)
	near := serveWith(t, through(far.at, acl.VerSocks5, withPassword))
	comesBack(t, near, login5(t, target(e)), 14)
	if near.snapshot.Load().routes.login {
		t.Error("a password is kept that nobody will need")
	}
}

func TestRefusedByTheProxy(t *testing.T) {
	far := serveWith(t, func(p *plan.Plan) { p.SocksRules[0].Verdict = acl.Block })
	near := serveWith(t, through(far.at, acl.VerSocks5, func(p *plan.Plan) { p.RouteMaxFail = 2 }))
	to := socks.Addr{IP: netip.MustParseAddr("10.1.2.3"), Port: 99}
	const text = "serverchain failed: connection denied by proxy server"
	routes := near.snapshot.Load().routes
	routes.mu.Lock()
	routes.state[0].failures = 1
	routes.mu.Unlock()
	for range 2 { // it says nothing about the route
		c := near.dial()
		write(t, c, ask5(t, socks.Connect, to))
		if got := rest(c); string(got) != "\x05\x00\x05\x05\x00\x01\x0a\x01\x02\x03\x00\x63" {
			t.Errorf("got % x", got)
		}
		want := []string{
			"pass(1): tcp/accept [: " + fromClient,
			"block(1): tcp/connect ]: " + fromClient + " -> 127.0.0.1.P 10.1.2.3.99: " + text,
			"block(1): tcp/accept ]: " + fromClient + ": request was not performed due to error: " + text,
		}
		if diff := cmp.Diff(want, near.lines(3)); diff != "" {
			t.Error(diff)
		}
	}
	routes.mu.Lock()
	defer routes.mu.Unlock()
	if routes.state[0].failures != 0 {
		t.Error("a proxy that answers is held to be bad")
	}
}

func TestFailedRoutes(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := netip.MustParseAddrPort(l.Addr().String())
	l.Close()
	to := socks.Addr{IP: netip.MustParseAddr("10.1.2.3"), Port: 99}
	tests := map[string]struct {
		most   int64
		expire time.Duration
		want   []socks.Reply
	}{
		"once":         {1, time.Hour, []socks.Reply{socks.ConnectionRefused, socks.NetworkUnreachable}},
		"twice":        {2, time.Hour, []socks.Reply{socks.ConnectionRefused, socks.ConnectionRefused, socks.NetworkUnreachable}},
		"for ever":     {1, 0, []socks.Reply{socks.ConnectionRefused, socks.NetworkUnreachable}},
		"it is over":   {1, time.Nanosecond, []socks.Reply{socks.ConnectionRefused, socks.ConnectionRefused}},
		"nobody cares": {0, 0, []socks.Reply{socks.ConnectionRefused, socks.ConnectionRefused}},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			near := serveWith(t, through(dead, acl.VerSocks5, func(p *plan.Plan) {
				p.RouteMaxFail, p.RouteBadExpire = c.most, c.expire
			}))
			for i, want := range c.want {
				conn := near.dial()
				write(t, conn, ask5(t, socks.Connect, to))
				if got := rest(conn); len(got) != 12 || socks.Reply(got[3]) != want {
					t.Errorf("request %d: got % x, want code %d", i+1, got, want)
				}
			}
		})
	}
}

func TestRouteThatWorksIsForgiven(t *testing.T) {
	p := thePlan(netip.MustParseAddrPort("127.0.0.1:1"), through(netip.MustParseAddrPort("127.0.0.1:2"), acl.VerSocks5))
	p.RouteMaxFail = 2
	s, r := newRouteStates(p), &p.Routes[0]
	s.fail(r)
	s.succeed(r)
	if s.fail(r); s.bad(r) {
		t.Error("a failure before it worked still counts")
	}
	if s.fail(r); !s.bad(r) {
		t.Error("two failures do not count")
	}
}

// Routes that match nothing are no reason to go out directly.
func TestNoRoute(t *testing.T) {
	e := echo(t, "127.0.0.1")
	near := serveWith(t, through(e, acl.VerSocks5, func(p *plan.Plan) {
		p.Routes[0].To = addr.Spec{Kind: addr.Prefix, Prefix: netip.MustParsePrefix("10.0.0.0/8")}
		p.Routes[0].Gateway.Ports.TCP++ // not the way to the proxy itself
	}))
	c := near.dial()
	write(t, c, ask5(t, socks.Connect, target(e)))
	if got := rest(c); len(got) != 12 || socks.Reply(got[3]) != socks.NetworkUnreachable {
		t.Errorf("got % x", got)
	}
	want := "block(1): tcp/connect ]: " + fromClient + " -> 0.0.0.0.0 127.0.0.1.P: could not bind address to use on " +
		"external side: no usable serverchain route to target found"
	if got := near.lines(2)[1]; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
