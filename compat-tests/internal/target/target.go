// Package target is the far end of a test: TCP servers whose connections the
// test itself drives, so that both ends of a session are in one hand.
package target

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// Servers accept connections on a set of addresses.
type Servers struct {
	listeners []net.Listener
	accepted  chan *net.TCPConn
}

// backlog is how many connections may wait to be taken by the test.
const backlog = 1024

// Listen opens a listener for each address. The wildcard of one family does not
// take the connections of the other.
func Listen(addresses ...netip.AddrPort) (*Servers, error) {
	s := &Servers{accepted: make(chan *net.TCPConn, backlog)}
	for _, address := range addresses {
		listener, err := net.Listen(Network(address.Addr()), address.String())
		if err != nil {
			s.Close()
			return nil, fmt.Errorf("listening as a target: %w", err)
		}
		s.listeners = append(s.listeners, listener)
		go s.accept(listener)
	}
	return s, nil
}

// Network is the network name of the family of an address.
func Network(address netip.Addr) string {
	if address.Is4() {
		return "tcp4"
	}
	return "tcp6"
}

func (s *Servers) accept(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			s.accepted <- conn.(*net.TCPConn)
		}
	}
}

// Next waits for a connection; nil if none came in time.
func (s *Servers) Next(patience time.Duration) *net.TCPConn {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case conn := <-s.accepted:
		return conn
	case <-timer.C:
		return nil
	}
}

// Waiting takes a connection that nobody has taken yet; nil if there is none.
func (s *Servers) Waiting() *net.TCPConn {
	select {
	case conn := <-s.accepted:
		return conn
	default:
		return nil
	}
}

// Close closes the listeners.
func (s *Servers) Close() {
	for _, listener := range s.listeners {
		listener.Close()
	}
}
