package lint

import (
	"math"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// span is a range of ports, ends included; it is empty when first is behind last.
type span struct{ first, last int }

// spans gives the ports that fulfil a condition, as at most two ranges.
func spans(p addr.Ports, proto socks.Protocol) [2]span {
	want := int(p.TCP)
	if proto == socks.UDP {
		want = int(p.UDP)
	}
	none := span{1, 0}
	switch p.Op {
	case addr.EQ:
		return [2]span{{want, want}, none}
	case addr.NE:
		return [2]span{{0, want - 1}, {want + 1, math.MaxUint16}}
	case addr.LE:
		return [2]span{{0, want}, none}
	case addr.LT:
		return [2]span{{0, want - 1}, none}
	case addr.GE:
		return [2]span{{want, math.MaxUint16}, none}
	case addr.GT:
		return [2]span{{want + 1, math.MaxUint16}, none}
	case addr.Range:
		return [2]span{{want, int(p.End)}, none}
	}
	return [2]span{{0, math.MaxUint16}, none}
}

// portsMatch tells whether a TCP port fulfils a condition; port 0 of an internal address is any port.
func portsMatch(p addr.Ports, port uint16) bool { return port == 0 || p.Match(socks.TCP, port) }

// noPort tells whether only port 0 fulfils the condition, which is nobody's, or no port at all.
func noPort(p addr.Ports) bool {
	for _, proto := range []socks.Protocol{socks.TCP, socks.UDP} {
		for _, s := range spans(p, proto) {
			if s.first <= s.last && s.last > 0 {
				return false
			}
		}
	}
	return true
}

// portsCover tells whether all ports that fulfil the narrow condition fulfil the wide one, with the protocols given.
func portsCover(wide, narrow addr.Ports, protocols acl.ProtocolSet) bool {
	if wide.Op == addr.AnyPort {
		return true
	}
	for _, proto := range []socks.Protocol{socks.TCP, socks.UDP} {
		if !protocols.Has(proto) {
			continue
		}
		outer := spans(wide, proto)
		for _, s := range spans(narrow, proto) {
			s.first = max(s.first, 1) // port 0 is nobody's
			if s.first <= s.last && !s.in(outer[0]) && !s.in(outer[1]) {
				return false
			}
		}
	}
	return true
}

func (s span) in(outer span) bool { return outer.first <= s.first && s.last <= outer.last }

// block is the ports that have their first bits in common: what a prefix is to addresses. The zero block is all ports.
type block struct{ first, bits int }

const portBits = 16

// onePort gives the only port of a condition, or else all ports.
func onePort(p addr.Ports) block {
	if p.TCP == p.UDP && (p.Op == addr.EQ || p.Op == addr.Range && p.End == p.TCP) {
		return block{int(p.TCP), portBits}
	}
	return block{}
}

// blocks gives the blocks that the ports of a condition are made of, with any protocol.
func blocks(p addr.Ports) []block {
	all := blocksOf(p, socks.TCP)
	if p.TCP != p.UDP {
		all = append(all, blocksOf(p, socks.UDP)...)
	}
	return all
}

func blocksOf(p addr.Ports, proto socks.Protocol) (all []block) {
	for _, s := range spans(p, proto) {
		for s.first <= s.last {
			free := 0 // the largest block that begins here and does not end behind the last
			for free < portBits && s.first>>(free+1)<<(free+1) == s.first && s.first+1<<(free+1)-1 <= s.last {
				free++
			}
			all = append(all, block{s.first, portBits - free})
			s.first += 1 << free
		}
	}
	return all
}

// blocksAround gives the blocks that a port is in, with as many bits in common as given.
func blocksAround(port int, bits []int) []block {
	all := make([]block, len(bits))
	for i, n := range bits {
		free := portBits - n
		all[i] = block{port >> free << free, n}
	}
	return all
}

// lowestPort gives the lowest port that fulfils a condition with one of the protocols; 1 when there is none.
func lowestPort(p addr.Ports, protocols acl.ProtocolSet) int {
	for _, proto := range []socks.Protocol{socks.TCP, socks.UDP} {
		if !protocols.Has(proto) {
			continue
		}
		for _, s := range spans(p, proto) {
			if first := max(s.first, 1); first <= s.last { // port 0 is nobody's
				return first
			}
		}
	}
	return 1
}
