package acl

import (
	"encoding/binary"
	"math"
	"math/bits"
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// prefixes finds the rules for prefixes of a number: of an address, or of a port, since every range of ports is a few
// prefixes.
type prefixes struct {
	lengths []prefixLength
}

// prefixLength has the rules whose prefixes have one length.
type prefixLength struct {
	bits  int
	rules map[number]members
}

// number begins with its highest bit at the highest bit of hi, however many bits it has.
type number struct{ hi, lo uint64 }

func addressNumber(ip netip.Addr) number {
	if ip.Is4() {
		b := ip.As4()
		return number{hi: uint64(binary.BigEndian.Uint32(b[:])) << 32}
	}
	b := ip.As16()
	return number{binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])}
}

func portNumber(port int) number { return number{hi: uint64(port) << 48} }

func (n number) first(bits int) number {
	if bits <= 64 {
		return number{hi: n.hi &^ (math.MaxUint64 >> bits)}
	}
	return number{n.hi, n.lo &^ (math.MaxUint64 >> (bits - 64))}
}

func (p *prefixes) add(n number, bits, rule int) {
	at := -1
	for i := range p.lengths {
		if p.lengths[i].bits == bits {
			at = i
		}
	}
	if at < 0 {
		at = len(p.lengths)
		p.lengths = append(p.lengths, prefixLength{bits, map[number]members{}})
	}
	n = n.first(bits)
	m := p.lengths[at].rules[n]
	m.add(rule)
	p.lengths[at].rules[n] = m
}

func (p *prefixes) settle(words int) {
	for _, l := range p.lengths {
		for n, m := range l.rules {
			l.rules[n] = m.settled(words)
		}
	}
}

// find adds the rules with a prefix of n.
func (p *prefixes) find(n number, to bitset) {
	for _, l := range p.lengths {
		if m, ok := l.rules[n.first(l.bits)]; ok {
			m.addTo(to)
		}
	}
}

// networks finds rules by an address.
type networks struct {
	four, six prefixes
	all       members
}

func (n *networks) add(p netip.Prefix, rule int) {
	n.all.add(rule)
	switch {
	case !p.IsValid():
	case p.Addr().Is4():
		n.four.add(addressNumber(p.Addr()), p.Bits(), rule)
	default:
		n.six.add(addressNumber(p.Addr()), p.Bits(), rule)
	}
}

func (n *networks) settle(words int) {
	n.four.settle(words)
	n.six.settle(words)
	n.all = n.all.settled(words)
}

// find adds the rules whose prefix contains ip (netip.Prefix.Contains; an IPv4 address in IPv6 is IPv6).
func (n *networks) find(ip netip.Addr, to bitset) {
	switch {
	case ip.Is4():
		n.four.find(addressNumber(ip), to)
	case ip.Is6() && ip.Zone() == "":
		n.six.find(addressNumber(ip), to)
	}
}

// portRules finds rules by a port.
type portRules struct {
	tcp, udp *prefixes // the same, when no condition has different ports for the two
}

// newPortRules gives nil when all ports fulfil all conditions.
func newPortRules(conditions []addr.Ports, words int) *portRules {
	open, alike := true, true
	for _, c := range conditions {
		open = open && c.Op == addr.AnyPort
		alike = alike && c.TCP == c.UDP
	}
	if open {
		return nil
	}
	r := &portRules{tcp: newPorts(conditions, socks.TCP, words)}
	r.udp = r.tcp
	if !alike {
		r.udp = newPorts(conditions, socks.UDP, words)
	}
	return r
}

func newPorts(conditions []addr.Ports, proto socks.Protocol, words int) *prefixes {
	p := &prefixes{}
	for i, c := range conditions {
		want := int(c.TCP)
		if proto == socks.UDP {
			want = int(c.UDP)
		}
		switch c.Op {
		case addr.AnyPort:
			p.addRange(0, math.MaxUint16, i)
		case addr.EQ:
			p.addRange(want, want, i)
		case addr.NE:
			p.addRange(0, want-1, i)
			p.addRange(want+1, math.MaxUint16, i)
		case addr.LE:
			p.addRange(0, want, i)
		case addr.LT:
			p.addRange(0, want-1, i)
		case addr.GE:
			p.addRange(want, math.MaxUint16, i)
		case addr.GT:
			p.addRange(want+1, math.MaxUint16, i)
		case addr.Range:
			p.addRange(want, int(c.End), i)
		}
	}
	p.settle(words)
	return p
}

// addRange adds the prefixes that a range is made of; it is empty when first is behind last.
func (p *prefixes) addRange(first, last, rule int) {
	for first <= last {
		free := min(bits.TrailingZeros16(uint16(first)), 16) // bits that may have any value
		for first+1<<free-1 > last {
			free--
		}
		p.add(portNumber(first), 16-free, rule)
		first += 1 << free
	}
}

func (r *portRules) find(proto socks.Protocol, port uint16, to bitset) {
	p := r.tcp
	if proto == socks.UDP {
		p = r.udp
	}
	p.find(portNumber(int(port)), to)
}
