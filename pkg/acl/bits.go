package acl

import "math/bits"

// bitset is some of the rules of a stage: bit i is the rule at position i.
type bitset []uint64

func newBitset(words int) bitset { return make(bitset, words) }

func (b bitset) add(i int) { b[i/64] |= 1 << (i % 64) }

func (b bitset) fill() {
	for i := range b {
		b[i] = ^uint64(0)
	}
}

func (b bitset) and(o bitset) {
	o = o[:len(b)]
	for i := range b {
		b[i] &= o[i]
	}
}

func (b bitset) or(o bitset) {
	o = o[:len(b)]
	for i := range b {
		b[i] |= o[i]
	}
}

// next gives the first member from position i on; ok is false when there is none.
func (b bitset) next(i int) (member int, ok bool) {
	w := i / 64
	if w >= len(b) {
		return 0, false
	}
	for word := b[w] &^ (1<<(i%64) - 1); ; word = b[w] {
		if word != 0 {
			return w*64 + bits.TrailingZeros64(word), true
		}
		if w++; w == len(b) {
			return 0, false
		}
	}
}

// members is a set of rules that the index leads to: as positions while they are few, otherwise as bits. There are not
// many that need bits, so that all sets of an index together take a few bytes for each rule.
type members struct {
	few  []uint32
	bits bitset
}

func (m *members) add(i int) { m.few = append(m.few, uint32(i)) }

// settled gives the form for reading, after which nothing may be added.
func (m members) settled(words int) members {
	if len(m.few) <= words {
		return m
	}
	b := newBitset(words)
	for _, i := range m.few {
		b.add(int(i))
	}
	return members{bits: b}
}

func (m members) empty() bool { return len(m.few) == 0 && m.bits == nil }

func (m members) addTo(b bitset) {
	if m.bits != nil {
		b.or(m.bits)
		return
	}
	for _, i := range m.few {
		b.add(int(i))
	}
}
