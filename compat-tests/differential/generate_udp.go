package differential

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
)

// associate makes a UDP ASSOCIATE request and datagrams for the relay.
func (g *generator) associate(r *Request) {
	g.greeting(r)
	first := r.From.Addr()
	if g.chance(12) {
		first = pick(g, clients4...)
		if r.From.Addr().Is4() && g.chance(30) {
			first = pick(g, clients6...)
		}
	}
	r.Senders = []netip.AddrPort{netip.AddrPortFrom(first, g.clientPort())}
	if g.chance(20) {
		other := pick(g, clients4...)
		if first.Is6() {
			other = pick(g, clients6...)
		}
		r.Senders = append(r.Senders, netip.AddrPortFrom(other, g.clientPort()))
	}
	if g.chance(6) {
		name, port := g.targetName(), pick(g, r.Senders[0].Port(), r.Senders[0].Port(), 0)
		r.Ask = socks.Request5Name(socks.UDPAssociate, name, port)
		r.Title += fmt.Sprintf(" UDP ASSOCIATE from %q port %d", name, port)
	} else {
		declared := g.declared(r.Senders[0])
		r.Ask = socks.Request5(socks.UDPAssociate, declared)
		r.Title += fmt.Sprintf(" UDP ASSOCIATE from %s", declared)
	}
	r.Ask[2] = pick[byte](g, 0, 0, 0, 4, 1, 0xff)
	h := history{only4: !slices.ContainsFunc(g.global, func(what string) bool {
		return what == "external of both families" || what == "external an interface" || what == "external IPv6 only"
	})}
	for range 1 + g.IntN(6) {
		r.Datagrams = append(r.Datagrams, g.datagram(len(r.Senders), &h))
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
		netip.AddrPortFrom(netip.AddrFrom16(sender.Addr().As16()), pick(g, 0, sender.Port())),
		sender, sender,
		netip.AddrPortFrom(sender.Addr(), sender.Port()+1),
	)
}

func (g *generator) datagram(senders int, h *history) Datagram {
	d := Datagram{By: pick(g, Nobody, Addressee, Addressee, Addressee, Stranger)}
	if g.chance(25) {
		d.From = g.IntN(senders)
	}
	header := g.header(h)
	d.By = h.answers(d.By)
	d.Frame = slices.Concat(header, g.payload())
	switch {
	case g.chance(4):
		d.Frame = d.Frame[:g.IntN(min(len(d.Frame), 12))]
	case g.chance(4):
		d.Frame[g.IntN(2)] = byte(g.Uint32()) // reserved
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
	case g.chance(2):
		return g.bytes(64500 + g.IntN(1000))
	default:
		return g.bytes(1 + g.IntN(40))
	}
}

// header is the SOCKS header of a datagram.
func (g *generator) header(h *history) []byte {
	if len(h.last) > 0 && g.chance(40) {
		return h.again
	}
	for {
		port := pick(g, udpPorts...)
		switch {
		case g.chance(5):
			port = pick(g, closedPorts...)
		case g.chance(2):
			port = 0
		}
		d, header := g.destinationOf(port)
		if !h.allows(d) {
			continue
		}
		if g.chance(4) {
			header[2] = pick[byte](g, 1, 0x80)
			return header
		}
		h.note(d, header)
		return header
	}
}

// destinationOf makes a destination and the header for it.
func (g *generator) destinationOf(port uint16) (destination, []byte) {
	if g.chance(15) {
		name := g.targetName()
		return destination{name: strings.ToLower(name), port: port}, socks.DatagramHeaderName(name, port)
	}
	to := netip.AddrPortFrom(pick(g, targets4...), port)
	switch {
	case g.chance(15):
		to = netip.AddrPortFrom(pick(g, targets6...), port)
	case g.chance(3):
		to = netip.AddrPortFrom(netip.AddrFrom16(to.Addr().As16()), port)
	case g.chance(3):
		to = netip.AddrPortFrom(pick(g, netip.IPv4Unspecified(), netip.IPv6Unspecified(), netip.MustParseAddr("192.0.2.1"),
			netip.MustParseAddr("2001:db8::99"), netip.MustParseAddr("255.255.255.255")), port)
	}
	return destination{ip: to.Addr().Unmap(), port: port}, socks.DatagramHeader(0, to)
}
