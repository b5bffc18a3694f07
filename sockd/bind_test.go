package sockd

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/privsep"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
)

// binder is a client that asks for BIND.
type binder struct {
	*net.TCPConn
	*wire.Reader
	t       testing.TB
	version socks.Version
	payload io.Reader // what comes after the replies
}

// askBind sends a request, and what may come with it in the same segment.
func (s *server) askBind(v socks.Version, to socks.Addr, early string) *binder {
	s.t.Helper()
	c := s.dial()
	b := &binder{TCPConn: c, Reader: wire.NewReader(c), t: s.t, version: v}
	if v == socks.V5 {
		write(s.t, c, append(ask5(s.t, socks.Bind, to), early...))
		if _, err := b.Method(); err != nil {
			s.t.Fatal(err)
		}
		return b
	}
	request, err := wire.AppendRequest(nil, wire.ClientRequest{Version: v, Command: socks.Bind, Destination: to})
	if err != nil {
		s.t.Fatal(err)
	}
	write(s.t, c, append(request, early...))
	return b
}

// reply reads a reply; granted tells of which kind.
func (b *binder) reply() (granted bool, bound netip.AddrPort) {
	b.t.Helper()
	var a socks.Addr
	var err error
	if b.version == socks.V5 {
		var code socks.Reply
		code, a, err = b.Reply5()
		granted = code == socks.Succeeded
	} else {
		var code socks.Reply4
		code, a, err = b.Reply4()
		granted = code == socks.Granted
	}
	if err != nil {
		b.t.Fatal("reply: ", err)
	}
	return granted, netip.AddrPortFrom(a.IP, a.Port)
}

// granted is a reply that grants.
func (b *binder) granted() netip.AddrPort {
	b.t.Helper()
	granted, bound := b.reply()
	if !granted {
		b.t.Fatal("refused")
	}
	return bound
}

// gets reads what must come.
func (b *binder) gets(want string) {
	b.t.Helper()
	if b.payload == nil {
		b.payload = io.MultiReader(bytes.NewReader(bytes.Clone(b.Buffered())), b.TCPConn)
	}
	got := make([]byte, len(want))
	if _, err := io.ReadFull(b.payload, got); err != nil || string(got) != want {
		b.t.Errorf("got %q, want %q: %v", got, want, err)
	}
}

// knock is a peer that connects from an address.
func knock(t testing.TB, from string, at netip.AddrPort) *net.TCPConn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 20 * time.Second}
	c, err := d.Dial("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c.(*net.TCPConn)
}

func port(c net.Conn) uint16 { return c.LocalAddr().(*net.TCPAddr).AddrPort().Port() }

var anybody = socks.Addr{IP: netip.IPv4Unspecified()}

func externalOn(addresses ...string) func(*plan.Plan) {
	return func(p *plan.Plan) {
		p.External = nil
		for _, a := range addresses {
			p.External = append(p.External, netip.MustParseAddr(a))
		}
	}
}

const throughBind = "127.0.0.1.P 127.0.0.1.P -> 127.0.0.1.P "

func TestBind(t *testing.T) {
	for name, c := range map[string]struct {
		version  socks.Version
		expected socks.Addr
		external string
		from     string
	}{
		"SOCKS5":               {socks.V5, anybody, "127.0.0.1", "127.0.0.1"},
		"SOCKS4":               {socks.V4, anybody, "127.0.0.1", "127.0.0.1"},
		"IPv6":                 {socks.V5, socks.Addr{IP: netip.IPv6Loopback()}, "::1", "::1"},
		"a certain peer":       {socks.V5, socks.Addr{IP: netip.MustParseAddr("127.0.0.1"), Port: 4}, "127.0.0.1", "127.0.0.1"},
		"a certain peer of v4": {socks.V4, socks.Addr{IP: netip.MustParseAddr("127.0.0.1"), Port: 4}, "127.0.0.1", "127.0.0.1"},
		"a name":               {socks.V5, socks.Addr{Name: "localhost"}, "127.0.0.1", "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveWith(t, externalOn(c.external))
			client := s.askBind(c.version, c.expected, "")
			bound := client.granted()
			if bound.Addr().String() != c.external {
				t.Errorf("bound to %s", bound)
			}
			peer := knock(t, c.from, bound)
			if who := client.granted(); who.Addr().String() != c.from || who.Port() != port(peer) {
				t.Errorf("the second reply tells of %s", who)
			}
			write(t, peer, []byte("hello"))
			client.gets("hello")
			write(t, client, []byte("and back"))
			got := make([]byte, 8)
			if _, err := io.ReadFull(peer, got); err != nil || string(got) != "and back" {
				t.Errorf("%q, %v", got, err)
			}
			client.Close()
			rest(peer)
			peer.Close()
			expected := ports.ReplaceAllString(c.expected.String(), "$1.P")
			ours, theirs, from := "127.0.0.1.P 127.0.0.1.P", c.from+".P "+c.external+".P", "127.0.0.1.P 127.0.0.1.P"
			want := []string{
				"pass(1): tcp/accept [: " + from,
				"pass(1): tcp/bind [: " + from + " -> " + c.external + ".P " + expected,
				"pass(1): tcp/bindreply [: " + theirs + " -> " + ours,
				"pass(1): tcp/bindreply ]: 8 -> " + theirs + " -> 5, 5 -> " + ours + " -> 8: remote peer closed.  Session duration: 0s",
				"pass(1): tcp/bind ]: " + from + " -> " + c.external + ".P " + expected,
				"pass(1): tcp/accept ]: 5 -> " + from + " -> 8: remote peer closed.  Session duration: 0s",
			}
			if diff := cmp.Diff(want, s.lines(len(want))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestBindTakesOnePeer makes sure that nobody else can come once a peer is there.
func TestBindTakesOnePeer(t *testing.T) {
	s := serveWith(t, nil)
	client := s.askBind(socks.V5, anybody, "")
	bound := client.granted()
	peer := knock(t, "127.0.0.1", bound)
	client.granted()
	s.lines(3)
	if listener(bound) != -1 { // somebody else may have the port by now
		t.Error("a second peer gets in")
	}
	write(t, peer, []byte("still here"))
	client.gets("still here")
}

// TestBindEndsWithItsClient has the client go, in every way, before a peer has come.
func TestBindEndsWithItsClient(t *testing.T) {
	const from = "127.0.0.1.P 127.0.0.1.P"
	question := []byte{5, 2, 0, 1, 127, 0, 0, 1, 0, 80}
	for name, c := range map[string]struct {
		end     func(c *binder)
		verdict string
		text    string
		answers int
	}{
		"closes":         {func(c *binder) { c.Close() }, "pass", "eof from client", 0},
		"says no more":   {func(c *binder) { c.CloseWrite() }, "pass", "eof from client", 0},
		"resets":         {func(c *binder) { c.SetLinger(0); c.Close() }, "block", "receiving request from client failed (Connection reset by peer)", 0},
		"says something": {func(c *binder) { write(c.t, c, []byte("hello")) }, "block", "receiving request from client failed (no system error)", 0},
		"asks":           {func(c *binder) { write(c.t, c, question); c.empty(1); c.CloseWrite() }, "pass", "eof from client", 1},
		"asks half":      {func(c *binder) { write(c.t, c, question[:5]); c.CloseWrite() }, "pass", "eof from client", 0},
		"asks twice": {func(c *binder) {
			write(c.t, c, bytes.Repeat(question, 2))
			c.empty(1)
			c.CloseWrite()
			c.empty(1)
		}, "pass", "eof from client", 2},
		"asks nonsense": {func(c *binder) { write(c.t, c, []byte{5, 9, 0, 1}) }, "block", "receiving request from client failed (no system error)", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveWith(t, nil)
			client := s.askBind(socks.V5, anybody, "")
			bound := client.granted()
			s.lines(2)
			c.end(client)
			text := c.text
			if c.verdict == "block" {
				text = "request was not performed due to error: " + text
			}
			want := []string{
				c.verdict + "(1): tcp/bind ]: " + from + " -> 127.0.0.1.P 0.0.0.0.0: " + c.text,
				c.verdict + "(1): tcp/accept ]: " + from + ": " + text,
			}
			if diff := cmp.Diff(want, s.lines(2)); diff != "" {
				t.Error(diff)
			}
			for s.counts.handled.Load() == 0 { // the listener closes after the lines
				runtime.Gosched()
			}
			if peer, err := net.DialTimeout("tcp", bound.String(), 20*time.Second); err == nil {
				t.Error("a peer still gets in")
				peer.Close()
			}
		})
	}
}

// empty reads answers that tell of nobody.
func (b *binder) empty(n int) {
	b.t.Helper()
	for range n {
		if granted, who := b.reply(); !granted || who != netip.AddrPortFrom(netip.IPv4Unspecified(), 0) {
			b.t.Errorf("%v %s", granted, who)
		}
	}
}

// TestBindReplyIsRefused has peers come that may not.
func TestBindReplyIsRefused(t *testing.T) {
	const from = "127.0.0.1.P 127.0.0.1.P"
	reply := func(verdict acl.Verdict, log acl.LogSet) func(*plan.Plan) {
		return func(p *plan.Plan) {
			r := p.SocksRules[0]
			r.Number, r.Commands, r.Verdict, r.Log = 2, acl.CmdBindReply, verdict, log
			p.SocksRules[0].Commands = acl.CmdBind
			p.SocksRules = append(p.SocksRules, r)
		}
	}
	for name, c := range map[string]struct {
		change   func(*plan.Plan)
		expected socks.Addr
		rule     string
		line     string // of bindreply; "" is none
	}{
		"another peer": {
			nil,
			socks.Addr{IP: netip.MustParseAddr("127.0.0.2"), Port: 9},
			"0",
			": expected bindreply from 127.0.0.2.P, but got it from 127.0.0.1.P",
		},
		"another name": {
			func(p *plan.Plan) { p.FakeNames = true },
			socks.Addr{Name: "127.0.0.2", Port: 9},
			"0", ": expected bindreply from 127.0.0.2.P, but got it from 127.0.0.1.P",
		},
		"no rule":             {func(p *plan.Plan) { p.SocksRules[0].Commands = acl.CmdBind }, anybody, "0", ""},
		"a rule":              {reply(acl.Block, acl.LogConnect), anybody, "2", " "},
		"a rule of few words": {reply(acl.Block, acl.LogError), anybody, "2", ""},
		"a limit": {func(p *plan.Plan) {
			reply(acl.Pass, acl.LogConnect)(p)
			p.SocksRules[1].Session = plan.SessionLimits{Throttle: plan.Throttle{Sessions: 1, Every: time.Hour}}
		}, anybody, "2", ": session rate limit reached (already accepted 1 new client during the last 0s.  Current client count: 0)"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveWith(t, c.change)
			if name == "a limit" { // it is taken by a session that is over
				first := s.askBind(socks.V5, anybody, "")
				peer := knock(t, "127.0.0.1", first.granted())
				first.granted()
				first.Close()
				rest(peer)
				peer.Close()
				s.lines(4)
			}
			client := s.askBind(socks.V5, c.expected, "")
			peer := knock(t, "127.0.0.1", client.granted())
			granted, who := client.reply()
			if granted || who.Port() != port(peer) || who.Addr().String() != "127.0.0.1" {
				t.Errorf("second reply: %v, %s", granted, who)
			}
			if b := rest(peer); len(b) > 0 {
				t.Errorf("the peer gets %q", b)
			}
			if b := rest(client); len(b) > 0 {
				t.Errorf("the client gets %q", b)
			}
			expected := ports.ReplaceAllString(c.expected.String(), "$1.P")
			why := "bind-reply from 127.0.0.1.P blocked by socks-rule #" + c.rule
			want := []string{"pass(1): tcp/accept [: " + from, "pass(1): tcp/bind [: " + throughBind + expected}
			if c.line != "" {
				want = append(want, "block("+c.rule+"): tcp/bindreply ]: "+from+" -> "+from+strings.TrimSpace(c.line))
			}
			want = append(want, "block(1): tcp/bind ]: "+throughBind+expected+": "+why, "block(1): tcp/accept ]: "+from+": "+why)
			if diff := cmp.Diff(want, s.lines(len(want))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestBindIsRefused has requests that get no address to wait on.
func TestBindIsRefused(t *testing.T) {
	const from = "127.0.0.1.P 127.0.0.1.P"
	const noRoute = "could not get address to use on external side: command bind is not supported by serverchaining and " +
		"no direct route found"
	for name, c := range map[string]struct {
		change   func(*plan.Plan)
		expected socks.Addr
		code     socks.Reply
		line     string
		accept   string
	}{
		"no route for it": {
			func(p *plan.Plan) {
				any := addr.Spec{Kind: addr.AnyIP}
				p.Routes = []plan.Route{{
					Number: 1, From: any, To: any, Direct: true, Commands: acl.CmdConnect, Protocols: acl.ProtoTCP,
					Methods: p.SocksMethods,
				}}
			},
			anybody, socks.NetworkUnreachable,
			" -> 0.0.0.0.0 0.0.0.0.0: " + noRoute, "request was not performed due to error: " + noRoute,
		},
		"a rule": {
			func(p *plan.Plan) { p.SocksRules[0].Verdict = acl.Block }, anybody, socks.NotAllowed,
			" -> 0.0.0.0.0 0.0.0.0.0", "blocked by higher-level socks-rule #1",
		},
		"the bind extension": {
			func(p *plan.Plan) { p.BindExtension = true },
			socks.Addr{IP: netip.MustParseAddr("255.255.255.255")},
			socks.NotAllowed, "",
			"blocked by higher-level socks-rule #0: client requested disabled Dante extension: bind",
		},
		"no address of the family": {
			nil,
			socks.Addr{IP: netip.IPv6Loopback()},
			socks.AddressNotSupported,
			": connect to IPv6 address requested, but no IPv6 address configured for our usage on the external interface",
			"request was not performed due to error: connect to IPv6 address requested, but no IPv6 address configured " +
				"for our usage on the external interface",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serveWith(t, c.change)
			client := s.askBind(socks.V5, c.expected, "")
			code, echo, err := client.Reply5()
			if err != nil || code != c.code || echo != c.expected {
				t.Errorf("%v %s %v", code, echo, err)
			}
			want := []string{"pass(1): tcp/accept [: " + from}
			if c.line != "" {
				want = append(want, "block(1): tcp/bind ]: "+from+c.line)
			}
			want = append(want, "block(1): tcp/accept ]: "+from+": "+c.accept)
			if diff := cmp.Diff(want, s.lines(len(want))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestBindPort asks for ports.
func TestBindPort(t *testing.T) {
	free := func() uint16 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return l.Addr().(*net.TCPAddr).AddrPort().Port()
	}
	s := serveWith(t, nil)
	ask := func(ip string, port uint16) uint16 {
		t.Helper()
		c := s.askBind(socks.V5, socks.Addr{IP: netip.MustParseAddr(ip), Port: port}, "")
		defer c.Close()
		return c.granted().Port()
	}
	if p := free(); ask("0.0.0.0", p) != p {
		t.Error("a free port is not given")
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	p := taken.Addr().(*net.TCPAddr).AddrPort().Port()
	if got := ask("0.0.0.0", p); got == p || got == 0 {
		t.Errorf("got %d for a port that is taken", got)
	}
	if p := free(); ask("127.0.0.1", p) == p {
		t.Error("the port of the peer is not a port to wait on")
	}
	if got := ask("0.0.0.0", 80); got == 80 {
		t.Error("a low port without sameport")
	}
}

// TestBindLowPort has the monitor give a low port, and a peer connect to it.
func TestBindLowPort(t *testing.T) {
	s := serveWith(t, func(p *plan.Plan) { p.SamePort = true })
	asked := make(chan netip.AddrPort, 1)
	s.ports.send = func(m privsep.BindPort) error {
		asked <- m.At
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
			return err
		}
		s.ports.answered(privsep.BoundPort{ID: m.ID, File: os.NewFile(uintptr(fd), "low port")})
		return nil
	}
	s.snapshot.Store(s.snapshot.Load()) // sessions that begin now see the above
	client := s.askBind(socks.V5, socks.Addr{IP: netip.IPv4Unspecified(), Port: 80}, "")
	bound := client.granted()
	if at := <-asked; at != netip.MustParseAddrPort("127.0.0.1:80") {
		t.Errorf("asked for %s", at)
	}
	peer := knock(t, "127.0.0.1", bound)
	client.granted()
	write(t, peer, []byte("hello"))
	client.gets("hello")
}

// TestBindEarlyPayload sends something with the request that is meant for the peer.
func TestBindEarlyPayload(t *testing.T) {
	s := serveWith(t, nil)
	client := s.askBind(socks.V5, anybody, "early")
	peer := knock(t, "127.0.0.1", client.granted())
	client.granted()
	got := make([]byte, 5)
	if _, err := io.ReadFull(peer, got); err != nil || string(got) != "early" {
		t.Errorf("%q, %v", got, err)
	}
	peer.Close()
	rest(client)
	client.Close()
	const from = "127.0.0.1.P 127.0.0.1.P"
	// What came with the request was not read from the client, but it was written to the peer.
	want := "pass(1): tcp/bindreply ]: 5 -> " + from + " -> 0, 0 -> " + from + " -> 0: local client closed.  Session duration: 0s"
	if got := s.lines(6)[3]; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
