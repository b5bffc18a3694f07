package wire

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/socks"
)

// The address types of RFC 1928.
const (
	typeIPv4 = 1
	typeName = 3
	typeIPv6 = 4
)

// maxName is the longest host name a SOCKS5 address has room for.
const maxName = 255

// address5 takes type, address and port. The error of an unknown type is an *AddressTypeError without a command.
// An IPv6 address that holds an IPv4 one stays IPv6, so that an answer can echo it.
func (r *Reader) address5() (socks.Addr, error) {
	kind, err := r.takeByte()
	if err != nil {
		return socks.Addr{}, err
	}
	var a socks.Addr
	switch kind {
	case typeIPv4:
		a.IP, err = r.ip(4)
	case typeIPv6:
		a.IP, err = r.ip(16)
	case typeName:
		a.Name, err = r.takeString()
	default:
		err = &AddressTypeError{Got: kind}
	}
	if err != nil {
		return socks.Addr{}, err
	}
	a.Port, err = r.port()
	return a, err
}

func (r *Reader) ip(n int) (netip.Addr, error) {
	p, err := r.take(n)
	if err != nil {
		return netip.Addr{}, err
	}
	ip, _ := netip.AddrFromSlice(p)
	return ip, nil
}

func (r *Reader) port() (uint16, error) {
	p, err := r.take(2)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint16(p), nil
}

// appendAddress5 appends type, address and port. The zero Addr becomes 0.0.0.0:0; it cannot be told from an empty
// name with port 0, which is sent the same.
func appendAddress5(to []byte, a socks.Addr) ([]byte, error) {
	switch {
	case a.IP.Is4():
		to = append(to, typeIPv4)
		to = append(to, a.IP.AsSlice()...)
	case a.IP.Is6():
		to = append(to, typeIPv6)
		to = append(to, a.IP.AsSlice()...)
	case a == socks.Addr{}:
		to = append(to, typeIPv4, 0, 0, 0, 0)
	case len(a.Name) > maxName:
		return to, fmt.Errorf("%d bytes: %w", len(a.Name), ErrNameTooLong)
	default:
		to = append(to, typeName, byte(len(a.Name)))
		to = append(to, a.Name...)
	}
	return binary.BigEndian.AppendUint16(to, a.Port), nil
}
