package differential

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/rustsocks/rustsocks/compat-tests/internal/target"
)

// associate is a session of UDP ASSOCIATE: datagrams go through the relay one
// by one, and after each the daemon is left to finish with it, so that what has
// not arrived then has been dropped.
func (c *conversation) associate() {
	var senders []*target.Socket
	for _, address := range c.request.Senders {
		socket, err := target.Open(address)
		if err != nil {
			c.note("sender: %v", err)
			return
		}
		defer socket.Close()
		senders = append(senders, socket)
	}
	for i, datagram := range c.request.Datagrams {
		if !c.relay(i+1, datagram, senders) {
			return
		}
	}
}

// relay sends one datagram, and an answer if it arrives.
func (c *conversation) relay(number int, datagram Datagram, senders []*target.Socket) bool {
	if err := senders[datagram.From].Send(datagram.Frame, c.reply.Bound); err != nil {
		c.note("datagram %d: %s", number, sendingFailed(err))
		return false
	}
	for _, arrived := range c.arrived(fmt.Sprintf("datagram %d", number), c.world.sockets) {
		by := arrived.At
		switch datagram.By {
		case Nobody:
			continue
		case Stranger:
			by = c.world.stranger(arrived.At)
		}
		if err := by.Send(datagram.Answer, arrived.From); err != nil {
			c.note("answer %d: %s", number, sendingFailed(err))
			return false
		}
		c.arrived(fmt.Sprintf("answer %d", number), senders)
	}
	return true
}

// sendingFailed is the reason without the addresses, which differ.
func sendingFailed(err error) string {
	var failed *net.OpError
	if errors.As(err, &failed) {
		err = failed.Err
	}
	var wrong *net.AddrError
	if errors.As(err, &wrong) {
		return wrong.Err
	}
	return err.Error()
}

// arrived lets the daemon finish and notes what has come to some sockets.
func (c *conversation) arrived(what string, sockets []*target.Socket) (all []target.Datagram) {
	if err := c.world.rest(); err != nil {
		c.note("%s: %v", what, err)
		return nil
	}
	for _, socket := range sockets {
		datagrams, err := socket.Waiting()
		if err != nil {
			c.note("%s at %s: %v", what, socket.Address, err)
		}
		for _, d := range datagrams {
			c.note("%s: at %s from %s: %s", what, c.normal(d.At.Address), c.normal(d.From), digest(d.Data))
		}
		all = append(all, datagrams...)
	}
	if len(all) == 0 {
		c.note("%s: does not arrive", what)
	}
	return all
}

// digest is data, or what stands for it where there is much.
func digest(data []byte) string {
	const most = 64
	if len(data) <= most {
		return fmt.Sprintf("% x", data)
	}
	sum := sha256.Sum256(data)
	return fmt.Sprintf("%d bytes, %x", len(data), sum[:4])
}

// stranger is a target of the same family that is not the given one.
func (w *world) stranger(of *target.Socket) *target.Socket {
	for _, socket := range w.sockets {
		if socket != of && socket.Address.Addr().Is4() == of.Address.Addr().Is4() && socket.Address.Addr() != of.Address.Addr() {
			return socket
		}
	}
	return of
}

// udpTargets are the addresses of the UDP targets. There is no wildcard among
// them, so that answers come from where they should.
func udpTargets() []netip.AddrPort {
	var all []netip.AddrPort
	for _, port := range udpPorts {
		for _, address := range append(targets4[:len(targets4):len(targets4)], targets6...) {
			all = append(all, netip.AddrPortFrom(address, port))
		}
	}
	return all
}
