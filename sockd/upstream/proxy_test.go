package upstream

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
)

// fakeProxy accepts one connection and plays its script: it waits for each message, byte for byte, and answers it.
// With a message that does not come it closes the connection. After the last answer it closes, or holds on when the
// answer is "".
func fakeProxy(t *testing.T, script ...string) (fd int) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	done := make(chan struct{})
	t.Cleanup(func() { <-done })
	go func() {
		defer close(done)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		for ; len(script) > 1; script = script[2:] {
			got := make([]byte, len(script[0]))
			if _, err := io.ReadFull(c, got); err != nil || string(got) != script[0] {
				t.Errorf("the proxy got %q, want %q (%v)", got, script[0], err)
				return
			}
			if script[1] == "" {
				_, _ = c.Read(got[:1]) // until the other side has had enough
				return
			}
			_, _ = c.Write([]byte(script[1]))
		}
	}()
	at := netip.MustParseAddrPort(l.Addr().String())
	c, err := Connect(t.Context(), &Dial{Local: loopback, Targets: []netip.AddrPort{at}, Limit: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(c.FD) })
	return c.FD
}

// left is what is still to be read from a socket before its end.
func left(fd int) string {
	var all []byte
	b := make([]byte, 64)
	for {
		_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10000)
		n, err := unix.Read(fd, b)
		if err != nil || n == 0 {
			return string(all)
		}
		all = append(all, b[:n]...)
	}
}

const (
	ask4   = "\x04\x01\x00\x50\x0a\x01\x02\x03\x00"
	greet5 = "\x05\x01\x00"
	fine5  = "\x05\x00"
	ask5   = "\x05\x01\x00\x01\x0a\x01\x02\x03\x00\x50"
	askWeb = "CONNECT 10.1.2.3:80 HTTP/1.0\r\nUser-agent: Dante/client v1.4.2\r\n\r\n"
	tail5  = "\x00\x01\x09\x08\x07\x06\x00\x63"
)

var (
	numbered = socks.Addr{IP: netip.MustParseAddr("10.1.2.3"), Port: 80}
	their    = socks.Addr{IP: netip.MustParseAddr("9.8.7.6"), Port: 99}
)

func TestProxyGrants(t *testing.T) {
	login := wire.Credentials{User: "bob", Password: []byte("builder")}
	both := []socks.Method{socks.MethodNoAuth, socks.MethodUserPass}
	named := socks.Addr{Name: "host.example", Port: 80}
	six := socks.Addr{IP: netip.MustParseAddr("2001:db8::1"), Port: 80}
	tests := map[string]struct {
		q      ProxyRequest
		script []string
		want   Granted
	}{
		"SOCKS4": {ProxyRequest{Protocol: acl.VerSocks4, Target: numbered}, []string{ask4, "\x00\x5a\x00\x63\x09\x08\x07\x06"}, Granted{Bound: their}},
		"SOCKS5": {ProxyRequest{Protocol: acl.VerSocks5, Target: numbered, Methods: both[:1]}, []string{greet5, fine5, ask5, "\x05\x00" + tail5}, Granted{Bound: their}},
		"name handed on": {
			ProxyRequest{Protocol: acl.VerSocks5, Target: named, Methods: both[:1]},
			[]string{greet5, fine5, "\x05\x01\x00\x03\x0chost.example\x00\x50", "\x05\x00\x00\x03\x01x\x00\x63"},
			Granted{Bound: socks.Addr{Name: "x", Port: 99}},
		},
		"password handed on": {
			ProxyRequest{Protocol: acl.VerSocks5, Target: numbered, Methods: both, Login: login},
			[]string{"\x05\x02\x00\x02", "\x05\x02", "\x01\x03bob\x07builder", "\x01\x00", ask5, "\x05\x00" + tail5},
			Granted{Bound: their, Method: socks.MethodUserPass},
		},
		"no password to hand on": {
			ProxyRequest{Protocol: acl.VerSocks5, Target: numbered, Methods: both},
			[]string{greet5, fine5, ask5, "\x05\x00" + tail5},
			Granted{Bound: their},
		},
		"HTTP": {ProxyRequest{Protocol: acl.VerHTTP, Target: numbered}, []string{askWeb, "HTTP/1.1 200 OK\r\nA: b\r\n\r\n"}, Granted{}},
		"HTTP without CR": {
			ProxyRequest{Protocol: acl.VerHTTP, Target: named},
			[]string{strings.Replace(askWeb, "10.1.2.3", "host.example", 1), "HTTP/1.0 200\nA: b\n\n"},
			Granted{},
		},
		"HTTP and IPv6": {
			ProxyRequest{Protocol: acl.VerHTTP, Target: six},
			[]string{strings.Replace(askWeb, "10.1.2.3", "[2001:db8::1]", 1), "HTTP/1.0 200 OK\r\n\r\n"},
			Granted{},
		},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			c.script[len(c.script)-1] += "payload\r\n\r\n" // comes with the answer and is not part of it
			fd := fakeProxy(t, c.script...)
			got, err := AskProxy(t.Context(), fd, c.q, 10*time.Second)
			if err != nil || got != c.want {
				t.Fatalf("%+v, %v, want %+v", got, err, c.want)
			}
			if got := left(fd); got != "payload\r\n\r\n" {
				t.Errorf("%q was left in the socket", got)
			}
		})
	}
}

// The words, the codes and what counts against a route are those of danted 1.4.2 in front of such proxies.
func TestProxyRefuses(t *testing.T) {
	const wordless = socks.ConnectionRefused // there is no better code
	type asked = ProxyRequest
	four, web := asked{Protocol: acl.VerSocks4, Target: numbered}, asked{Protocol: acl.VerHTTP, Target: numbered}
	five := asked{Protocol: acl.VerSocks5, Target: numbered, Methods: []socks.Method{socks.MethodNoAuth}}
	user := five
	user.Methods, user.Login = []socks.Method{socks.MethodUserPass}, wire.Credentials{User: "bob", Password: []byte("builder")}
	nobody := user
	nobody.Login = wire.Credentials{}
	evil := asked{Protocol: acl.VerHTTP, Target: socks.Addr{Name: "a HTTP/1.0\r\nX:", Port: 80}}
	to5 := func(code socks.Reply) []string {
		return []string{greet5, fine5, ask5, "\x05" + string(rune(code)) + tail5}
	}
	to4 := func(code string) []string { return []string{ask4, code + "\x00\x63\x09\x08\x07\x06"} }
	tests := []struct {
		q      asked
		script []string
		reply  socks.Reply
		bad    bool
		text   string
	}{
		{five, to5(1), wordless, true, "generic failure at remote proxy server"},
		{five, to5(2), wordless, false, "connection denied by proxy server"},
		{five, to5(3), 3, false, "net unreachable by proxy server"},
		{five, to5(4), 4, false, "target unreachable by proxy server"},
		{five, to5(5), 5, false, "target refused connection by proxy server"},
		{five, to5(6), 6, false, "connection to target from proxy server timed out"},
		{five, to5(7), wordless, true, "command not supported by proxy server"},
		{five, to5(8), wordless, true, "address format in the request we sent is not supported by the proxy server"},
		{five, to5(9), wordless, true, "unknown v5 reply from proxy server: 9"},
		{five, []string{greet5, fine5, ask5, "\x04\x00" + tail5}, wordless, true, "unexpected protocol version in response from proxy server.  Expected version 5, received version 4"},
		{five, []string{greet5, fine5, ask5, "\x05\x00\x00\x07" + tail5}, wordless, true, "unknown address type 7 in response from proxy server"},
		{five, []string{greet5, fine5}, wordless, true, "premature eof from proxy server while waiting for response"},
		{five, []string{greet5, fine5, ask5, "\x05"}, wordless, true, "premature eof from proxy server while waiting for response"},
		{five, []string{greet5, "\x05\xff"}, wordless, true, "proxy server said we did not offer any acceptable authentication methods"},
		{five, []string{greet5, "\x05\x02"}, wordless, true, "proxy server selected method 0x2 (username), but that is not among the methods we offered it"},
		{five, []string{greet5, "\x05\x05"}, wordless, true, "proxy server selected method 0x5 (<unknown>), but that is not among the methods we offered it"},
		{five, []string{greet5, "HT"}, wordless, true, "got reply version 72 from proxy server, but expected version 5.  Remote proxy server problem?"},
		{five, []string{greet5, "\x05"}, wordless, true, "could not read proxy server's response concerning method to use, read 1/2: server closed connection"},
		{user, []string{"\x05\x01\x02", "\x05\x02", "\x01\x03bob\x07builder", "\x01\x01"}, wordless, false, "failed to establish v5 connection using method 2: proxy server rejected our username/password"},
		{nobody, nil, wordless, false, "failed to establish v5 connection using method 2: could not determine username of client"},
		{four, to4("\x00\x5b"), wordless, false, "generic proxy server failure"},
		{four, to4("\x00\x5c"), wordless, true, "proxy server says it could not get a ident (rfc931) response from host we are running on"},
		{four, to4("\x00\x5d"), wordless, true, "proxy server claims username/ident mismatch from us"},
		{four, to4("\x00\x58"), wordless, true, "unknown v0 reply from proxy server.  Replycode: 88"},
		{four, to4("\x04\x5a"), wordless, true, "unexpected protocol version in response from proxy server.  Expected version 0, received version 4"},
		{web, []string{askWeb, "HTTP/1.0 403 No way\r\n\r\nbody"}, wordless, false, `response code 403 from http server indicates failure: "HTTP/1.0 403 No way"`},
		{web, []string{askWeb, "SSH-2.0-x\r\n\r\n"}, wordless, false, `unknown response from proxy server: "SSH-2.0-x"`},
		{web, []string{askWeb, "HTTP/1.0 x\x01\r\n\r\n"}, wordless, false, `unknown response from proxy server: "HTTP/1.0 x\001"`},
		{web, []string{askWeb, "HTTP/1.0 2"}, wordless, false, "could not read response from proxy server.  read(2) returned 0 after having read 10 bytes"},
		{web, []string{askWeb, "HTTP/1.0 200 " + strings.Repeat("x", maxHeader)}, wordless, false, "response from proxy server has no end within 16384 bytes"},
		{evil, nil, socks.GeneralFailure, false, `host name "a HTTP/1.0\r\nX:" cannot be given to an http server`},
	}
	for _, c := range tests {
		t.Run(c.text, func(t *testing.T) {
			_, err := AskProxy(t.Context(), fakeProxy(t, c.script...), c.q, 10*time.Second)
			e := (*ProxyError)(nil)
			if !errors.As(err, &e) || e.Text != c.text || e.Reply != c.reply || e.Bad != c.bad {
				t.Errorf("%#v, want %d %v", err, c.reply, c.bad)
			}
		})
	}
}

func TestSlowProxy(t *testing.T) {
	q := ProxyRequest{Protocol: acl.VerSocks5, Target: numbered, Methods: []socks.Method{socks.MethodNoAuth}}
	_, err := AskProxy(t.Context(), fakeProxy(t, greet5, ""), q, 10*time.Millisecond)
	e := (*ProxyError)(nil)
	if !errors.As(err, &e) || !e.Bad || e.Reply != socks.TTLExpired || e.Text != "proxy server did not answer within 1 seconds" {
		t.Errorf("%#v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(time.Millisecond, cancel)
	if _, err := AskProxy(ctx, fakeProxy(t, greet5, ""), q, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("%#v", err)
	}
}
