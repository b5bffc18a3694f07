package differential

import (
	"net/netip"
	"slices"
)

// The real danted keeps one decision about datagrams and one about replies, and
// looks whether the target is the one before in ways that let it keep them too
// long: row udp-decisions of the deviations. TestScenarios shows that; random
// associations stay away from it, with the help of what follows.

// A destination is where a datagram is to go.
type destination struct {
	ip   netip.Addr
	name string
	port uint16
}

// addresses are those of the hosts file of the sandbox.
func (d destination) addresses() []netip.Addr {
	if d.name == "" {
		return []netip.Addr{d.ip}
	}
	return hosts[d.name]
}

// hosts are the names that datagrams may be for: those with one address of each
// family at most.
var hosts = map[string][]netip.Addr{
	"localhost":           addresses("127.0.0.1", "::1"),
	"two.test.example":    addresses("127.0.0.2"),
	"two":                 addresses("127.0.0.2"),
	"three.test.example":  addresses("127.0.0.3"),
	"both.other.example":  addresses("127.0.0.6", "::1"),
	"six.test.example":    addresses("::1"),
	"far.test.example":    addresses("127.1.2.3"),
	"far":                 addresses("127.1.2.3"),
	"nine.other.example":  addresses("127.0.0.9"),
	"nodot":               addresses("127.0.0.11"),
	"upper.test.example":  addresses("127.0.0.12"),
	"127.0.0.2":           addresses("127.0.0.2"),
	"127.1.2.3":           addresses("127.1.2.3"),
	"::1":                 addresses("::1"),
	"nosuch.invalid":      {},
	"nosuch.test.example": {},
	"127.0.0.300":         {},
}

// A history is what the datagrams of one association were so far.
type history struct {
	only4    bool                 // all external addresses are IPv4
	last     map[bool]destination // by whether it is IPv4
	latest   bool
	again    []byte      // the last header
	answered destination // whose answer the daemon has decided about
}

// family tells which family a destination is of, if that is certain.
func (h *history) family(d destination) (is4, certain bool) {
	all := d.addresses()
	has4 := slices.ContainsFunc(all, netip.Addr.Is4)
	has6 := slices.ContainsFunc(all, netip.Addr.Is6)
	if has4 && has6 {
		return true, false
	}
	return has4, true
}

// allows tells whether a datagram for a destination does not meet a decision
// that is about another.
func (h *history) allows(d destination) bool {
	if _, known := hosts[d.name]; d.name != "" && !known {
		return false
	}
	is4, certain := h.family(d)
	if !certain || d.name != "" && !is4 && h.only4 && len(d.addresses()) > 0 {
		return false // danted looks the name up in two ways, of which one fails
	}
	before, ok := h.last[is4]
	if !ok {
		return true
	}
	if before == d {
		return h.latest == is4
	}
	same := slices.ContainsFunc(d.addresses(), func(a netip.Addr) bool { return slices.Contains(before.addresses(), a) })
	return !same || before.port != d.port && before.port != 0
}

func (h *history) note(d destination, header []byte) {
	is4, _ := h.family(d)
	if h.last == nil {
		h.last = map[bool]destination{}
	}
	h.last[is4], h.latest, h.again = d, is4, header
}

// answers is who may answer the last datagram when somebody wants to.
func (h *history) answers(by AnsweredBy) AnsweredBy {
	d := h.last[h.latest]
	switch {
	case by == Nobody, len(h.last) == 0:
		return by
	case by == Stranger:
		h.answered = destination{name: "a stranger"}
	case h.answered == destination{}:
		h.answered = d
	case h.answered != d:
		return Nobody
	}
	return by
}
