package plan

import (
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/socks"
)

// What the address of a BIND request says (dante-reference 6.4). It is the peer that is waited for; 0.0.0.0 is any, and
// then the port is the one to listen on.

// AsksForBindExtension tells whether a BIND request is one of Dante's bind extension: many peers, for each of which the
// server connects back to the client.
func AsksForBindExtension(peer socks.Addr) bool {
	return peer.IP == netip.AddrFrom4([4]byte{255, 255, 255, 255})
}

// BindExtensionOff is what the log says of a request of the bind extension.
const BindExtensionOff = "client requested disabled Dante extension: bind"

// AwaitsAnybody tells whether every peer will do.
//
// COMPAT: danted looks at the first four bytes of the address only, so that for it ::1 is anybody.
func AwaitsAnybody(peer socks.Addr) bool {
	if peer.IsName() {
		return false
	}
	b := peer.IP.AsSlice()
	return [4]byte(b[:4]) == [4]byte{}
}

// BindPort is the port to listen on for a peer: any (0) unless every peer will do. at is its first address.
func (p *Plan) BindPort(at netip.AddrPort) uint16 {
	if at.Addr().IsUnspecified() && p.KeepsPort(at.Port()) {
		return at.Port()
	}
	return 0
}

// BindTowards is the peer as routes and external addresses are chosen by it.
//
// COMPAT: the port of a SOCKS4 request for a certain peer is taken to be the one that the client connected to.
func BindTowards(v socks.Version, peer socks.Addr, accepted netip.AddrPort) socks.Addr {
	if v == socks.V4 && !peer.IsName() && !peer.IP.IsUnspecified() {
		peer.Port = accepted.Port()
	}
	return peer
}

// NoExit words why a request cannot leave.
func NoExit(c socks.Command, why string) string {
	switch c {
	case socks.Bind:
		return "could not get address to use on external side: " + why
	case socks.UDPAssociate:
		return "serverchain failed: " + why
	}
	return "could not bind address to use on external side: " + why
}
