package clients

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
)

// An association is a SOCKS-UDP client with one target, in the shape of a
// connected socket. The target is an address or a name, as its header says.
type association struct {
	*net.UDPConn          // to the daemon
	control      net.Conn // on which it was asked for
	header       []byte   // of what is sent
	from         netip.AddrPort
}

// associate asks the daemon for an association. Answers must come from the
// given address.
func associate(server string, login socks.Session, header []byte, from netip.AddrPort) (*association, error) {
	control, err := net.Dial("tcp", server)
	if err != nil {
		return nil, err
	}
	a, err := associateOn(control, login, header, from)
	if err != nil {
		control.Close()
		return nil, fmt.Errorf("UDP ASSOCIATE at %s: %w", server, err)
	}
	return a, nil
}

func associateOn(control net.Conn, login socks.Session, header []byte, from netip.AddrPort) (*association, error) {
	if err := control.SetDeadline(time.Now().Add(daemon.Patience)); err != nil {
		return nil, err
	}
	// The daemon is told where the datagrams come from before they have
	// somewhere to go to, so the socket cannot be a connected one.
	here := control.LocalAddr().(*net.TCPAddr).AddrPort().Addr()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(here, 0)))
	if err != nil {
		return nil, err
	}
	at, err := login.Associate(control, conn.LocalAddr().(*net.UDPAddr).AddrPort())
	if err != nil {
		conn.Close()
		return nil, err
	}
	if err := conn.Close(); err != nil {
		return nil, err
	}
	conn, err = net.DialUDP("udp", conn.LocalAddr().(*net.UDPAddr), net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, err
	}
	return &association{UDPConn: conn, control: control, header: header, from: from}, nil
}

// Write sends a datagram to the target.
func (a *association) Write(data []byte) (int, error) {
	n, err := a.UDPConn.Write(append(a.header[:len(a.header):len(a.header)], data...))
	return max(0, n-len(a.header)), err
}

// Read takes the data of a datagram from the target.
func (a *association) Read(data []byte) (int, error) {
	buffer := make([]byte, 1<<16)
	n, err := a.UDPConn.Read(buffer)
	if err != nil {
		return 0, err
	}
	from, payload, err := socks.ReadDatagram(buffer[:n])
	if err != nil {
		return 0, err
	}
	if from != a.from {
		return 0, fmt.Errorf("a datagram from %v, and not from %v", from, a.from)
	}
	return copy(data, payload), nil
}

// Close ends the association.
func (a *association) Close() error { return errors.Join(a.UDPConn.Close(), a.control.Close()) }
