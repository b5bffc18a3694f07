package socks

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
)

// A Session is how a well-behaved client asks for a connection.
type Session struct {
	Version  byte
	User     string // SOCKS5: without a user no password is offered
	Password string
}

// ErrRefused is when the server does not do what it was asked.
var ErrRefused = errors.New("refused")

// Connect negotiates on a connection to a server and has it connect to the
// destination.
func (s Session) Connect(server io.ReadWriter, destination netip.AddrPort) error {
	_, err := s.request(server, Connect, destination)
	return err
}

// Associate negotiates on a connection to a server and gives the address it
// takes datagrams at, which come from the given one.
func (s Session) Associate(server io.ReadWriter, from netip.AddrPort) (netip.AddrPort, error) {
	reply, err := s.request(server, UDPAssociate, from)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return reply.Bound, nil
}

func (s Session) request(server io.ReadWriter, command byte, address netip.AddrPort) (*Reply, error) {
	request := Request4(command, address, s.User)
	if s.Version == Version5 {
		if err := s.greet(server); err != nil {
			return nil, err
		}
		request = Request5(command, address)
	}
	if _, err := server.Write(request); err != nil {
		return nil, fmt.Errorf("sending the request: %w", err)
	}
	reply, err := ReadReply(server)
	if err != nil {
		return nil, fmt.Errorf("reading the reply: %w", err)
	}
	if !reply.Success() {
		return nil, fmt.Errorf("request: %w with % x", ErrRefused, reply.Head)
	}
	return reply, nil
}

// greet offers one method and goes through with it.
func (s Session) greet(server io.ReadWriter) error {
	method := byte(NoAuthentication)
	if s.User != "" {
		method = UsernamePassword
	}
	if err := exchange(server, Greeting(method), [2]byte{Version5, method}); err != nil {
		return fmt.Errorf("greeting: %w", err)
	}
	if method == UsernamePassword {
		if err := exchange(server, Login(s.User, s.Password), [2]byte{1, Succeeded}); err != nil {
			return fmt.Errorf("login: %w", err)
		}
	}
	return nil
}

// exchange sends a message and expects an answer of two bytes.
func exchange(server io.ReadWriter, message []byte, want [2]byte) error {
	if _, err := server.Write(message); err != nil {
		return err
	}
	var got [2]byte
	if _, err := io.ReadFull(server, got[:]); err != nil {
		return err
	}
	if got != want {
		return fmt.Errorf("%w with % x", ErrRefused, got)
	}
	return nil
}
