// Package socks writes and reads the messages of a SOCKS client, byte for byte
// and without an opinion about them: tests send wrong ones too.
package socks

import (
	"encoding/binary"
	"net/netip"
)

// Versions.
const (
	Version4 = 4
	Version5 = 5
)

// Commands.
const (
	Connect      = 1
	Bind         = 2
	UDPAssociate = 3
)

// Methods of a SOCKS5 greeting.
const (
	NoAuthentication = 0x00
	GSSAPI           = 0x01
	UsernamePassword = 0x02
	NoneAcceptable   = 0xff
)

// Address types of SOCKS5.
const (
	typeIPv4   = 1
	typeDomain = 3
	typeIPv6   = 4
)

// Replies that mean success.
const (
	Succeeded = 0x00
	Granted   = 0x5a
)

// Greeting offers methods to a SOCKS5 server.
func Greeting(methods ...byte) []byte {
	return append([]byte{Version5, byte(len(methods))}, methods...)
}

// Login is the user name and password message of RFC 1929. Only the first 255
// bytes of each fit.
func Login(user, password string) []byte {
	user, password = user[:min(len(user), 255)], password[:min(len(password), 255)]
	message := append([]byte{1, byte(len(user))}, user...)
	message = append(message, byte(len(password)))
	return append(message, password...)
}

// Request5 asks a SOCKS5 server for something to do with an address.
func Request5(command byte, destination netip.AddrPort) []byte {
	address := destination.Addr()
	message := []byte{Version5, command, 0, typeIPv6}
	if address.Is4() {
		message[3] = typeIPv4
	}
	message = append(message, address.AsSlice()...)
	return binary.BigEndian.AppendUint16(message, destination.Port())
}

// Request5Name is Request5 with a host name, of which the first 255 bytes fit.
func Request5Name(command byte, name string, port uint16) []byte {
	name = name[:min(len(name), 255)]
	message := append([]byte{Version5, command, 0, typeDomain, byte(len(name))}, name...)
	return binary.BigEndian.AppendUint16(message, port)
}

// Request4 asks a SOCKS4 server; the destination is IPv4.
func Request4(command byte, destination netip.AddrPort, user string) []byte {
	message := binary.BigEndian.AppendUint16([]byte{Version4, command}, destination.Port())
	message = append(message, destination.Addr().AsSlice()...)
	message = append(message, user...)
	return append(message, 0)
}

// Request4a is Request4 with a host name.
func Request4a(command byte, name string, port uint16, user string) []byte {
	message := binary.BigEndian.AppendUint16([]byte{Version4, command}, port)
	message = append(message, 0, 0, 0, 1)
	message = append(message, user...)
	message = append(message, 0)
	message = append(message, name...)
	return append(message, 0)
}

// DatagramHeader is what SOCKS5 puts before the data of a UDP datagram.
func DatagramHeader(fragment byte, destination netip.AddrPort) []byte {
	header := Request5(0, destination)
	return append([]byte{0, 0, fragment}, header[3:]...)
}

// DatagramHeaderName is DatagramHeader with a host name.
func DatagramHeaderName(name string, port uint16) []byte {
	header := Request5Name(0, name, port)
	return append([]byte{0, 0, 0}, header[3:]...)
}
