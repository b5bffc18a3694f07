package config

import (
	"fmt"

	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/addr"
)

func readBandwidth(r *reader, d *draft, n *syntax.Node) { d.Bandwidth = r.limit(n) }

func readRedirect(r *reader, d *draft, n *syntax.Node) {
	if s, ok := r.redirectFrom(n, d.known()); ok {
		d.Redirect.From = s
	}
	if s, ok := r.redirectTo(n, d.known()); ok {
		d.Redirect.To = s
	}
}

// redirectFrom reads where to send from; ok is false when it is not given or wrong. The address has a netmask, as the
// grammar wants it, but it must be one address.
func (r *reader) redirectFrom(n *syntax.Node, known transport) (s addr.Spec, ok bool) {
	a := n.Redirect.From
	if a == nil {
		return s, false
	}
	s, _, ok = r.spec(a, known)
	return s, ok && r.checkRedirect(a, s)
}

// redirectTo reads where to send to. Here the grammar wants no netmask.
func (r *reader) redirectTo(n *syntax.Node, known transport) (s addr.Spec, ok bool) {
	a := n.Redirect.To
	if a == nil {
		a = n.Redirect.Then
	}
	if a == nil {
		return s, false
	}
	h, ok := r.host(a.Host)
	if !ok || !r.checkNoURL(a.Host, h) {
		return s, false
	}
	bits, ok := r.mask(a, h, maskForbidden)
	ports, ok2 := r.ports(a.Port, known)
	if !ok || !ok2 {
		return s, false
	}
	s = addr.Spec{Kind: h.kind, Name: h.name, Ports: ports}
	if h.kind == addr.Prefix {
		s.Prefix = r.prefix(a, h, bits)
	}
	return s, r.checkRedirect(a, s) && r.checkRedirectTarget(a, s)
}

// checkRedirect checks that a redirection is to one address and one port.
func (r *reader) checkRedirect(a *syntax.Address, s addr.Spec) bool {
	switch {
	case s.Kind == addr.Domain, s.Kind == addr.Prefix && !s.Prefix.IsSingleIP():
		hint := "write one address or name"
		if s.Kind == addr.Prefix {
			hint = fmt.Sprintf("write %s/%d", s.Prefix.Addr(), s.Prefix.Addr().BitLen())
		}
		r.fail(a.Host, codeRedirectAddress, a.Host.Value+" stands for several addresses, and only one can be put in the place of another", hint)
		return false
	case a.Port != nil && s.Ports.Op != addr.EQ:
		r.fail(a.Port.Key, codeRedirectAddress, "this port condition stands for several ports, and only one can be put in the place of another", "write for instance port = 80")
		return false
	}
	return true
}

// checkRedirectTarget checks that what is redirected to can be reached.
func (r *reader) checkRedirectTarget(a *syntax.Address, s addr.Spec) bool {
	if s.Kind == addr.Interface {
		r.fail(a.Host, codeRedirectAddress, "an interface is nothing to redirect to: "+a.Host.Value+" can have several addresses", "write one address or name")
		return false
	}
	return true
}
