package wire

import (
	"encoding/binary"

	"github.com/rustsocks/rustsocks/pkg/socks"
)

// AppendReply5 appends the SOCKS5 answer to a request. The address has any form a request can have, as failures echo
// the destination; the zero Addr, and one that no request can have, is sent as 0.0.0.0:0.
func AppendReply5(to []byte, code socks.Reply, bound socks.Addr) []byte {
	to = append(to, byte(socks.V5), byte(code), 0)
	if whole, err := appendAddress5(to, bound); err == nil {
		return whole
	}
	to, _ = appendAddress5(to, socks.Addr{})
	return to
}

// AppendReply4 appends the SOCKS4 answer to a request. An address that is not IPv4 is sent as 0.0.0.0, with its port.
func AppendReply4(to []byte, code socks.Reply4, bound socks.Addr) []byte {
	to = append(to, 0, byte(code))
	to = binary.BigEndian.AppendUint16(to, bound.Port)
	if ip := bound.IP.Unmap(); ip.Is4() {
		return append(to, ip.AsSlice()...)
	}
	return append(to, 0, 0, 0, 0)
}

// Reply5 takes a server's SOCKS5 answer to a request.
func (r *Reader) Reply5() (socks.Reply, socks.Addr, error) {
	r.begin()
	p, err := r.take(3)
	if err != nil {
		return 0, socks.Addr{}, err
	}
	if p[0] != byte(socks.V5) {
		return 0, socks.Addr{}, &VersionError{In: Answer, Got: p[0]}
	}
	code := socks.Reply(p[1])
	bound, err := r.address5()
	return code, bound, err
}

// Reply4 takes a server's SOCKS4 answer to a request.
func (r *Reader) Reply4() (socks.Reply4, socks.Addr, error) {
	r.begin()
	p, err := r.take(2)
	if err != nil {
		return 0, socks.Addr{}, err
	}
	if p[0] != 0 {
		return 0, socks.Addr{}, &VersionError{In: Answer, Got: p[0]}
	}
	code := socks.Reply4(p[1])
	var bound socks.Addr
	if bound.Port, err = r.port(); err != nil {
		return 0, socks.Addr{}, err
	}
	if bound.IP, err = r.ip(4); err != nil {
		return 0, socks.Addr{}, err
	}
	return code, bound, nil
}
