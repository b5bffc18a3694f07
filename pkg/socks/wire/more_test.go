package wire

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/pkg/socks"
)

// trickle gives what it holds a few bytes at a time, with ErrMore between.
type trickle struct {
	data []byte
	each int
	dry  bool
}

func (t *trickle) Read(p []byte) (int, error) {
	if t.dry = !t.dry; t.dry {
		return 0, ErrMore
	}
	if len(t.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, t.data[:min(t.each, len(t.data))])
	t.data = t.data[n:]
	return n, nil
}

// again calls a decoder until it no longer wants more.
func again[T any](decode func() (T, error)) (T, error) {
	for {
		v, err := decode()
		if !errors.Is(err, ErrMore) {
			return v, err
		}
	}
}

// A stream decodes to the same, and counts the same, however its bytes come in.
func TestMessagesComeInPieces(t *testing.T) {
	four := netip.MustParseAddr("192.0.2.1")
	type result struct {
		Request ClientRequest
		Err     string
		Taken   int64
	}
	decode := func(src io.Reader, login bool) (res result) {
		r := NewReader(src)
		v, err := again(r.Version)
		switch {
		case err != nil:
		case v == socks.V4:
			res.Request, err = again(r.Request4)
		default:
			if _, err = again(func() ([]socks.Method, error) { return r.Greeting(nil) }); err != nil {
				break
			}
			if login {
				if _, err = again(r.Login); err != nil {
					break
				}
			}
			res.Request, err = again(r.Request)
		}
		if err != nil {
			res.Err = err.Error()
		}
		res.Taken = r.Taken()
		return res
	}
	for name, stream := range map[string][]byte{
		"SOCKS5":            slices.Concat([]byte{5, 2, 0, 2, 5, 1, 0, 1}, four.AsSlice(), []byte{0, 80}),
		"SOCKS5 name":       slices.Concat([]byte{5, 1, 0, 5, 1, 0, 3, 200}, bytes.Repeat([]byte("n"), 200), []byte{0, 80}),
		"SOCKS5 long":       slices.Concat([]byte{5, 255}, make([]byte, 255), []byte{5, 3, 9, 4}, make([]byte, 18)),
		"SOCKS4":            slices.Concat([]byte{4, 1, 0, 80}, four.AsSlice(), []byte("alice\x00")),
		"SOCKS4 long user":  slices.Concat([]byte{4, 1, 0, 80}, four.AsSlice(), bytes.Repeat([]byte("u"), 5000), []byte{0}),
		"SOCKS4A long user": slices.Concat([]byte{4, 1, 0, 80, 0, 0, 0, 1}, bytes.Repeat([]byte("u"), 5000), []byte("\x00a.example\x00")),
		"SOCKS4 in SOCKS5":  slices.Concat([]byte{5, 1, 0, 4, 2, 0, 80}, four.AsSlice(), bytes.Repeat([]byte("u"), 3000), []byte{0}),
		"endless user":      slices.Concat([]byte{4, 1, 0, 80}, four.AsSlice(), bytes.Repeat([]byte("u"), maxUserID+10)),
		"cut short":         {5, 1, 0, 5, 1, 0, 3, 200, 'n'},
		"login":             slices.Concat([]byte{5, 1, 2, 1, 5}, []byte("alice"), []byte{10}, []byte("wonderland"), []byte{5, 1, 0, 1}, four.AsSlice(), []byte{0, 80}),
	} {
		t.Run(name, func(t *testing.T) {
			want := decode(bytes.NewReader(stream), name == "login")
			for _, each := range []int{1, 2, 3, 7, 100, 1000, len(stream)} {
				got := decode(&trickle{data: stream, each: each}, name == "login")
				if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
					t.Errorf("%d at a time: %s", each, diff)
				}
			}
		})
	}
}
