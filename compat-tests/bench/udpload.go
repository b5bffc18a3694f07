package bench

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
)

const (
	udpCPU  figure = "udp.cpu" // µs an echo
	udpRate figure = "udp.rate"
	noUDP   figure = "udp.refused" // 1 if it does not do UDP
)

// errNoUDP is when a server does not do UDP ASSOCIATE.
var errNoUDP = errors.New("no UDP")

// udpLoad sends small datagrams there and back in some associations at once, if
// the server does UDP.
func udpLoad(l *lab) (figures, error) {
	p, err := l.start(nil)
	if err != nil {
		return nil, err
	}
	all := make([]*association, l.sizes.Associations)
	for i := range all {
		all[i], err = associate()
		if errors.Is(err, errNoUDP) {
			return figures{noUDP: 1}, p.stop()
		}
		if err != nil {
			return nil, err
		}
		defer all[i].close()
	}

	echoes := func(count int) error {
		return shared(count, len(all), func(i int) error { return all[i].echo() })
	}
	count := l.sizes.Echoes
	if err := echoes(count / 10); err != nil {
		return nil, err
	}
	spent, err := p.costOf(func() error { return echoes(count) })
	if err != nil {
		return nil, err
	}
	return figures{udpCPU: spent.each(count), udpRate: spent.rate(count)}, p.stop()
}

// An association is a UDP ASSOCIATE and a socket to send through it.
type association struct {
	control  *net.TCPConn
	socket   *net.UDPConn
	datagram []byte
	answer   []byte
}

// associate asks the server for an association.
func associate() (*association, error) {
	control, err := dial(proxy)
	if err != nil {
		return nil, err
	}
	relay, err := askForRelay(control)
	if err != nil {
		control.Close()
		return nil, err
	}
	socket, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(relay))
	if err != nil {
		control.Close()
		return nil, err
	}
	datagram := append(socks.DatagramHeader(0, udpTarget), make([]byte, messageSize)...)
	return &association{control, socket, datagram, make([]byte, 2*len(datagram))}, nil
}

// askForRelay returns where the server takes datagrams.
func askForRelay(control *net.TCPConn) (netip.AddrPort, error) {
	none := netip.AddrPort{}
	if _, err := control.Write(socks.Greeting(socks.NoAuthentication)); err != nil {
		return none, err
	}
	var method [2]byte
	if _, err := control.Read(method[:]); err != nil {
		return none, err
	}
	request := socks.Request5(socks.UDPAssociate, netip.AddrPortFrom(netip.IPv4Unspecified(), 0))
	if _, err := control.Write(request); err != nil {
		return none, err
	}
	reply, err := socks.ReadReply(control)
	if err != nil && len(reply.Head) < 2 {
		return none, fmt.Errorf("reading the reply to UDP ASSOCIATE: %w", err)
	}
	if !reply.Success() {
		return none, errNoUDP
	}
	if reply.Bound.Addr().IsUnspecified() {
		return netip.AddrPortFrom(proxy.Addr(), reply.Bound.Port()), nil
	}
	return reply.Bound, nil
}

// echo sends a datagram and waits until it is back, in the same form.
func (a *association) echo() error {
	if _, err := a.socket.Write(a.datagram); err != nil {
		return err
	}
	if err := a.socket.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		return err
	}
	n, err := a.socket.Read(a.answer)
	if err != nil {
		return fmt.Errorf("waiting for the echo of a datagram: %w", err)
	}
	if !bytes.Equal(a.answer[:n], a.datagram) {
		return fmt.Errorf("the echo of % x is % x", a.datagram, a.answer[:n])
	}
	return nil
}

func (a *association) close() {
	a.socket.Close()
	a.control.Close()
}
