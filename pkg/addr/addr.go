// Package addr holds the address and port conditions of rules: what can be written after `from:` and `to:`, as
// values, and how they match. Names and interfaces cannot be matched without knowledge from outside; for those the
// match asks (Lookup), it never looks up anything itself.
package addr

import (
	"net/netip"
	"strconv"

	"github.com/rustsocks/rustsocks/pkg/socks"
)

// Kind is the form of an address condition.
type Kind uint8

// The forms. AnyIP is written 0/0 and is the only one that covers both families and names without a lookup.
const (
	AnyIP     Kind = iota + 1
	Prefix         // IPv4 or IPv6 with a prefix length
	Host           // a host name
	Domain         // ".example.com", and "." for any name
	Interface      // the own addresses of a network interface
)

// Spec is one address condition with its ports. It is a value: comparable, immutable.
type Spec struct {
	Kind   Kind
	Prefix netip.Prefix // Kind Prefix, masked or not as written; 4-byte form for IPv4
	Name   string       // Kind Host, Domain (with the leading dot) and Interface
	Ports  Ports
}

// Op is a port operator.
type Op uint8

// The port operators; AnyPort is no condition.
const (
	AnyPort Op = iota
	EQ
	NE
	LE
	LT
	GE
	GT
	Range
)

var opWords = [...]string{AnyPort: "", EQ: "eq", NE: "ne", LE: "le", LT: "lt", GE: "ge", GT: "gt", Range: "-"}

func (o Op) String() string { return opWords[o] }

// Ports is a port condition. A service name can give tcp and udp different numbers.
type Ports struct {
	Op       Op
	TCP, UDP uint16
	End      uint16 // Range: last port, inclusive
}

// Match tells whether port satisfies the condition for the protocol (Dante lib/addressmatch.c).
func (p Ports) Match(proto socks.Protocol, port uint16) bool {
	want := p.TCP
	if proto == socks.UDP {
		want = p.UDP
	}
	switch p.Op {
	case AnyPort:
		return true
	case EQ:
		return port == want
	case NE:
		return port != want
	case LE:
		return port <= want
	case LT:
		return port < want
	case GE:
		return port >= want
	case GT:
		return port > want
	case Range:
		return port >= want && port <= p.End
	}
	return false
}

// String gives the condition as sockd.conf writes it, without a leading blank.
func (p Ports) String() string {
	switch p.Op {
	case AnyPort:
		return ""
	case Range:
		return "port " + strconv.Itoa(int(p.TCP)) + "-" + strconv.Itoa(int(p.End))
	}
	return "port " + p.Op.String() + " " + strconv.Itoa(int(p.TCP))
}

// String gives the condition as sockd.conf writes it.
func (s Spec) String() string {
	var t string
	switch s.Kind {
	case AnyIP:
		t = "0/0"
	case Prefix:
		t = s.Prefix.String()
	default:
		t = s.Name
	}
	if p := s.Ports.String(); p != "" {
		t += " " + p
	}
	return t
}
