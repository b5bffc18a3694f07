package differential

import (
	"fmt"
	"net/netip"

	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
)

// bind makes a BIND request, of which the peer is mostly the one expected.
func (g *generator) bind(r *Request) {
	to := g.expected(r)
	version := 5
	switch {
	case to.name == "" && to.address.Addr().Is4() && g.chance(30) && !g.noSOCKS4:
		version = 4
		r.Ask = socks.Request4(socks.Bind, to.address, "alice")
	case to.name != "":
		g.greeting(r)
		r.Ask = socks.Request5Name(socks.Bind, to.name, to.address.Port())
	default:
		g.greeting(r)
		r.Ask = socks.Request5(socks.Bind, to.address)
	}
	if g.chance(10) {
		r.Peer = netip.AddrPort{}
	}
	if to.address.Port() != 0 && g.chance(15) {
		r.Taken = netip.AddrPortFrom(netip.IPv4Unspecified(), to.address.Port())
	}
	if g.chance(20) {
		r.Meanwhile = g.meanwhile()
	}
	if g.chance(15) {
		r.Second = netip.AddrPortFrom(r.Peer.Addr(), g.clientPort())
	}
	r.Title += fmt.Sprintf(" SOCKS%d BIND for %q %s, peer %s, meanwhile %d, taken %s",
		version, to.name, to.address, r.Peer, len(r.Meanwhile), r.Taken)
}

// anExpectation is the peer that a BIND request names.
type anExpectation struct {
	name    string
	address netip.AddrPort // with a name only its port
}

// expected chooses whom the client waits for, and who comes.
func (g *generator) expected(r *Request) anExpectation {
	port := pick(g, 0, 0, g.clientPort(), g.clientPort(), g.privilegedPort(), 80)
	comes := func(peer netip.Addr) { r.Peer = netip.AddrPortFrom(peer, g.clientPort()) }
	peer := pick(g, targets4...)
	switch {
	case g.chance(35): // anybody
		if g.chance(20) || g.about(ipv6, 40) {
			comes(pick(g, clients6...))
			return anExpectation{address: netip.AddrPortFrom(netip.IPv6Unspecified(), port)}
		}
		comes(peer)
		return anExpectation{address: netip.AddrPortFrom(netip.IPv4Unspecified(), port)}
	case g.chance(25) || g.about(names, 40):
		comes(pick(g, append(addresses("127.0.0.2", "127.0.0.2", "127.0.0.5", "127.0.0.4"), targets4...)...))
		return anExpectation{name: g.targetName(), address: netip.AddrPortFrom(netip.Addr{}, port)}
	case g.chance(15) || g.about(ipv6, 40):
		comes(pick(g, clients6...))
		return anExpectation{address: netip.AddrPortFrom(pick(g, clients6...), port)}
	case g.chance(6):
		comes(peer)
		odd := pick(g, "255.255.255.255", "255.255.255.255", "224.0.0.1", "192.0.2.1", "2001:db8::99", "fe80::1", "fd00::1",
			"::ffff:255.255.255.255", "::ffff:0.0.0.0")
		return anExpectation{address: netip.AddrPortFrom(netip.MustParseAddr(odd), port)}
	case g.chance(5): // mapped
		comes(peer)
		return anExpectation{address: netip.AddrPortFrom(netip.AddrFrom16(peer.As16()), port)}
	}
	expected := peer
	if g.chance(20) {
		peer = pick(g, targets4...)
	}
	comes(peer)
	return anExpectation{address: netip.AddrPortFrom(expected, port)}
}

// meanwhile is what the client does before a peer comes. It should do nothing.
func (g *generator) meanwhile() []Move {
	question := pick(g,
		socks.Request5(socks.Bind, netip.MustParseAddrPort("127.0.0.1:80")),
		socks.Request5(socks.Connect, netip.MustParseAddrPort("[::1]:80")),
		socks.Request5Name(socks.Bind, "two.test.example", 80),
		socks.Request4(socks.Bind, netip.MustParseAddrPort("127.0.0.1:80"), "alice"),
	)
	say := func(b []byte) Move { return Move{End: Client, Do: Send, Data: b} }
	end := Move{End: Client, Do: pick(g, Close, Reset, Shutdown)}
	switch g.IntN(6) {
	case 0:
		return []Move{say(question)}
	case 1:
		return []Move{say(question[:1+g.IntN(len(question)-1)]), say(question)}
	case 2:
		return []Move{say(g.bytes(1 + g.IntN(30)))}
	case 3:
		return []Move{say(append(question, question...)), end}
	case 4:
		return []Move{say([]byte{5, pick[byte](g, 0, 4, 9), 0, 1})}
	}
	return []Move{end}
}

// directRoutes are routes without a proxy, which decide which commands there are at all.
func (g *generator) directRoutes() {
	g.global = append(g.global, "direct routes")
	for range 1 + g.IntN(2) {
		g.line("route { from: %s to: %s via: direct command: %s }", pick(g, "0/0", "0/0", "127.0.0.0/8", "127.0.0.0/29"),
			pick(g, "0/0", "0/0", "127.0.0.0/8", "0.0.0.0/32", "127.0.0.0/28 port gt 1000", "two.test.example", "::/0"),
			pick(g, "connect", "bind", "bind connect", "bind connect", "bind connect"))
	}
	if g.chance(60) {
		g.line("route { from: 0/0 to: 0/0 via: direct command: %s }", pick(g, "connect", "bind connect"))
	}
}

// bindCommands are lists of commands of rules that have to do with BIND.
func (g *generator) bindCommands() string {
	return "command: " + pick(g, "bind", "bindreply", "bindreply", "bind bindreply", "bind connect", "bind connect bindreply")
}
