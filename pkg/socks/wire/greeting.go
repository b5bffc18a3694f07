package wire

import (
	"fmt"

	"github.com/rustsocks/rustsocks/pkg/socks"
)

// Version takes the first byte of a connection. V5 is followed by a Greeting, V4 by a SOCKS4 request.
func (r *Reader) Version() (socks.Version, error) {
	r.begin()
	return r.version(First)
}

func (r *Reader) version(m Message) (socks.Version, error) {
	b, err := r.takeByte()
	if err != nil {
		return 0, err
	}
	if v := socks.Version(b); v == socks.V4 || v == socks.V5 {
		return v, nil
	}
	return 0, &VersionError{In: m, Got: b}
}

// Greeting takes the rest of a SOCKS5 greeting, behind its version, and appends the offered methods to into, in the
// client's order. There may be none, and they may repeat.
func (r *Reader) Greeting(into []socks.Method) ([]socks.Method, error) {
	r.begin()
	n, err := r.takeByte()
	if err != nil {
		return into, err
	}
	p, err := r.take(int(n))
	if err != nil {
		return into, err
	}
	for _, m := range p {
		into = append(into, socks.Method(m))
	}
	return into, nil
}

// AppendGreeting appends a SOCKS5 greeting, version included.
func AppendGreeting(to []byte, offered ...socks.Method) ([]byte, error) {
	if len(offered) == 0 || len(offered) > 255 {
		return to, fmt.Errorf("%d methods: %w", len(offered), ErrFieldLength)
	}
	to = append(to, byte(socks.V5), byte(len(offered)))
	for _, m := range offered {
		to = append(to, byte(m))
	}
	return to, nil
}

// AppendMethod appends the answer to a greeting: the method chosen, or MethodNoAcceptable.
func AppendMethod(to []byte, m socks.Method) []byte { return append(to, byte(socks.V5), byte(m)) }

// Method takes a server's answer to a greeting.
func (r *Reader) Method() (socks.Method, error) {
	r.begin()
	p, err := r.take(2)
	if err != nil {
		return 0, err
	}
	if p[0] != byte(socks.V5) {
		return 0, &VersionError{In: Answer, Got: p[0]}
	}
	return socks.Method(p[1]), nil
}
