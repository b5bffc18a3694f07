package target

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// A Socket sends and receives UDP datagrams without ever waiting: whoever uses
// it knows when everything that can arrive has arrived.
type Socket struct {
	Address netip.AddrPort
	conn    *net.UDPConn
}

// Open opens a socket at an address.
func Open(address netip.AddrPort) (*Socket, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(address))
	if err != nil {
		return nil, fmt.Errorf("opening a UDP socket: %w", err)
	}
	return &Socket{Address: address, conn: conn}, nil
}

// Send sends a datagram.
func (s *Socket) Send(data []byte, to netip.AddrPort) error {
	_, err := s.conn.WriteToUDPAddrPort(data, to)
	return err
}

// A Datagram is one that has arrived.
type Datagram struct {
	At   *Socket
	From netip.AddrPort
	Data []byte
}

// largestDatagram is more than UDP can carry.
const largestDatagram = 1 << 16

// Waiting takes all datagrams that have arrived.
func (s *Socket) Waiting() ([]Datagram, error) {
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	var all []Datagram
	var receiveErr error
	err = raw.Read(func(fd uintptr) bool {
		for {
			buffer := make([]byte, largestDatagram)
			n, from, err := unix.Recvfrom(int(fd), buffer, unix.MSG_DONTWAIT)
			if err != nil {
				if !errors.Is(err, unix.EAGAIN) {
					receiveErr = err
				}
				return true
			}
			all = append(all, Datagram{At: s, From: addrPort(from), Data: buffer[:n]})
		}
	})
	return all, errors.Join(err, receiveErr)
}

func addrPort(address unix.Sockaddr) netip.AddrPort {
	switch address := address.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(address.Addr), uint16(address.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(address.Addr), uint16(address.Port))
	}
	return netip.AddrPort{}
}

// Close closes the socket.
func (s *Socket) Close() { s.conn.Close() }
