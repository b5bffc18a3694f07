package wire

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"

	"github.com/rustsocks/rustsocks/pkg/socks"
)

// maxUserID bounds the user id of SOCKS4, which is skipped, not kept.
const maxUserID = 64 << 10

// A ClientRequest is what a client wants done, and the version its answer must have.
type ClientRequest struct {
	Version     socks.Version
	Command     socks.Command // Connect, Bind or UDPAssociate, the last also with V4
	Destination socks.Addr
}

// partial4 is a SOCKS4 request whose end has not come yet. It is taken bit by bit, as a user id may be longer than the
// Reader's buffer.
type partial4 struct {
	ClientRequest
	skipped      int // bytes of the user id
	behindUserID bool
}

// Request takes the request behind a SOCKS5 greeting (and login), version included.
//
// COMPAT: it may have the form of SOCKS4, and is then answered in that form.
func (r *Reader) Request() (ClientRequest, error) {
	if r.request4 != nil {
		return r.Request4()
	}
	r.begin()
	v, err := r.version(Request)
	if err != nil {
		return ClientRequest{}, err
	}
	if v == socks.V4 {
		return r.rest4()
	}

	req := ClientRequest{Version: v}
	if req.Command, err = r.command(v); err != nil {
		return ClientRequest{}, err
	}
	if r.Reserved, err = r.takeByte(); err != nil {
		return ClientRequest{}, err
	}
	req.Destination, err = r.address5()
	if bad, ok := err.(*AddressTypeError); ok {
		bad.Command = req.Command
	}
	if err != nil {
		return ClientRequest{}, err
	}
	return req, nil
}

// Request4 takes the rest of a SOCKS4 or SOCKS4A request, behind its version.
func (r *Reader) Request4() (ClientRequest, error) {
	r.begin()
	return r.rest4()
}

// rest4 is Request4 for what may have begun before.
func (r *Reader) rest4() (ClientRequest, error) {
	if r.request4 == nil {
		req, err := r.head4()
		if err != nil {
			return ClientRequest{}, err
		}
		r.request4 = &partial4{ClientRequest: req}
		r.begin()
	}
	if err := r.skipUserID(); err != nil {
		return ClientRequest{}, err
	}
	req := r.request4.ClientRequest
	if r.SOCKS4A && announcesName(req.Destination.IP) {
		name, err := r.takeName()
		if err != nil {
			return ClientRequest{}, err
		}
		req.Destination = socks.Addr{Name: name, Port: req.Destination.Port}
	}
	r.request4 = nil
	return req, nil
}

// head4 takes command, port and address.
func (r *Reader) head4() (ClientRequest, error) {
	req := ClientRequest{Version: socks.V4}
	var err error
	if req.Command, err = r.command(req.Version); err != nil {
		return ClientRequest{}, err
	}
	if req.Destination.Port, err = r.port(); err != nil {
		return ClientRequest{}, err
	}
	req.Destination.IP, err = r.ip(4)
	return req, err
}

// announcesName tells whether an address is 0.0.0.x, x not 0.
func announcesName(ip netip.Addr) bool {
	p := ip.As4()
	return p[0] == 0 && p[1] == 0 && p[2] == 0 && p[3] != 0
}

// command takes a command byte.
//
// COMPAT: UDPAssociate passes with SOCKS4 as well; that is a refusal with an answer, for the caller, where the other
// unknown commands end the connection.
func (r *Reader) command(v socks.Version) (socks.Command, error) {
	b, err := r.takeByte()
	if err != nil {
		return 0, err
	}
	switch c := socks.Command(b); c {
	case socks.Connect, socks.Bind, socks.UDPAssociate:
		return c, nil
	}
	return 0, &CommandError{Version: v, Got: b}
}

// skipUserID takes a user id and its NUL. What of it has come stays taken: it may not fit into the buffer.
func (r *Reader) skipUserID() error {
	for p := r.request4; !p.behindUserID; {
		b, err := r.takeByte()
		if err != nil {
			return err
		}
		r.begin()
		p.skipped++
		p.behindUserID = b == 0
		if p.skipped == maxUserID && !p.behindUserID {
			return ErrUserIDTooLong
		}
	}
	return nil
}

// takeName takes the host name of SOCKS4A and its NUL.
func (r *Reader) takeName() (string, error) {
	var name [maxName]byte
	for n := 0; ; n++ {
		b, err := r.takeByte()
		switch {
		case err != nil:
			return "", err
		case b == 0:
			return string(name[:n]), nil
		case n == maxName:
			return "", ErrNameTooLong
		}
		name[n] = b
	}
}

// AppendRequest appends a request of either version, with an empty user id in SOCKS4. A name makes a SOCKS4 request
// one of SOCKS4A.
func AppendRequest(to []byte, req ClientRequest) ([]byte, error) {
	if req.Version != socks.V4 {
		whole, err := appendAddress5(append(to, byte(socks.V5), byte(req.Command), 0), req.Destination)
		if err != nil {
			return to, err
		}
		return whole, nil
	}
	a := req.Destination
	if a.IP.Is6() || a.IsName() && strings.IndexByte(a.Name, 0) >= 0 {
		return to, fmt.Errorf("%s: %w", a, ErrAddress)
	}
	if len(a.Name) > maxName {
		return to, fmt.Errorf("%d bytes: %w", len(a.Name), ErrNameTooLong)
	}
	to = append(to, byte(socks.V4), byte(req.Command))
	to = binary.BigEndian.AppendUint16(to, a.Port)
	if a.IsName() {
		to = append(to, 0, 0, 0, 1, 0)
		to = append(to, a.Name...)
		return append(to, 0), nil
	}
	to = append(to, a.IP.AsSlice()...)
	return append(to, 0), nil
}
