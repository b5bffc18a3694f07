package wire

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/rustsocks/rustsocks/pkg/socks"
)

// A conversation is what a client sends up to its request, decoded.
type conversation struct {
	version     socks.Version
	offered     []socks.Method
	credentials Credentials
	request     ClientRequest
}

// converse decodes a whole conversation, with a login if UserPass was offered.
func converse(r *Reader) (c conversation, err error) {
	if c.version, err = r.Version(); err != nil {
		return c, err
	}
	if c.version == socks.V4 {
		c.request, err = r.Request4()
		return c, err
	}
	if c.offered, err = r.Greeting(nil); err != nil {
		return c, err
	}
	for _, m := range c.offered {
		if m == socks.MethodUserPass {
			if c.credentials, err = r.Login(); err != nil {
				return c, err
			}
			break
		}
	}
	c.request, err = r.Request()
	return c, err
}

func addr(host string, port uint16) socks.Addr {
	if ip, err := netip.ParseAddr(host); err == nil {
		return socks.Addr{IP: ip, Port: port}
	}
	return socks.Addr{Name: host, Port: port}
}

var conversations = map[string]struct {
	sent string
	want conversation
}{
	"SOCKS4": {
		"\x04\x01\x00\x50\x7f\x00\x00\x01user\x00",
		conversation{version: 4, request: ClientRequest{4, socks.Connect, addr("127.0.0.1", 80)}},
	},
	"SOCKS4 bind, no user id": {
		"\x04\x02\x12\x34\x01\x02\x03\x04\x00",
		conversation{version: 4, request: ClientRequest{4, socks.Bind, addr("1.2.3.4", 0x1234)}},
	},
	"SOCKS4 associate": {
		"\x04\x03\x12\x34\x01\x02\x03\x04\x00",
		conversation{version: 4, request: ClientRequest{4, socks.UDPAssociate, addr("1.2.3.4", 0x1234)}},
	},
	"SOCKS4 unspecified": {
		"\x04\x01\x00\x50\x00\x00\x00\x00\x00",
		conversation{version: 4, request: ClientRequest{4, socks.Connect, addr("0.0.0.0", 80)}},
	},
	"SOCKS4 user id over the buffer": {
		"\x04\x01\x00\x50\x7f\x00\x00\x01" + strings.Repeat("u", maxUserID-1) + "\x00",
		conversation{version: 4, request: ClientRequest{4, socks.Connect, addr("127.0.0.1", 80)}},
	},
	"SOCKS4A": {
		"\x04\x01\x00\x50\x00\x00\x00\x07user\x00host.example\x00",
		conversation{version: 4, request: ClientRequest{4, socks.Connect, addr("host.example", 80)}},
	},
	"SOCKS4A longest name": {
		"\x04\x01\x00\x50\x00\x00\x00\xff\x00" + strings.Repeat("n", 255) + "\x00",
		conversation{version: 4, request: ClientRequest{4, socks.Connect, addr(strings.Repeat("n", 255), 80)}},
	},
	"SOCKS5": {
		"\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50",
		conversation{5, []socks.Method{0}, Credentials{}, ClientRequest{5, socks.Connect, addr("127.0.0.1", 80)}},
	},
	"SOCKS5 login, IPv6, reserved byte": {
		"\x05\x02\x00\x02\x01\x03bob\x02pw\x05\x03\x99\x04\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00",
		conversation{5, []socks.Method{0, 2}, Credentials{"bob", []byte("pw")}, ClientRequest{5, socks.UDPAssociate, addr("2001:db8::1", 0)}},
	},
	"SOCKS5 name": {
		"\x05\x01\x00\x05\x01\x00\x03\x0chost.example\x01\xbb",
		conversation{5, []socks.Method{0}, Credentials{}, ClientRequest{5, socks.Connect, addr("host.example", 443)}},
	},
	"SOCKS5 literal as a name": {
		"\x05\x01\x00\x05\x01\x00\x03\x07127.0.1\x01\xbb",
		conversation{5, []socks.Method{0}, Credentials{}, ClientRequest{5, socks.Connect, socks.Addr{Name: "127.0.1", Port: 443}}},
	},
	"SOCKS5 IPv4 literal as a name": {
		"\x05\x01\x00\x05\x01\x00\x03\x091.2.3.4\x00x\x01\xbb",
		conversation{5, []socks.Method{0}, Credentials{}, ClientRequest{5, socks.Connect, socks.Addr{Name: "1.2.3.4", Port: 443}}},
	},
	"SOCKS5 empty name": {
		"\x05\x01\x00\x05\x01\x00\x03\x00\x01\xbb",
		conversation{5, []socks.Method{0}, Credentials{}, ClientRequest{5, socks.Connect, socks.Addr{Port: 443}}},
	},
	"SOCKS5 no methods": {
		"\x05\x00\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50",
		conversation{5, nil, Credentials{}, ClientRequest{5, socks.Connect, addr("127.0.0.1", 80)}},
	},
	"SOCKS5 login with NUL and nothing": {
		"\x05\x01\x02\x01\x05bob\x00x\x00\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50",
		conversation{5, []socks.Method{2}, Credentials{"bob", []byte{}}, ClientRequest{5, socks.Connect, addr("127.0.0.1", 80)}},
	},
	"SOCKS4 request in SOCKS5": {
		"\x05\x01\x00\x04\x01\x00\x50\x7f\x00\x00\x01me\x00",
		conversation{5, []socks.Method{0}, Credentials{}, ClientRequest{4, socks.Connect, addr("127.0.0.1", 80)}},
	},
	"the longest of everything": {
		"\x05\xff" + strings.Repeat("\x02", 255) + "\x01\xff" + strings.Repeat("u", 255) + "\xff" + strings.Repeat("p", 255) +
			"\x05\x01\x00\x03\xff" + strings.Repeat("n", 255) + "\x00\x50",
		conversation{
			5, slices.Repeat([]socks.Method{socks.MethodUserPass}, 255),
			Credentials{strings.Repeat("u", 255), []byte(strings.Repeat("p", 255))},
			ClientRequest{5, socks.Connect, addr(strings.Repeat("n", 255), 80)},
		},
	},
}

// sources deliver the same bytes in different portions.
var sources = map[string]func(io.Reader) io.Reader{
	"at once":           func(r io.Reader) io.Reader { return r },
	"byte by byte":      iotest.OneByteReader,
	"halves":            iotest.HalfReader,
	"error with data":   iotest.DataErrReader,
	"with empty reads":  func(r io.Reader) io.Reader { return &hesitant{r: r} },
	"byte, error at it": func(r io.Reader) io.Reader { return iotest.DataErrReader(iotest.OneByteReader(r)) },
}

// hesitant returns nothing every other time.
type hesitant struct {
	r    io.Reader
	turn bool
}

func (h *hesitant) Read(p []byte) (int, error) {
	if h.turn = !h.turn; h.turn {
		return 0, nil
	}
	return h.r.Read(p)
}

func TestConversations(t *testing.T) {
	for name, c := range conversations {
		for how, source := range sources {
			t.Run(name+"/"+how, func(t *testing.T) {
				const early = "early payload\x00"
				src := source(strings.NewReader(c.sent + early))
				r := NewReader(src)
				got, err := converse(r)
				if err != nil {
					t.Fatal(err)
				}
				if got.version != c.want.version || !slices.Equal(got.offered, c.want.offered) ||
					!sameLogin(got.credentials, c.want.credentials) || got.request != c.want.request {
					t.Errorf("got  %v\nwant %v", got, c.want)
				}
				if r.Taken() != int64(len(c.sent)) {
					t.Errorf("took %d of %d bytes", r.Taken(), len(c.sent))
				}
				rest, err := io.ReadAll(io.MultiReader(bytes.NewReader(r.Buffered()), src))
				if string(rest) != early || err != nil {
					t.Errorf("left %q, %v", rest, err)
				}
			})
		}
	}
}

// Every proper beginning of a message is truncated, and all of it counts as read.
func TestTruncated(t *testing.T) {
	for name, c := range conversations {
		for n := range min(len(c.sent), 2000) {
			r := NewReader(iotest.OneByteReader(strings.NewReader(c.sent[:n])))
			_, err := converse(r)
			if !errors.Is(err, ErrTruncated) || r.Taken() != int64(n) || len(r.Buffered()) != 0 {
				t.Fatalf("%s, %d bytes: %v after %d", name, n, err, r.Taken())
			}
		}
	}
}

func TestErrors(t *testing.T) {
	for name, c := range map[string]struct {
		sent  string
		want  string
		taken int64
	}{
		"nothing":               {"", "eof from local client", 0},
		"not SOCKS":             {"GET / HTTP/1.0", "unknown SOCKS version 71 in client request", 1},
		"high version":          {"\xff", "unknown SOCKS version 255 in client request", 1},
		"SOCKS5 command":        {"\x05\x01\x00\x05\x09\x00\x01", "unknown socks_v5 command: 9", 5},
		"SOCKS4 command":        {"\x04\x00\x00\x50", "unknown socks_v4 command: 0", 2},
		"SOCKS4 rule command":   {"\x04\xf0\x00\x50", "unknown socks_v4 command: 240", 2},
		"SOCKS4 in SOCKS5":      {"\x05\x01\x00\x04\x04\x00\x50", "unknown socks_v4 command: 4", 5},
		"address type":          {"\x05\x01\x00\x05\x01\x00\x02\x7f", "unknown socks_v5 command: 1", 7},
		"inner version":         {"\x05\x01\x00\x06\x01", "local client protocol error", 4},
		"login version":         {"\x05\x01\x02\x05\x01", "recv_unamever(): unknown socks_v5 version on username packet from client: 5", 4},
		"endless user id":       {"\x04\x01\x00\x50\x7f\x00\x00\x01" + strings.Repeat("u", maxUserID+9), ErrUserIDTooLong.Error(), 8 + maxUserID},
		"endless SOCKS4A name":  {"\x04\x01\x00\x50\x00\x00\x00\x01\x00" + strings.Repeat("n", 1000), ErrNameTooLong.Error(), 9 + 256},
		"SOCKS4A without name":  {"\x04\x01\x00\x50\x00\x00\x00\x01\x00", "eof from local client", 9},
		"SOCKS4 without an end": {"\x04\x01\x00\x50\x7f\x00\x00\x01uuu", "eof from local client", 11},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(strings.NewReader(c.sent))
			_, err := converse(r)
			if err == nil || err.Error() != c.want || r.Taken() != c.taken {
				t.Errorf("%v after %d bytes, want %s after %d", err, r.Taken(), c.want, c.taken)
			}
		})
	}
}

func TestTypedErrors(t *testing.T) {
	_, err := converse(NewReader(strings.NewReader("\x07")))
	var version *VersionError
	if !errors.As(err, &version) || *version != (VersionError{First, 7}) {
		t.Errorf("%#v", err)
	}
	_, err = converse(NewReader(strings.NewReader("\x05\x01\x00\x05\x09")))
	var command *CommandError
	if !errors.As(err, &command) || *command != (CommandError{5, 9}) {
		t.Errorf("%#v", err)
	}
	_, err = converse(NewReader(strings.NewReader("\x05\x01\x00\x05\x02\x00\x07")))
	var kind *AddressTypeError
	if !errors.As(err, &kind) || *kind != (AddressTypeError{socks.Bind, 7}) {
		t.Errorf("%#v", err)
	}
}

func TestWithoutSOCKS4A(t *testing.T) {
	r := NewReader(strings.NewReader("\x04\x01\x00\x50\x00\x00\x00\x01\x00early"))
	r.SOCKS4A = false
	got, err := converse(r)
	if err != nil || got.request.Destination != addr("0.0.0.1", 80) || string(r.Buffered()) != "early" {
		t.Errorf("%v, %v, left %q", got, err, r.Buffered())
	}
}

// An error of the source, a deadline for one, reaches the caller as it is.
func TestSourceError(t *testing.T) {
	deadline := errors.New("deadline")
	r := NewReader(io.MultiReader(strings.NewReader("\x05\x02\x00"), iotest.ErrReader(deadline)))
	_, err := converse(r)
	if !errors.Is(err, deadline) || r.Taken() != 3 {
		t.Errorf("%v after %d", err, r.Taken())
	}
	r = NewReader(empty{})
	if _, err = converse(r); !errors.Is(err, io.ErrNoProgress) {
		t.Error(err)
	}
}

type empty struct{}

func (empty) Read([]byte) (int, error) { return 0, nil }

// A client that sends everything in one segment costs one read.
func TestOneRead(t *testing.T) {
	src := &counting{r: strings.NewReader(conversations["the longest of everything"].sent)}
	if _, err := converse(NewReader(src)); err != nil || src.reads != 1 {
		t.Errorf("%d reads, %v", src.reads, err)
	}
}

type counting struct {
	r     io.Reader
	reads int
}

func (c *counting) Read(p []byte) (int, error) {
	c.reads++
	return c.r.Read(p)
}

func TestEncode(t *testing.T) {
	long := strings.Repeat("n", 255)
	for name, c := range map[string]struct{ got, want string }{
		"method":           {string(AppendMethod(nil, socks.MethodUserPass)), "\x05\x02"},
		"no method":        {string(AppendMethod(nil, socks.MethodNoAcceptable)), "\x05\xff"},
		"login passed":     {string(AppendLoginStatus(nil, true)), "\x01\x00"},
		"login failed":     {string(AppendLoginStatus(nil, false)), "\x01\x01"},
		"reply 5 IPv4":     {string(AppendReply5(nil, socks.Succeeded, addr("1.2.3.4", 258))), "\x05\x00\x00\x01\x01\x02\x03\x04\x01\x02"},
		"reply 5 IPv6":     {string(AppendReply5(nil, socks.Succeeded, addr("::1", 258))), "\x05\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01\x02"},
		"reply 5 name":     {string(AppendReply5(nil, socks.HostUnreachable, addr("a.b", 258))), "\x05\x04\x00\x03\x03a.b\x01\x02"},
		"reply 5 empty":    {string(AppendReply5(nil, socks.HostUnreachable, addr("", 258))), "\x05\x04\x00\x03\x00\x01\x02"},
		"reply 5 long":     {string(AppendReply5(nil, socks.HostUnreachable, addr(long, 258))), "\x05\x04\x00\x03\xff" + long + "\x01\x02"},
		"reply 5 too long": {string(AppendReply5(nil, socks.HostUnreachable, addr(long+"n", 258))), "\x05\x04\x00\x01\x00\x00\x00\x00\x00\x00"},
		"reply 5 unset":    {string(AppendReply5(nil, socks.TTLExpired, socks.Addr{})), "\x05\x06\x00\x01\x00\x00\x00\x00\x00\x00"},
		"reply 4":          {string(AppendReply4(nil, socks.Granted, addr("1.2.3.4", 258))), "\x00\x5a\x01\x02\x01\x02\x03\x04"},
		"reply 4 mapped":   {string(AppendReply4(nil, socks.Granted, addr("::ffff:1.2.3.4", 258))), "\x00\x5a\x01\x02\x01\x02\x03\x04"},
		"reply 4 name":     {string(AppendReply4(nil, socks.Rejected, addr("a.b", 258))), "\x00\x5b\x01\x02\x00\x00\x00\x00"},
		"datagram":         {string(AppendDatagramHeader(nil, addr("1.2.3.4", 258))), "\x00\x00\x00\x01\x01\x02\x03\x04\x01\x02"},
		"datagram name":    {string(AppendDatagramHeader(nil, addr("a.b", 258))), "\x00\x00\x00\x03\x03a.b\x01\x02"},
		"datagram long":    {string(AppendDatagramHeader(nil, addr(long+"n", 258))), "\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", name, c.got, c.want)
		}
	}
}

// What cannot be sent is refused, and nothing appended.
func TestEncodeRefuses(t *testing.T) {
	long := strings.Repeat("n", 256)
	for name, c := range map[string]struct {
		encode func() ([]byte, error)
		want   error
	}{
		"no methods":       {func() ([]byte, error) { return AppendGreeting(nil) }, ErrFieldLength},
		"too many methods": {func() ([]byte, error) { return AppendGreeting(nil, make([]socks.Method, 256)...) }, ErrFieldLength},
		"empty user":       {func() ([]byte, error) { return AppendLogin(nil, Credentials{"", []byte("p")}) }, ErrFieldLength},
		"long password":    {func() ([]byte, error) { return AppendLogin(nil, Credentials{"u", []byte(long)}) }, ErrFieldLength},
		"long name":        {func() ([]byte, error) { return AppendRequest(nil, ClientRequest{5, 1, addr(long, 1)}) }, ErrNameTooLong},
		"long name, 4":     {func() ([]byte, error) { return AppendRequest(nil, ClientRequest{4, 1, addr(long, 1)}) }, ErrNameTooLong},
		"IPv6 in 4":        {func() ([]byte, error) { return AppendRequest(nil, ClientRequest{4, 1, addr("::1", 1)}) }, ErrAddress},
		"NUL in 4":         {func() ([]byte, error) { return AppendRequest(nil, ClientRequest{4, 1, addr("a\x00b", 1)}) }, ErrAddress},
	} {
		if got, err := c.encode(); !errors.Is(err, c.want) || len(got) != 0 {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestAnswers(t *testing.T) {
	r := NewReader(iotest.OneByteReader(strings.NewReader("\x05\x02\x01\x00\x05\x00\x00\x03\x03a.b\x01\x02\x00\x5a\x01\x02\x01\x02\x03\x04rest")))
	if m, err := r.Method(); m != socks.MethodUserPass || err != nil {
		t.Error(m, err)
	}
	if ok, err := r.LoginStatus(); !ok || err != nil {
		t.Error(ok, err)
	}
	if code, a, err := r.Reply5(); code != socks.Succeeded || a != addr("a.b", 258) || err != nil {
		t.Error(code, a, err)
	}
	if code, a, err := r.Reply4(); code != socks.Granted || a != addr("1.2.3.4", 258) || err != nil {
		t.Error(code, a, err)
	}
	var version *VersionError
	if _, err := r.Method(); !errors.As(err, &version) || version.Got != 'r' {
		t.Error(err)
	}
	if _, _, err := r.Reply4(); !errors.As(err, &version) || version.Got != 's' {
		t.Error(err)
	}
	if ok, err := r.LoginStatus(); ok || !errors.Is(err, ErrTruncated) {
		t.Error(ok, err)
	}
	if _, _, err := NewReader(strings.NewReader("HTTP")).Reply5(); !errors.As(err, &version) || version.Got != 'H' {
		t.Error(err)
	}
}

func TestParseDatagram(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want Datagram
		err  bool
	}{
		"IPv4":           {"\x00\x00\x00\x01\x01\x02\x03\x04\x01\x02hello", Datagram{0, addr("1.2.3.4", 258), []byte("hello")}, false},
		"empty payload":  {"\x00\x00\x00\x01\x01\x02\x03\x04\x01\x02", Datagram{0, addr("1.2.3.4", 258), nil}, false},
		"IPv6, reserved": {"\x09\x09\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01\x02x", Datagram{0, addr("::1", 258), []byte("x")}, false},
		"name":           {"\x00\x00\x00\x03\x03a\x00b\x01\x02x", Datagram{0, addr("a", 258), []byte("x")}, false},
		"fragment":       {"\x00\x00\x81\x01\x01\x02\x03\x04\x01\x02x", Datagram{0x81, addr("1.2.3.4", 258), []byte("x")}, false},
		"empty name":     {"\x00\x00\x00\x03\x00\x01\x02x", Datagram{0, addr("", 258), []byte("x")}, false},
		"too short":      {"\x00\x00\x00\x03\x00\x01\x02", Datagram{}, true},
		"nothing":        {"", Datagram{}, true},
		"half an IPv4":   {"\x00\x00\x00\x01\x01\x02\x03\x04\x01", Datagram{}, true},
		"half an IPv6":   {"\x00\x00\x00\x04\x01\x02\x03\x04\x01\x02", Datagram{}, true},
		"half a name":    {"\x00\x00\x00\x03\x09abcdef\x01\x02", Datagram{}, true},
		"type":           {"\x00\x00\x00\x02\x01\x02\x03\x04\x01\x02", Datagram{}, true},
	} {
		got, err := ParseDatagram([]byte(c.in))
		if errors.Is(err, ErrDatagram) != c.err || got.Fragment != c.want.Fragment || got.Address != c.want.Address ||
			!bytes.Equal(got.Payload, c.want.Payload) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

func TestAllocations(t *testing.T) {
	sent := []byte("\x05\x01\x00\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50")
	src := bytes.NewReader(nil)
	methods := make([]socks.Method, 0, 255)
	out := make([]byte, 0, MaxDatagramHeader)
	r := NewReader(src)
	if n := testing.AllocsPerRun(100, func() {
		src.Reset(sent)
		r.start, r.end = 0, 0
		r.Version()
		r.Greeting(methods)
		req, _ := r.Request()
		AppendReply5(out, socks.Succeeded, req.Destination)
	}); n > 0 {
		t.Errorf("%v allocations a conversation", n)
	}
	datagram := []byte("\x00\x00\x00\x01\x01\x02\x03\x04\x01\x02hello")
	if n := testing.AllocsPerRun(100, func() {
		d, _ := ParseDatagram(datagram)
		AppendDatagramHeader(out, d.Address)
	}); n > 0 {
		t.Errorf("%v allocations a datagram", n)
	}
}

func sameLogin(a, b Credentials) bool { return a.User == b.User && bytes.Equal(a.Password, b.Password) }

// A password must not stay behind where it was read.
func TestPasswordLeavesTheBuffer(t *testing.T) {
	for name, source := range map[string]func(string) io.Reader{
		"at once":        func(s string) io.Reader { return strings.NewReader(s) },
		"byte by byte":   func(s string) io.Reader { return iotest.OneByteReader(strings.NewReader(s)) },
		"half of it":     func(s string) io.Reader { return iotest.HalfReader(strings.NewReader(s)) },
		"with a request": func(s string) io.Reader { return strings.NewReader(s + "\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50") },
	} {
		r := NewReader(source("\x05\x01\x02\x01\x03bob\x06secret"))
		if _, err := converse(r); err != nil && err != ErrTruncated {
			t.Fatal(name, err)
		}
		if bytes.Contains(r.buf[:], []byte("secret")) {
			t.Errorf("%s: the password is still in the buffer", name)
		}
	}
}
