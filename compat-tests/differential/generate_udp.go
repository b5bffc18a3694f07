package differential

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
)

// associate makes a UDP ASSOCIATE request and datagrams for the relay.
func (g *generator) associate(r *Request) {
	g.greeting(r)
	r.Senders = []netip.AddrPort{netip.AddrPortFrom(r.From.Addr(), g.clientPort())}
	if g.chance(20) {
		other := r.From.Addr()
		if other.Is4() {
			other = pick(g, clients4...)
		}
		r.Senders = append(r.Senders, netip.AddrPortFrom(other, g.clientPort()))
	}
	declared := g.declared(r.Senders[0])
	r.Ask = socks.Request5(socks.UDPAssociate, declared)
	r.Title += fmt.Sprintf(" UDP ASSOCIATE from %s", declared)
	for range 1 + g.IntN(5) {
		r.Datagrams = append(r.Datagrams, g.datagram(len(r.Senders)))
	}
}

// declared is where a client says it will send from: mostly the truth, in one
// of the ways to tell it.
func (g *generator) declared(sender netip.AddrPort) netip.AddrPort {
	nowhere := netip.IPv4Unspecified()
	if sender.Addr().Is6() {
		nowhere = netip.IPv6Unspecified()
	}
	return pick(g,
		netip.AddrPortFrom(nowhere, 0), netip.AddrPortFrom(nowhere, 0), netip.AddrPortFrom(nowhere, 0),
		netip.AddrPortFrom(nowhere, sender.Port()),
		netip.AddrPortFrom(sender.Addr(), 0),
		sender, sender,
		netip.AddrPortFrom(sender.Addr(), sender.Port()+1),
	)
}

func (g *generator) datagram(senders int) Datagram {
	d := Datagram{By: pick(g, Nobody, Addressee, Addressee, Addressee, Stranger)}
	if g.chance(25) {
		d.From = g.IntN(senders)
	}
	d.Frame = slices.Concat(g.header(), g.payload())
	if g.chance(4) {
		d.Frame = d.Frame[:g.IntN(min(len(d.Frame), 12))]
	}
	d.Answer = g.payload()
	return d
}

// payload is mostly short, sometimes empty, sometimes long.
func (g *generator) payload() []byte {
	switch {
	case g.chance(5):
		return nil
	case g.chance(5):
		return g.bytes(1000 + g.IntN(8000))
	default:
		return g.bytes(1 + g.IntN(40))
	}
}

// header is the SOCKS header of a datagram.
func (g *generator) header() []byte {
	port := pick(g, udpPorts...)
	if g.chance(5) {
		port = pick(g, closedPorts...)
	}
	to := netip.AddrPortFrom(pick(g, targets4...), port)
	switch {
	case g.chance(15):
		return socks.DatagramHeaderName(g.targetName(), port)
	case g.chance(12):
		to = netip.AddrPortFrom(loopback6, port)
	}
	fragment := byte(0)
	if g.chance(4) {
		fragment = pick[byte](g, 1, 0x80)
	}
	return socks.DatagramHeader(fragment, to)
}
