package plan

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// String gives the word of sockd.conf.
func (r Rotation) String() string {
	switch r {
	case RotateRoute:
		return "route"
	case RotateSameSame:
		return "same-same"
	}
	return "none"
}

// Outgoing is what the choice of the address to go out from depends on.
type Outgoing struct {
	Client   netip.AddrPort // where the client is
	Accepted netip.AddrPort // our address that it connected to
	Command  socks.Command
	Target   netip.AddrPort // where the connection goes: with a proxy on the way, to that
	Kernel   netip.Addr     // for RotateRoute: what the kernel would use for the target, once it was asked
	NoRoute  bool           // the kernel was asked, and knows no way to the target
}

// ErrAskKernel is given while the choice is the kernel's and it has not been asked.
var ErrAskKernel = errors.New("the kernel chooses the external address")

// Egress gives the address to go out from (dante-reference 6.8). Errors other than ErrAskKernel have the words of the
// log.
func (p *Plan) Egress(o Outgoing) (netip.Addr, error) {
	var chosen netip.Addr
	using := ""
	switch {
	case p.Rotation == RotateSameSame:
		chosen = o.Accepted.Addr().Unmap()
		if chosen.Is4() != o.Target.Addr().Is4() {
			return netip.Addr{}, fmt.Errorf("rotation for external addresses is set to %s, but that can not work for this %s "+
				"request.  The internal address we accepted the client on is a %s (%s), but the target address is a %s (%s)",
				p.Rotation, o.Command, familyName(chosen), socks.AddrFrom(o.Accepted),
				familyName(o.Target.Addr()), socks.AddrFrom(o.Target))
		}
	case p.Rotation == RotateRoute && !o.Target.Addr().IsUnspecified() && !o.NoRoute:
		if !o.Kernel.IsValid() {
			return netip.Addr{}, ErrAskKernel
		}
		chosen = o.Kernel
	default:
		// COMPAT: also where the kernel knows no way, so that it is the attempt that fails.
		i := slices.IndexFunc(p.External, func(e netip.Addr) bool { return suits(e, o.Target.Addr()) })
		if i >= 0 {
			return p.External[i], nil
		}
	}
	if p.Rotation != RotateNone {
		using = fmt.Sprintf("using external.rotation = %s, ", p.Rotation)
	}
	switch {
	case !chosen.IsValid():
		return chosen, fmt.Errorf("%snone of the addresses configured on our external interface(s) can be used for "+
			"forwarding from our local client %s to target %s.  Configuration error in %s?",
			using, socks.AddrFrom(o.Client), socks.AddrFrom(o.Target), p.Name)
	case !slices.Contains(p.External, chosen):
		return netip.Addr{}, fmt.Errorf("%slocal address %s was selected for forwarding from our local client %s to target "+
			"%s, but that local address is not set on our external interface(s).  Configuration error in %s?",
			using, chosen, socks.AddrFrom(o.Client), socks.AddrFrom(o.Target), p.Name)
	}
	return chosen, nil
}

// KeepsPort tells whether the client's own port is tried on the external side. COMPAT: low ports only with
// compatibility: sameport.
func (p *Plan) KeepsPort(port uint16) bool { return port >= 1024 || p.SamePort }

func familyName(ip netip.Addr) string {
	if ip.Is4() {
		return "IPv4 address"
	}
	return "IPv6 address"
}

// Way is how a request leaves.
type Way struct {
	// Route is nil when no route is configured, and for the way to a gateway, which is direct without being written.
	Route *Route
	Proxy acl.VersionSet // what to speak to the gateway; 0 is direct
	To    socks.Addr     // what to connect to, or to ask the gateway for

	Notes []acl.Note // about routes that were looked at, also when there is no way
}

// Leaving is what the choice of a route depends on. From and To are the client and the target that was asked for.
type Leaving struct {
	From, To socks.Addr
	Command  socks.Command
	Protocol socks.Protocol
	Method   auth.Method // the client's
	Known    map[acl.Question]acl.Answer
	Bad      func(*Route) bool // tells of routes that have failed too often; nil when none has
}

// Way chooses the route of a request. With a non-empty ask all else is meaningless, and the caller comes back with the
// answers in Leaving.Known. The error has the words of the log.
//
// It is not the order of the file that counts but the protocol: a direct route comes first, then SOCKS4, SOCKS5 and
// HTTP (dante-reference 6.9).
func (p *Plan) Way(l Leaving) (w Way, ask []acl.Question, err error) {
	if len(p.Routes) == 0 {
		return Way{To: l.To}, nil, nil
	}
	k := &routeKnowledge{plan: p, known: l.Known}
	w, err = p.find(l, k)
	w.Notes = k.notes
	return w, k.ask, err
}

// find is Way, with what it asks and has to say in k.
func (p *Plan) find(l Leaving, k *routeKnowledge) (Way, error) {
	if w, ok := p.way(l, l.To, k); ok || len(k.ask) > 0 {
		return w, nil
	}
	if l.Command != socks.Connect {
		return Way{}, fmt.Errorf("command %s is not supported by serverchaining and no direct route found", l.Command)
	}
	if l.To.IsName() {
		// Perhaps there is a route for its address: SOCKS4 has no names.
		found, known := k.Addresses(l.To.Name, false, true)
		if !known {
			return Way{}, nil
		}
		if len(found) > 0 {
			if w, ok := p.way(l, socks.Addr{IP: found[0], Port: l.To.Port}, k); ok || len(k.ask) > 0 {
				return w, nil
			}
		}
	}
	return Way{}, errors.New("no usable serverchain route to target found")
}

// way looks for a route to a target that is given to proxies as to.
func (p *Plan) way(l Leaving, to socks.Addr, k *routeKnowledge) (Way, bool) {
	// Each gateway has a direct route to itself, before all others.
	if l.Command == socks.Connect {
		for i := range p.Routes {
			if r := &p.Routes[i]; !r.Direct && k.matches(r.Gateway, l.To, socks.TCP) {
				return Way{To: l.To}, true
			}
			if len(k.ask) > 0 {
				return Way{}, false
			}
		}
	}
	for _, proxy := range []acl.VersionSet{0, acl.VerSocks4, acl.VerSocks5, acl.VerHTTP} {
		for i := range p.Routes {
			r := &p.Routes[i]
			if l.Bad != nil && l.Bad(r) {
				continue
			}
			if r.serves(proxy, l, to) && k.matches(r.From, l.From, l.Protocol) &&
				(k.matches(r.To, l.To, l.Protocol) || to != l.To && k.matches(r.To, to, l.Protocol)) {
				return Way{Route: r, Proxy: proxy, To: to}, true
			}
			if len(k.ask) > 0 {
				return Way{}, false
			}
		}
	}
	return Way{}, false
}

// serves tells whether a route is of that kind and can carry the request, whoever asks for whatever.
func (r *Route) serves(proxy acl.VersionSet, l Leaving, to socks.Addr) bool {
	switch {
	case proxy == 0 && !r.Direct, proxy != 0 && (r.Direct || r.Proxies&proxy == 0):
		return false
	case proxy == acl.VerSocks4 && (to.IsName() || !to.IP.Is4()):
		return false
	case !r.Commands.Has(l.Command), !r.Protocols.Has(l.Protocol):
		return false
	}
	// Only SOCKS5 has methods; and without method none the route wants clients of its own ones.
	return r.Methods.Has(auth.None) || proxy == acl.VerSocks5 && r.Methods.Has(l.Method)
}

// routeKnowledge answers what matching of routes asks, and collects what must be asked.
type routeKnowledge struct {
	plan  *Plan
	known map[acl.Question]acl.Answer
	ask   []acl.Question
	notes []acl.Note
}

func (k *routeKnowledge) matches(s addr.Spec, a socks.Addr, p socks.Protocol) bool {
	res, _ := s.Match(a, p, k)
	return res == addr.Yes
}

func (k *routeKnowledge) lookup(q acl.Question) (acl.Answer, bool) {
	a, ok := k.known[q]
	if !ok {
		k.ask = append(k.ask, q)
	}
	return a, ok
}

// Addresses implements addr.Knowledge.
func (k *routeKnowledge) Addresses(name string, ofRoute, reachable bool) ([]netip.Addr, bool) {
	a, known := k.lookup(acl.Question{Kind: acl.AskAddresses, Name: name, Reachable: reachable})
	if known && a.Failed && ofRoute {
		k.notes = append(k.notes, acl.Note{Kind: acl.NoteUnresolved, Name: name, Reason: a.Reason})
	}
	return a.Addrs, known
}

// ReverseName implements addr.Knowledge.
func (k *routeKnowledge) ReverseName(ip netip.Addr) (string, bool) {
	a, known := k.lookup(acl.Question{Kind: acl.AskReverse, IP: ip})
	return a.Name, known
}

// InterfaceAddresses implements addr.Knowledge.
func (k *routeKnowledge) InterfaceAddresses(name string) ([]netip.Addr, bool) {
	a, known := k.lookup(acl.Question{Kind: acl.AskInterface, Name: name})
	return a.Addrs, known
}

// MayResolve implements addr.Knowledge.
func (k *routeKnowledge) MayResolve() bool { return !k.plan.FakeNames }
