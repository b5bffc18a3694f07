package wire

import (
	"errors"
	"fmt"

	"github.com/rustsocks/rustsocks/pkg/socks"
)

// What a message can be wrong in, besides the typed errors below. Errors of the source of a Reader, a deadline for
// one, come through as they are.
var (
	// ErrTruncated is the end of the stream before the end of a message, also before its first byte.
	ErrTruncated = errors.New("eof from local client")
	// ErrUserIDTooLong is a SOCKS4 user id without an end.
	ErrUserIDTooLong = errors.New("socks_v4 username received from client is too long")
	// ErrNameTooLong is a host name of more than 255 bytes, to be decoded (SOCKS4A) or encoded.
	ErrNameTooLong = errors.New("host name of more than 255 bytes")
	// ErrFieldLength is a user name or password that is empty or longer than the 255 bytes RFC 1929 has room for, or
	// a number of methods outside 1 to 255: nothing to send.
	ErrFieldLength = errors.New("field outside 1 to 255 bytes")
	// ErrAddress is an address that the protocol cannot carry: SOCKS4 with IPv6.
	ErrAddress = errors.New("address that this protocol version cannot carry")
)

// Message names a message of a client or a server.
type Message uint8

// The messages that start with a version byte.
const (
	First   Message = iota // of a connection: greeting of SOCKS5, request of SOCKS4
	Login                  // user name and password
	Request                // after a SOCKS5 greeting
	Answer                 // of a server, any
)

// A VersionError is a version byte that is not known in its place.
type VersionError struct {
	In  Message
	Got byte
}

// Error gives Dante's text.
func (e *VersionError) Error() string {
	switch e.In {
	case First:
		return fmt.Sprintf("unknown SOCKS version %d in client request", e.Got)
	case Login:
		return fmt.Sprintf("recv_unamever(): unknown socks_v5 version on username packet from client: %d", e.Got)
	case Answer:
		return fmt.Sprintf("unknown version %d in reply", e.Got)
	}
	return "local client protocol error"
}

// A CommandError is a command byte that stands for no command. The bytes behind it were not read.
type CommandError struct {
	Version socks.Version
	Got     byte
}

// Error gives Dante's text.
func (e *CommandError) Error() string {
	return fmt.Sprintf("unknown socks_v%d command: %d", e.Version, e.Got)
}

// An AddressTypeError is an address type byte that stands for no type of address. The bytes behind it were not read.
type AddressTypeError struct {
	Command socks.Command // of the request
	Got     byte
}

// Error gives Dante's text.
//
// COMPAT: it quotes the command, not the type.
func (e *AddressTypeError) Error() string {
	return fmt.Sprintf("unknown socks_v5 command: %d", byte(e.Command))
}
