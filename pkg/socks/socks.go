// Package socks is the vocabulary of the SOCKS protocols: versions, commands, replies, methods and addresses as
// values (RFC 1928, RFC 1929, the SOCKS4 and SOCKS4A memos). It is not for bytes on the wire (package wire), for
// sockets or for decisions.
package socks

import (
	"net/netip"
	"strconv"
)

// Version is the protocol version a client speaks.
type Version uint8

// The versions in use.
const (
	V4 Version = 4
	V5 Version = 5
)

// Protocol is a transport protocol as Dante's rules name it.
type Protocol uint8

// The transport protocols.
const (
	TCP Protocol = iota + 1
	UDP
)

func (p Protocol) String() string {
	switch p {
	case TCP:
		return "tcp"
	case UDP:
		return "udp"
	}
	return "unknown"
}

// Command is what is asked for: the commands of RFC 1928 section 4 with their wire values, and the commands that
// exist only in rules and log lines.
type Command uint8

// The commands. Accept, BindReply and UDPReply never appear on the wire.
const (
	Connect      Command = 1
	Bind         Command = 2
	UDPAssociate Command = 3
	Accept       Command = 0xf0
	BindReply    Command = 0xf1
	UDPReply     Command = 0xf2
	Unknown      Command = 0xff
)

// String gives the word of Dante's rules and log lines.
func (c Command) String() string {
	switch c {
	case Connect:
		return "connect"
	case Bind:
		return "bind"
	case UDPAssociate:
		return "udpassociate"
	case Accept:
		return "accept"
	case BindReply:
		return "bindreply"
	case UDPReply:
		return "udpreply"
	}
	return "unknown"
}

// Reply is the reply field of RFC 1928 section 6.
type Reply uint8

// The SOCKS5 replies.
const (
	Succeeded           Reply = 0
	GeneralFailure      Reply = 1
	NotAllowed          Reply = 2
	NetworkUnreachable  Reply = 3
	HostUnreachable     Reply = 4
	ConnectionRefused   Reply = 5
	TTLExpired          Reply = 6
	CommandNotSupported Reply = 7
	AddressNotSupported Reply = 8
)

// Reply4 is the reply code of SOCKS4.
type Reply4 uint8

// The SOCKS4 replies that are sent; Dante never sends 92 and 93.
const (
	Granted  Reply4 = 90
	Rejected Reply4 = 91
)

// Method is an authentication method as negotiated on the wire (RFC 1928 section 3).
type Method uint8

// The wire methods.
const (
	MethodNoAuth       Method = 0x00
	MethodGSSAPI       Method = 0x01
	MethodUserPass     Method = 0x02
	MethodNoAcceptable Method = 0xff
)

// Addr is a SOCKS address: an IP address or a name, and a port. The zero Addr is unset.
type Addr struct {
	IP   netip.Addr // valid, or Name is used
	Name string     // as the client sent it
	Port uint16
}

// AddrFrom gives the Addr of a socket address.
func AddrFrom(ap netip.AddrPort) Addr { return Addr{IP: ap.Addr().Unmap(), Port: ap.Port()} }

// IsName tells whether the address is a name.
func (a Addr) IsName() bool { return !a.IP.IsValid() }

// String gives Dante's form, "host.port", also for IPv6 and names (log lines, dante-reference 8.2).
func (a Addr) String() string {
	var b [64]byte
	return string(a.AppendTo(b[:0]))
}

// AppendTo appends what String gives.
func (a Addr) AppendTo(b []byte) []byte {
	if a.IP.IsValid() {
		b = a.IP.AppendTo(b)
	} else {
		b = append(b, a.Name...)
	}
	return strconv.AppendUint(append(b, '.'), uint64(a.Port), 10)
}
