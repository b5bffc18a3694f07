package wire

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/socks"
)

const tail = "\x00tail\x00"

// A portioned reader gives at most size bytes a time.
type portioned struct {
	p    []byte
	size int
}

func (r *portioned) Read(p []byte) (int, error) {
	if len(r.p) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), r.size)], r.p)
	r.p = r.p[n:]
	return n, nil
}

// decode runs a decoder over message, and, if it succeeds, again over what it took with a tail behind it, in portions
// of another size: it must succeed as well and leave the tail. It returns what was taken.
func decode(t *testing.T, message []byte, portion byte, run func(*Reader) error) (taken []byte, err error) {
	t.Helper()
	size := int(portion) + 1
	r := NewReader(&portioned{message, size})
	err = run(r)
	if r.Taken() > int64(len(message)) {
		t.Fatalf("took %d of %d bytes", r.Taken(), len(message))
	}
	taken = message[:r.Taken()]
	if err != nil {
		known(t, err)
		return taken, err
	}
	if len(r.Buffered()) > 0 && !bytes.HasPrefix(message[len(taken):], r.Buffered()) {
		t.Fatalf("buffered %q of %q", r.Buffered(), message)
	}

	// Not one byte of the message is too many.
	for n := range len(taken) {
		if n >= 64 && n < len(taken)-64 {
			continue
		}
		if err := run(NewReader(&portioned{taken[:n], size})); !errors.Is(err, ErrTruncated) {
			t.Fatalf("%d of %d bytes: %v", n, len(taken), err)
		}
	}
	src := &portioned{append(bytes.Clone(taken), tail...), 257 - size}
	r = NewReader(src)
	if err := run(r); err != nil {
		t.Fatalf("with a tail: %v", err)
	}
	if left := string(r.Buffered()) + string(src.p); left != tail {
		t.Fatalf("left %q", left)
	}
	return taken, nil
}

// known fails on errors that no caller knows.
func known(t *testing.T, err error) {
	t.Helper()
	var version *VersionError
	var command *CommandError
	var kind *AddressTypeError
	if !errors.As(err, &version) && !errors.As(err, &command) && !errors.As(err, &kind) && !errors.Is(err, ErrTruncated) &&
		!errors.Is(err, ErrUserIDTooLong) && !errors.Is(err, ErrNameTooLong) {
		t.Fatalf("unexpected error %v", err)
	}
}

// same compares bytes.
func same(t *testing.T, got, want []byte) {
	t.Helper()
	if !bytes.Equal(got, want) {
		t.Fatalf("encodes to %q, want %q", got, want)
	}
}

func FuzzGreeting(f *testing.F) {
	f.Add([]byte("\x05\x01\x00"), byte(0))
	f.Add([]byte("\x05\x02\x00\x02rest"), byte(255))
	f.Add([]byte("\x05\x00"), byte(1))
	f.Add([]byte("GET /"), byte(1))
	f.Fuzz(func(t *testing.T, message []byte, portion byte) {
		var v socks.Version
		var offered []socks.Method
		taken, err := decode(t, message, portion, func(r *Reader) (err error) {
			if v, err = r.Version(); err == nil && v == socks.V5 {
				offered, err = r.Greeting(nil)
			}
			return err
		})
		if err != nil || v == socks.V4 || len(offered) == 0 {
			return
		}
		got, err := AppendGreeting(nil, offered...)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, taken)
	})
}

func FuzzUserPass(f *testing.F) {
	f.Add([]byte("\x01\x03bob\x02pw"), byte(0))
	f.Add([]byte("\x01\x00\x00"), byte(255))
	f.Add([]byte("\x01\x05b\x00bob\x03p\x00w"), byte(3))
	f.Add([]byte("\x05\x03bob\x02pw"), byte(0))
	f.Fuzz(func(t *testing.T, message []byte, portion byte) {
		var c Credentials
		taken, err := decode(t, message, portion, func(r *Reader) (err error) {
			c, err = r.Login()
			return err
		})
		if err != nil || c.User == "" || len(c.Password) == 0 {
			return
		}
		got, err := AppendLogin(nil, c)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.IndexByte(taken, 0) < 0 { // nothing was cut
			same(t, got, taken)
		}
		again, err := NewReader(bytes.NewReader(got)).Login()
		if err != nil || !sameLogin(again, c) {
			t.Fatalf("%q became %q, %v", c, again, err)
		}
	})
}

func FuzzSOCKS4(f *testing.F) {
	f.Add([]byte("\x04\x01\x00\x50\x7f\x00\x00\x01user\x00early"), byte(0))
	f.Add([]byte("\x04\x02\x00\x50\x00\x00\x00\x01\x00host.example\x00early"), byte(255))
	f.Add([]byte("\x04\x03\x00\x50\x00\x00\x00\x00\x00"), byte(7))
	f.Add([]byte("\x04\x01\x00\x50\x00\x00\x00\x01\x00"+strings.Repeat("n", 256)), byte(7))
	f.Fuzz(func(t *testing.T, message []byte, portion byte) {
		var req ClientRequest
		taken, err := decode(t, message, portion, func(r *Reader) (err error) {
			v, err := r.Version()
			if err != nil {
				return err
			}
			if v != socks.V4 {
				return &VersionError{In: First, Got: byte(v)}
			}
			req, err = r.Request4()
			return err
		})
		if err != nil {
			return
		}
		got, err := AppendRequest(nil, req)
		if err != nil {
			t.Fatal(err)
		}
		// Canonical: no user id, 0.0.0.1 for a name.
		want := bytes.Clone(taken[:8])
		if req.Destination.IsName() {
			want[7] = 1
			want = append(want, 0)
			want = append(want, req.Destination.Name...)
			if !bytes.HasSuffix(taken, append(want[8:], 0)) {
				t.Fatalf("name %q of %q", req.Destination.Name, taken)
			}
		}
		same(t, got, append(want, 0))
	})
}

func FuzzSOCKS5Request(f *testing.F) {
	f.Add([]byte("\x05\x01\x00\x01\x7f\x00\x00\x01\x00\x50early"), byte(0))
	f.Add([]byte("\x05\x02\x09\x03\x0chost.example\x00\x50"), byte(255))
	f.Add([]byte("\x05\x03\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x50"), byte(7))
	f.Add([]byte("\x05\x01\x00\x03\x00\x00\x50"), byte(7))
	f.Add([]byte("\x04\x01\x00\x50\x7f\x00\x00\x01\x00"), byte(7))
	f.Add([]byte("\x05\x01\x00\x03\x03a\x00b\x00\x50"), byte(7))
	f.Fuzz(func(t *testing.T, message []byte, portion byte) {
		var req ClientRequest
		taken, err := decode(t, message, portion, func(r *Reader) (err error) {
			req, err = r.Request()
			return err
		})
		if err != nil || req.Version == socks.V4 {
			return
		}
		got, err := AppendRequest(nil, req)
		if err != nil {
			t.Fatal(err)
		}
		if (req.Destination == socks.Addr{}) {
			return // an empty name, port 0
		}
		same(t, got, canonical5(taken))
	})
}

// canonical5 is a request with its reserved byte 0 and its name cut at the first NUL.
func canonical5(message []byte) []byte {
	message = bytes.Clone(message)
	message[2] = 0
	if message[3] != typeName {
		return message
	}
	name := message[5 : len(message)-2]
	end := bytes.IndexByte(name, 0)
	if end < 0 {
		return message
	}
	cut := append([]byte{}, message[:5]...)
	cut[4] = byte(end)
	cut = append(cut, name[:end]...)
	return append(cut, message[len(message)-2:]...)
}

func FuzzDatagram(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x01\x01\x02\x03\x04\x01\x02hello"))
	f.Add([]byte("\x00\x00\x01\x03\x03a.b\x01\x02hello"))
	f.Add([]byte("\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01\x02x"))
	f.Fuzz(func(t *testing.T, p []byte) {
		d, err := ParseDatagram(p)
		if err != nil {
			if !errors.Is(err, ErrDatagram) {
				t.Fatal(err)
			}
			return
		}
		if !bytes.HasSuffix(p, d.Payload) {
			t.Fatalf("payload %q of %q", d.Payload, p)
		}
		if (d.Address == socks.Addr{}) {
			return
		}
		header := bytes.Clone(p[:len(p)-len(d.Payload)])
		header[0], header[1], header[2] = 0, 0, 0
		same(t, AppendDatagramHeader(nil, d.Address), canonical5(header))
	})
}

func FuzzAnswers(f *testing.F) {
	f.Add([]byte("\x05\x02"), byte(0))
	f.Add([]byte("\x05\x00\x00\x03\x03a.b\x01\x02"), byte(4))
	f.Add([]byte("\x00\x5a\x01\x02\x01\x02\x03\x04"), byte(4))
	f.Fuzz(func(t *testing.T, message []byte, portion byte) {
		decode(t, message, portion, func(r *Reader) error { _, err := r.Method(); return err })
		decode(t, message, portion, func(r *Reader) error { _, err := r.LoginStatus(); return err })

		var code4 socks.Reply4
		var code5 socks.Reply
		var bound socks.Addr
		taken, err := decode(t, message, portion, func(r *Reader) (err error) { code4, bound, err = r.Reply4(); return err })
		if err == nil {
			same(t, AppendReply4(nil, code4, bound), taken)
		}
		taken, err = decode(t, message, portion, func(r *Reader) (err error) { code5, bound, err = r.Reply5(); return err })
		if err == nil && bound != (socks.Addr{}) {
			same(t, AppendReply5(nil, code5, bound), canonical5(taken))
		}
	})
}

// FuzzRoundTrip: what the encoders make, the decoders understand.
func FuzzRoundTrip(f *testing.F) {
	f.Add(byte(5), byte(1), []byte{127, 0, 0, 1}, "", uint16(80), byte(0))
	f.Add(byte(5), byte(3), make([]byte, 16), "", uint16(0), byte(8))
	f.Add(byte(4), byte(2), []byte(nil), "host.example", uint16(443), byte(91))
	f.Fuzz(func(t *testing.T, version, command byte, ip []byte, name string, port uint16, code byte) {
		a := socks.Addr{Name: name, Port: port}
		if got, ok := netip.AddrFromSlice(ip); ok {
			a = socks.Addr{IP: got, Port: port}
		}
		req := ClientRequest{Version: socks.V5, Command: socks.Command(command%3 + 1), Destination: a}
		if version == 4 {
			req.Version = socks.V4
		}
		sendable := len(a.Name) <= 255
		cut := a
		if i := strings.IndexByte(a.Name, 0); i >= 0 {
			cut.Name = a.Name[:i]
		}
		if (cut == socks.Addr{}) && req.Version == socks.V5 && a == cut {
			cut.IP = netip.IPv4Unspecified()
		}

		p, err := AppendRequest(nil, req)
		switch {
		case errors.Is(err, ErrAddress) && req.Version == socks.V4 && (a.IP.Is6() || cut.Name != a.Name):
		case errors.Is(err, ErrNameTooLong) && !sendable:
		case err != nil:
			t.Fatal(err)
		case req.Version == socks.V4 && a.IP.IsValid() && announcesName(a.IP): // means a name
		default:
			got, err := NewReader(bytes.NewReader(p)).Request()
			if want := (ClientRequest{req.Version, req.Command, cut}); err != nil || got != want {
				t.Fatalf("%v became %v, %v", want, got, err)
			}
		}

		gotCode, bound, err := NewReader(bytes.NewReader(AppendReply5(nil, socks.Reply(code), a))).Reply5()
		want := cut
		if !sendable || a == (socks.Addr{}) {
			want = socks.Addr{IP: netip.IPv4Unspecified()}
		}
		if err != nil || gotCode != socks.Reply(code) || bound != want {
			t.Fatalf("%v became %v %v, %v", a, gotCode, bound, err)
		}
		gotCode4, bound, err := NewReader(bytes.NewReader(AppendReply4(nil, socks.Reply4(code), a))).Reply4()
		want = socks.Addr{IP: netip.IPv4Unspecified(), Port: port}
		if four := a.IP.Unmap(); four.Is4() {
			want.IP = four
		}
		if err != nil || gotCode4 != socks.Reply4(code) || bound != want {
			t.Fatalf("%v became %v %v, %v", a, gotCode4, bound, err)
		}
	})
}
