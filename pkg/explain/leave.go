package explain

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// leave finds the route to a target.
func (w *walk) leave(c socks.Command, proto socks.Protocol, to socks.Addr) (plan.Way, bool) {
	l := plan.Leaving{
		From: socks.AddrFrom(w.request.Client), To: to, Command: c, Protocol: proto, Method: w.method, Known: w.known,
	}
	for {
		way, ask, err := w.plan.Way(l)
		switch {
		case len(ask) > 0:
			for _, q := range ask {
				w.ask(q)
			}
			continue
		case err != nil:
			return way, w.block(w.replies.reply(socks.NetworkUnreachable), plan.NoExit(c, err.Error()))
		}
		w.e.Route = routeText(way)
		if !(c == socks.UDPAssociate || c == socks.Bind) {
			w.e.Target = hostPort(way.To)
		}
		return way, true
	}
}

func routeText(way plan.Way) *Route {
	r := way.Route
	switch {
	case r == nil:
		return &Route{Direct: true}
	case way.Proxy == 0:
		return &Route{Direct: true, Number: r.Number, Line: r.Line}
	}
	return &Route{
		Number: r.Number, Line: r.Line, Proxy: proxyWord(way.Proxy), Gateway: hostPort(r.At()), Methods: words(r.Methods),
	}
}

func proxyWord(v acl.VersionSet) string {
	switch v {
	case acl.VerSocks4:
		return versionWord(socks.V4)
	case acl.VerSocks5:
		return versionWord(socks.V5)
	}
	return "http"
}

// next is where the connection goes first.
func (w *walk) next(way plan.Way) socks.Addr {
	if way.Route == nil || way.Proxy == 0 {
		return way.To
	}
	return way.Route.At()
}

// goOut finds the address to go out from.
func (w *walk) goOut(c socks.Command, to socks.Addr, port uint16) bool {
	targets := []netip.Addr{to.IP}
	if to.IsName() {
		a := w.ask(acl.Question{Kind: acl.AskAddresses, Name: to.Name, Reachable: true})
		if len(a.Addrs) == 0 {
			return w.block(w.replies.reply(socks.NetworkUnreachable),
				plan.NoExit(c, fmt.Sprintf("could not resolve hostname \"%s\": %s", to.Name, a.Reason)))
		}
		targets = a.Addrs
	}
	from, err := w.plan.Egress(plan.Outgoing{
		Client: w.request.Client, Accepted: w.request.Local, Command: c, Target: netip.AddrPortFrom(targets[0], to.Port),
	})
	e := &Egress{Rotation: w.plan.Rotation.String()}
	switch {
	case errors.Is(err, plan.ErrAskKernel):
		e.Choices = texts(w.plan.External)
	case err != nil:
		return w.block(w.replies.reply(socks.NetworkUnreachable), plan.NoExit(c, err.Error()))
	default:
		e.Address = from.String()
	}
	if c == socks.Connect && !w.redirectSource(e, from, targets[0], &port) {
		return false
	}
	if port != 0 && w.plan.KeepsPort(port) {
		e.Port = port
	}
	if c != socks.Bind {
		for _, t := range targets {
			if t.Is4() == targets[0].Is4() {
				e.Targets = append(e.Targets, netip.AddrPortFrom(t, to.Port).String())
			}
		}
	}
	w.e.Egress = e
	return true
}
