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

// Request takes the request behind a SOCKS5 greeting (and login), version included.
//
// COMPAT: it may have the form of SOCKS4, and is then answered in that form.
func (r *Reader) Request() (ClientRequest, error) {
	v, err := r.version(Request)
	if err != nil {
		return ClientRequest{}, err
	}
	if v == socks.V4 {
		return r.Request4()
	}

	req := ClientRequest{Version: v}
	if req.Command, err = r.command(v); err != nil {
		return ClientRequest{}, err
	}
	if _, err = r.takeByte(); err != nil { // reserved
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
	req := ClientRequest{Version: socks.V4}
	var err error
	if req.Command, err = r.command(req.Version); err != nil {
		return ClientRequest{}, err
	}
	if req.Destination.Port, err = r.port(); err != nil {
		return ClientRequest{}, err
	}
	ip, err := r.ip(4)
	if err != nil {
		return ClientRequest{}, err
	}
	if err := r.skipUserID(); err != nil {
		return ClientRequest{}, err
	}
	if r.SOCKS4A && announcesName(ip) {
		if req.Destination.Name, err = r.takeName(); err != nil {
			return ClientRequest{}, err
		}
		return req, nil
	}
	req.Destination.IP = ip
	return req, nil
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

// skipUserID takes a user id and its NUL.
func (r *Reader) skipUserID() error {
	for range maxUserID {
		b, err := r.takeByte()
		if err != nil || b == 0 {
			return err
		}
	}
	return ErrUserIDTooLong
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
