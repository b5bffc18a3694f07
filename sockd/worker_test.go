package sockd

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/logx"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
)

// everybody knows bob's password.
type everybody struct{}

func (everybody) Verify(_ context.Context, user string, password []byte) (auth.Failure, string) {
	switch {
	case user != "bob":
		return auth.NoRecord, ""
	case string(password) != "builder":
		return auth.WrongPassword, ""
	}
	return auth.NoFailure, ""
}

func (everybody) InGroup(_ context.Context, _, group string) (auth.Membership, error) {
	switch group {
	case "staff":
		return auth.Member, nil
	case "nosuch":
		return auth.NoSuchGroup, nil
	}
	return auth.NotMember, nil
}

// server is a Worker with one listener, its configuration and its log.
type server struct {
	*Worker
	t    testing.TB
	at   netip.AddrPort
	logs *os.File
}

func serveWith(t testing.TB, change func(*plan.Plan)) *server {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	f, err := l.File()
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().(*net.TCPAddr).AddrPort()
	l.Close()
	readEnd, writeEnd, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	log := logx.New("danted")
	log.SetOutputs(logx.Outputs{Main: []logx.Output{{Kind: logx.Stream, File: writeEnd}}})
	w, err := New(log, everybody{})
	if err != nil {
		t.Fatal(err)
	}
	w.snapshot.Store(newSnapshot(thePlan(at, change), nil))
	d, err := w.open(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		d.close()
		w.endAll()
		over, cancel := context.WithCancel(context.Background())
		cancel()
		_ = w.relays.Close(over) // what is left of the tests' own is ended
		w.datagrams.Close()
		writeEnd.Close()
	})
	return &server{Worker: w, t: t, at: at, logs: readEnd}
}

func thePlan(at netip.AddrPort, change func(*plan.Plan)) *plan.Plan {
	all := acl.LogConnect | acl.LogDisconnect | acl.LogError
	anywhere := addr.Spec{Kind: addr.AnyIP}
	none := auth.Methods{auth.None}
	p := &plan.Plan{
		Internal: []netip.AddrPort{at}, External: []netip.Addr{netip.MustParseAddr("127.0.0.1")},
		ClientMethods: none, SocksMethods: none,
		ClientRules: []plan.Rule{{Rule: acl.Rule{
			Number: 1, Verdict: acl.Pass, From: anywhere, To: anywhere, Protocols: acl.ProtoTCP, ClientMethods: none,
			SocksMethods: none, Log: all,
		}, Timeouts: plan.Timeouts{Negotiate: time.Minute}}},
		SocksRules: []plan.Rule{{Rule: acl.Rule{
			Number: 1, Verdict: acl.Pass, From: anywhere, To: anywhere, Commands: acl.CmdAll,
			Protocols: acl.ProtoTCP | acl.ProtoUDP, Versions: acl.VerSocks4 | acl.VerSocks5, ClientMethods: none,
			SocksMethods: none, Log: all,
		}, Timeouts: plan.Timeouts{Connect: time.Minute}}},
	}
	if change != nil {
		change(p)
	}
	return p
}

// withPassword makes the server want a login.
func withPassword(p *plan.Plan) {
	m := auth.Methods{auth.Username}
	p.SocksMethods, p.ClientRules[0].SocksMethods, p.SocksRules[0].SocksMethods = m, m, m
}

func (s *server) dial() *net.TCPConn {
	s.t.Helper()
	c, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(s.at))
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	return c
}

var ports = regexp.MustCompile(`((?:127\.\d+\.\d+\.\d+|::1|localhost))\.\d+`)

// lines waits until the log has n more lines and gives them without what differs from run to run.
func (s *server) lines(n int) []string {
	s.t.Helper()
	if err := s.logs.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	var out []string
	var b [1]byte
	var line []byte
	for len(out) < n {
		if _, err := s.logs.Read(b[:]); err != nil {
			s.t.Fatalf("%d lines of %d: %v\n%s", len(out), n, err, strings.Join(out, "\n"))
		}
		if b[0] != '\n' {
			line = append(line, b[0])
			continue
		}
		_, text, isInfo := strings.Cut(string(line), "info: ")
		if !isInfo {
			text = string(line)
		}
		out = append(out, ports.ReplaceAllString(text, "$1.P"))
		line = line[:0]
	}
	return out
}

// echo is a target that sends back what it gets.
func echo(t testing.TB, ip string) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
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
				_, _ = io.Copy(c, c)
				c.Close()
			}()
		}
	}()
	return netip.MustParseAddrPort(l.Addr().String())
}

func target(a netip.AddrPort) socks.Addr { return socks.AddrFrom(a) }

// ask5 encodes greeting and request in one.
func ask5(t testing.TB, cmd socks.Command, to socks.Addr) []byte {
	t.Helper()
	b, err := wire.AppendGreeting(nil, socks.MethodNoAuth)
	if err != nil {
		t.Fatal(err)
	}
	b, err = wire.AppendRequest(b, wire.ClientRequest{Version: socks.V5, Command: cmd, Destination: to})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func write(t testing.TB, c net.Conn, b []byte) {
	t.Helper()
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
}

// rest reads to the end of the stream; a reset is an end too.
func rest(c net.Conn) []byte {
	b, _ := io.ReadAll(c)
	return b
}

func TestConnectAndEcho(t *testing.T) {
	s, e := serveWith(t, nil), echo(t, "127.0.0.1")
	c := s.dial()
	write(t, c, ask5(t, socks.Connect, target(e)))
	r := wire.NewReader(c)
	if m, err := r.Method(); err != nil || m != socks.MethodNoAuth {
		t.Fatal(m, err)
	}
	code, bound, err := r.Reply5()
	if err != nil || code != socks.Succeeded || bound.IP != netip.MustParseAddr("127.0.0.1") || bound.Port == 0 {
		t.Fatal(code, bound, err)
	}
	write(t, c, []byte("hello"))
	got := make([]byte, 5)
	if _, err := io.ReadFull(c, got); err != nil || string(got) != "hello" {
		t.Fatal(string(got), err)
	}
	c.Close()
	want := []string{
		"pass(1): tcp/accept [: 127.0.0.1.P 127.0.0.1.P",
		"pass(1): tcp/connect [: 127.0.0.1.P 127.0.0.1.P -> 127.0.0.1.P 127.0.0.1.P",
		"pass(1): tcp/connect ]: 5 -> 127.0.0.1.P 127.0.0.1.P -> 5, 5 -> 127.0.0.1.P 127.0.0.1.P -> 5: " +
			"local client closed.  Session duration: 0s",
		"pass(1): tcp/accept ]: 5 -> 127.0.0.1.P 127.0.0.1.P -> 5: local client closed.  Session duration: 0s",
	}
	if diff := cmp.Diff(want, s.lines(4)); diff != "" {
		t.Error(diff)
	}
}

func TestEarlyPayloadArrives(t *testing.T) {
	s, e := serveWith(t, nil), echo(t, "127.0.0.1")
	c := s.dial()
	early := bytes.Repeat([]byte("early"), 900)
	write(t, c, append(ask5(t, socks.Connect, target(e)), early...))
	if err := c.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got := rest(c); len(got) != 2+10+len(early) || !bytes.HasSuffix(got, early) {
		t.Errorf("got %d bytes back, want %d", len(got), 12+len(early))
	}
}

func TestSocks4(t *testing.T) {
	s, e := serveWith(t, nil), echo(t, "127.0.0.1")
	for _, to := range []socks.Addr{target(e), {Name: "localhost", Port: e.Port()}} {
		c := s.dial()
		b, err := wire.AppendRequest(nil, wire.ClientRequest{Version: socks.V4, Command: socks.Connect, Destination: to})
		if err != nil {
			t.Fatal(err)
		}
		write(t, c, append(b, "hi"...))
		c.CloseWrite()
		if got := rest(c); len(got) != 10 || got[0] != 0 || got[1] != byte(socks.Granted) || string(got[8:]) != "hi" {
			t.Errorf("to %v: % x", to, got)
		}
	}
}

// failing is a request that fails, what the client gets, and what the log says.
func TestFailures(t *testing.T) {
	dead := func() netip.AddrPort {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		return netip.MustParseAddrPort(l.Addr().String())
	}()
	const client = "127.0.0.1.P 127.0.0.1.P"
	block := func(p *plan.Plan) { p.SocksRules[0].Verdict = acl.Block }
	tests := []struct {
		name   string
		change func(*plan.Plan)
		send   []byte
		to     socks.Addr // a SOCKS5 connect, when send is empty
		reply  []byte     // all the client gets; nil with to: the method, code and echo
		code   socks.Reply
		lines  []string // after tcp/accept [
	}{
		{
			name: "blocked", change: block, to: target(dead), code: socks.NotAllowed,
			lines: []string{
				"block(1): tcp/connect ]: " + client + " -> 0.0.0.0.0 127.0.0.1.P",
				"block(1): tcp/accept ]: " + client + ": blocked by higher-level socks-rule #1",
			},
		},
		{
			name: "default rule", change: func(p *plan.Plan) { p.SocksRules = nil }, to: target(dead), code: socks.NotAllowed,
			lines: []string{
				"block(1): tcp/accept ]: " + client + ": blocked by higher-level socks-rule #0: " +
					"no rules matched; using default block rule",
			},
		},
		{
			name: "no such name", to: socks.Addr{Name: "", Port: 80}, code: socks.HostUnreachable,
			lines: []string{
				"block(1): tcp/connect ]: " + client +
					": could not resolve hostname \"\": Name or service not known for IPv4 address",
				"block(1): tcp/accept ]: " + client + ": request was not performed due to error: " +
					"could not resolve hostname \"\": Name or service not known for IPv4 address",
			},
		},
		{
			name: "no IPv6 here", to: socks.Addr{IP: netip.IPv6Loopback(), Port: 80}, code: socks.AddressNotSupported,
			lines: []string{
				"block(1): tcp/connect ]: " + client + ": connect to IPv6 address requested, but no IPv6 address " +
					"configured for our usage on the external interface",
				"block(1): tcp/accept ]: " + client + ": request was not performed due to error: connect to IPv6 " +
					"address requested, but no IPv6 address configured for our usage on the external interface",
			},
		},
		{
			name: "port 0", to: socks.Addr{IP: netip.MustParseAddr("127.0.0.1")}, code: socks.AddressNotSupported,
			lines: []string{
				"block(1): tcp/connect ]: " + client + ": unbound port (127.0.0.1.P) in request",
				"block(1): tcp/accept ]: " + client + ": request was not performed due to error: " +
					"unbound port (127.0.0.1.P) in request",
			},
		},
		{
			name: "unknown version", send: []byte("GET / HTTP/1.0\r\n"), reply: []byte{},
			lines: []string{
				"block(1): tcp/accept ]: " + client +
					": error after reading 1 byte in 0 seconds: unknown SOCKS version 71 in client request",
			},
		},
		{
			name: "no method", send: []byte{5, 1, 2}, reply: []byte{5, 0xff},
			lines: []string{
				"block(1): tcp/accept ]: " + client +
					": error after reading 3 bytes in 0 seconds: client offered no acceptable authentication method",
			},
		},
		{
			name: "wrong password", change: withPassword, send: []byte("\x05\x01\x02\x01\x03bob\x03bad"),
			reply: []byte{5, 2, 1, 1},
			lines: []string{
				"block(1): tcp/accept ]: " + client +
					": error after reading 12 bytes in 0 seconds: system password authentication failed for user \"bob\"",
			},
		},
		{
			name: "unknown user", change: withPassword, send: []byte("\x05\x01\x02\x01\x03zed\x03bad"),
			reply: []byte{5, 2, 1, 1},
			lines: []string{
				"block(1): tcp/accept ]: " + client + ": error after reading 12 bytes in 0 seconds: " +
					"could not access user \"zed\"'s records in the system password file: no system error",
			},
		},
		{
			name: "SOCKS4 where a login is wanted",
			change: func(p *plan.Plan) {
				withPassword(p)
				p.SocksMethods = auth.Methods{auth.None, auth.Username}
			},
			send: []byte{4, 1, 0, 80, 127, 0, 0, 1, 0}, reply: []byte{},
			lines: []string{
				"block(1): tcp/accept ]: " + client + ": error after reading 1 byte in 0 seconds: client-rule #1 requires " +
					"SOCKS authentication to use for matching clients to be \"username\", but connected client is using " +
					"SOCKS v4, which does not support any authentication",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serveWith(t, tt.change)
			c := s.dial()
			if tt.send == nil {
				tt.send = ask5(t, socks.Connect, tt.to)
				tt.reply = slices.Concat([]byte{5, 0}, wire.AppendReply5(nil, tt.code, tt.to))
			}
			write(t, c, tt.send)
			got := rest(c)
			if got == nil {
				got = []byte{}
			}
			if diff := cmp.Diff(tt.reply, got); diff != "" {
				t.Error(diff)
			}
			want := append([]string{"pass(1): tcp/accept [: " + client}, tt.lines...)
			if diff := cmp.Diff(want, s.lines(len(want))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRefusedConnection(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := netip.MustParseAddrPort(l.Addr().String())
	l.Close()
	s := serveWith(t, nil)
	c := s.dial()
	write(t, c, ask5(t, socks.Connect, target(dead)))
	r := wire.NewReader(c)
	if _, err := r.Method(); err != nil {
		t.Fatal(err)
	}
	code, bound, err := r.Reply5()
	if err != nil || code != socks.ConnectionRefused || bound.Port == 0 {
		t.Errorf("%v %v %v", code, bound, err)
	}
	want := []string{
		"pass(1): tcp/accept [: 127.0.0.1.P 127.0.0.1.P",
		"pass(1): tcp/connect ]: 0 -> 127.0.0.1.P 127.0.0.1.P -> 0, 0 -> 127.0.0.1.P 127.0.0.1.P -> 0: " +
			"remote peer error (Connection refused).  Session duration: 0s",
		"pass(1): tcp/accept ]: 0 -> 127.0.0.1.P 127.0.0.1.P -> 0: " +
			"remote peer error (Connection refused).  Session duration: 0s",
	}
	if diff := cmp.Diff(want, s.lines(3)); diff != "" {
		t.Error(diff)
	}
}

func TestLoginIdentifiesTheSocksRulesLines(t *testing.T) {
	s, e := serveWith(t, withPassword), echo(t, "127.0.0.1")
	c := s.dial()
	write(t, c, []byte("\x05\x01\x02\x01\x03bob\x07builder"))
	b, err := wire.AppendRequest(nil, wire.ClientRequest{Version: socks.V5, Command: socks.Connect, Destination: target(e)})
	if err != nil {
		t.Fatal(err)
	}
	write(t, c, b)
	c.CloseWrite()
	if got := rest(c); len(got) != 2+2+10 || got[3] != 0 || got[5] != 0 {
		t.Fatalf("% x", got)
	}
	const who = "username%bob@127.0.0.1.P 127.0.0.1.P"
	want := []string{
		"pass(1): tcp/accept [: 127.0.0.1.P 127.0.0.1.P",
		"pass(1): tcp/connect [: " + who + " -> 127.0.0.1.P 127.0.0.1.P",
		"pass(1): tcp/connect ]: 0 -> " + who + " -> 0, 0 -> 127.0.0.1.P 127.0.0.1.P -> 0: " +
			"local client closed.  Session duration: 0s",
		"pass(1): tcp/accept ]: 0 -> 127.0.0.1.P 127.0.0.1.P -> 0: local client closed.  Session duration: 0s",
	}
	if diff := cmp.Diff(want, s.lines(4)); diff != "" {
		t.Error(diff)
	}
}

func TestNegotiationHasOneDeadline(t *testing.T) {
	s := serveWith(t, func(p *plan.Plan) { p.ClientRules[0].Timeouts.Negotiate = 50 * time.Millisecond })
	c := s.dial()
	write(t, c, []byte{5, 1, 0})
	if got := rest(c); string(got) != "\x05\x00" {
		t.Errorf("% x", got)
	}
	if got := s.lines(2)[1]; got != "block(1): tcp/accept ]: 127.0.0.1.P 127.0.0.1.P: negotiate timeout after 0 seconds" {
		t.Error(got)
	}
}

func TestClientRuleBlocksWithoutAWord(t *testing.T) {
	s := serveWith(t, func(p *plan.Plan) { p.ClientRules[0].Verdict = acl.Block })
	c := s.dial()
	if got := rest(c); len(got) != 0 {
		t.Errorf("% x", got)
	}
	if got := s.lines(1)[0]; got != "block(1): tcp/accept ]: 127.0.0.1.P 127.0.0.1.P" {
		t.Error(got)
	}
}

func TestDataIsLogged(t *testing.T) {
	s := serveWith(t, func(p *plan.Plan) {
		p.ClientRules[0].Log, p.SocksRules[0].Log = 0, acl.LogData
	})
	e := echo(t, "127.0.0.1")
	c := s.dial()
	write(t, c, ask5(t, socks.Connect, target(e)))
	if _, err := io.ReadFull(c, make([]byte, 12)); err != nil {
		t.Fatal(err)
	}
	write(t, c, []byte("hello\n\x00\xff"))
	if _, err := io.ReadFull(c, make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	c.CloseWrite()
	both := "127.0.0.1.P 127.0.0.1.P -> 127.0.0.1.P 127.0.0.1.P"
	want := []string{
		"pass(1): tcp/connect -: " + both + ` (8): hello\n\0\377`,
		"pass(1): tcp/connect -: " + both + ` (8): hello\n\0\377`,
		"pass(1): tcp/connect -: " + both + " (0)",
	}
	if diff := cmp.Diff(want, s.lines(3)); diff != "" {
		t.Error(diff)
	}
}

// With all slots taken a further client is not turned away: it waits until a session ends.
func TestFullWorkerMakesClientsWait(t *testing.T) {
	s, e := serveWith(t, nil), echo(t, "127.0.0.1")
	s.slots.mu.Lock()
	s.slots.taken = s.slots.all - 1
	s.slots.mu.Unlock()
	first, second := s.dial(), s.dial()
	write(t, first, ask5(t, socks.Connect, target(e)))
	if _, err := io.ReadFull(first, make([]byte, 12)); err != nil {
		t.Fatal(err)
	}
	write(t, second, append(ask5(t, socks.Connect, target(e)), "hi"...))
	for s.slots.waited() == 0 {
		runtime.Gosched()
	}
	first.Close()
	if _, err := io.ReadFull(second, make([]byte, 12)); err != nil {
		t.Fatal("the waiting client was not served:", err)
	}
}
