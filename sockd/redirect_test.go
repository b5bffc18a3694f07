package sockd

import (
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

func singleAddress(at netip.AddrPort) addr.Spec {
	s := addr.Spec{Kind: addr.Prefix, Prefix: netip.PrefixFrom(at.Addr(), at.Addr().BitLen())}
	if at.Port() != 0 {
		s.Ports = addr.Ports{Op: addr.EQ, TCP: at.Port(), UDP: at.Port()}
	}
	return s
}

// away is an address where nobody listens: what is not redirected does not get through.
var away = netip.MustParseAddrPort("127.0.0.99:9")

// visitor is who connects to a target, as the target sees it.
func visitor(t *testing.T) (at netip.AddrPort, from func() netip.AddrPort) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().(*net.TCPAddr).AddrPort(), func() netip.AddrPort {
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		return c.RemoteAddr().(*net.TCPAddr).AddrPort()
	}
}

// freePort is a port that nobody has now.
func freePort(t *testing.T, ip string) uint16 {
	t.Helper()
	l, err := net.Listen("tcp", ip+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort().Port()
}

// The rule judges what was asked for, and what comes after it sees only what that is redirected to: the target, our
// address and port, the reply and the log.
func TestRedirect(t *testing.T) {
	to, from := visitor(t)
	our := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.33"), freePort(t, "127.0.0.33"))
	for name, place := range map[string]func(*plan.Plan) *plan.Rule{
		"socks rule":  func(p *plan.Plan) *plan.Rule { return &p.SocksRules[0] },
		"client rule": func(p *plan.Plan) *plan.Rule { return &p.ClientRules[0] },
	} {
		t.Run(name, func(t *testing.T) {
			s := serveWith(t, func(p *plan.Plan) {
				p.SocksRules[0].To = singleAddress(netip.AddrPortFrom(away.Addr(), 0))
				place(p).Redirect = plan.Redirect{From: singleAddress(our), To: singleAddress(to)}
			})
			c := s.dial()
			write(t, c, ask5(t, socks.Connect, target(away)))
			answer := make([]byte, 12)
			if _, err := io.ReadFull(c, answer); err != nil {
				t.Fatal(err)
			}
			if got := from(); got != our {
				t.Errorf("the target is connected to from %v, want %v", got, our)
			}
			if got := string(answer[2:]); got != "\x05\x00\x00\x01\x7f\x00\x00\x21"+string([]byte{byte(our.Port() >> 8), byte(our.Port())}) {
				t.Errorf("the client is answered % x", got)
			}
			if line := s.lines(2)[1]; !strings.HasSuffix(line, "-> 127.0.0.33.P 127.0.0.1.P") {
				t.Errorf("logged %q", line)
			}
		})
	}
}

// Names and interfaces are looked up, and a proxy is told of the new target and sees the new source.
func TestRedirectByName(t *testing.T) {
	to, from := visitor(t)
	s := serveWith(t, func(p *plan.Plan) {
		p.SocksRules[0].Redirect = plan.Redirect{
			From: addr.Spec{Kind: addr.Interface, Name: "lo"},
			To:   addr.Spec{Kind: addr.Host, Name: "localhost", Ports: addr.Ports{Op: addr.EQ, TCP: to.Port(), UDP: to.Port()}},
		}
	})
	c := s.dial()
	write(t, c, ask5(t, socks.Connect, target(away)))
	if _, err := io.ReadFull(c, make([]byte, 12)); err != nil {
		t.Fatal(err)
	}
	if got := from(); got.Addr() != netip.MustParseAddr("127.0.0.1") {
		t.Errorf("the target is connected to from %v", got)
	}
}

func TestRedirectThroughAProxy(t *testing.T) {
	e := echo(t, "127.0.0.1")
	proxy := serveWith(t, nil)
	s := serveWith(t, through(proxy.at, acl.VerSocks5, func(p *plan.Plan) {
		p.SocksRules[0].Redirect = plan.Redirect{From: addr.Spec{Kind: addr.Host, Name: "localhost"}, To: singleAddress(e)}
		p.External = []netip.Addr{netip.MustParseAddr("127.0.0.44")}
	}))
	c := s.dial()
	write(t, c, append(ask5(t, socks.Connect, target(away)), "hello"...))
	if _, err := io.ReadFull(c, make([]byte, 17)); err != nil {
		t.Fatal(err)
	}
	if line := proxy.lines(1)[0]; line != "pass(1): tcp/accept [: 127.0.0.1.P 127.0.0.1.P" {
		t.Errorf("the proxy logs %q", line)
	}
}

// An address that is not ours, or of another family than the target, fails the request.
func TestRedirectFromNowhere(t *testing.T) {
	to, _ := visitor(t)
	for from, why := range map[string]string{
		"192.0.2.1": "failed to bind address on external side: Cannot assign requested address",
		"::1":       "redirect from ::1/128: it has no IPv4 address",
	} {
		s := serveWith(t, func(p *plan.Plan) {
			p.SocksRules[0].Redirect.From = singleAddress(netip.AddrPortFrom(netip.MustParseAddr(from), 0))
		})
		c := s.dial()
		write(t, c, ask5(t, socks.Connect, target(to)))
		if got := rest(c); len(got) < 4 || got[3] != byte(socks.NetworkUnreachable) {
			t.Errorf("from %s: answered % x", from, got)
		}
		lines := strings.Join(s.lines(3), "\n")
		if !strings.Contains(lines, why) {
			t.Errorf("from %s: logged %s", from, lines)
		}
	}
}

// A rule redirects BIND from one address to another: the peer is to connect to that one.
func TestRedirectBind(t *testing.T) {
	our := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.33"), freePort(t, "127.0.0.33"))
	s := serveWith(t, func(p *plan.Plan) { p.SocksRules[0].Redirect = plan.Redirect{From: singleAddress(our)} })
	client := s.askBind(socks.V5, anybody, "")
	if bound := client.granted(); bound != our {
		t.Fatalf("bound %s, not %s", bound, our)
	}
	peer := knock(t, "127.0.0.1", our)
	client.granted()
	write(t, peer, []byte("hello"))
	client.gets("hello")
	want := "pass(1): tcp/bind [: 127.0.0.1.P 127.0.0.1.P -> 127.0.0.33.P 0.0.0.0.0"
	if got := s.lines(3)[1]; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// Datagrams go where their rule redirects them to, from where it redirects them from.
func TestRedirectDatagrams(t *testing.T) {
	e := socket(t, "127.0.0.1")
	our := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.33"), freePort(t, "127.0.0.33"))
	for name, to := range map[string]addr.Spec{
		"address": singleAddress(addressOf(e)),
		"name":    {Kind: addr.Host, Name: "localhost", Ports: addr.Ports{Op: addr.EQ, UDP: addressOf(e).Port()}},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveWith(t, func(p *plan.Plan) { p.SocksRules[0].Redirect = plan.Redirect{From: singleAddress(our), To: to} })
			u := s.associate()
			for _, payload := range []string{"one", "two"} {
				u.send(away, payload)
				got, from := received(t, e)
				if got != payload || from != our {
					t.Errorf("%q from %s, want %q from %s", got, from, payload, our)
				}
			}
			u.reply(e, our, "back")
		})
	}
}
