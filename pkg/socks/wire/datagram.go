package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/socks"
)

// MaxDatagramHeader is the length of the longest header of a datagram.
const MaxDatagramHeader = 3 + 1 + 1 + maxName + 2

// minDatagram is what Dante wants at least: reserved, fragment, type, two bytes of address, port. A header with an
// empty name and nothing behind it is thus not one.
const minDatagram = 8

// ErrDatagram is a datagram without a complete header.
var ErrDatagram = errors.New("could not extract valid address from SOCKS UDP header")

// A Datagram is a SOCKS5 UDP datagram taken apart. Payload is a part of what was taken apart.
type Datagram struct {
	Fragment byte // 0 for one that is whole
	Address  socks.Addr
	Payload  []byte
}

// ParseDatagram takes a datagram apart. The reserved bytes are not looked at.
func ParseDatagram(p []byte) (Datagram, error) {
	if len(p) < minDatagram {
		return Datagram{}, fmt.Errorf("%d bytes: %w", len(p), ErrDatagram)
	}
	d := Datagram{Fragment: p[2]}
	kind, rest := p[3], p[4:]
	size := 0
	switch kind {
	case typeIPv4:
		size = 4
	case typeIPv6:
		size = 16
	case typeName:
		size = int(rest[0])
		rest = rest[1:]
	default:
		return Datagram{}, fmt.Errorf("address type %d: %w", kind, ErrDatagram)
	}
	if len(rest) < size+2 {
		return Datagram{}, fmt.Errorf("%d bytes: %w", len(p), ErrDatagram)
	}
	if kind == typeName {
		d.Address.Name = cString(rest[:size])
	} else {
		d.Address.IP, _ = netip.AddrFromSlice(rest[:size])
	}
	d.Address.Port = binary.BigEndian.Uint16(rest[size:])
	d.Payload = rest[size+2:]
	return d, nil
}

// AppendDatagramHeader appends the header of an unfragmented datagram. A name of more than 255 bytes is sent as
// 0.0.0.0:0.
func AppendDatagramHeader(to []byte, a socks.Addr) []byte {
	to = append(to, 0, 0, 0)
	if whole, err := appendAddress5(to, a); err == nil {
		return whole
	}
	to, _ = appendAddress5(to, socks.Addr{})
	return to
}
