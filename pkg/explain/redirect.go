package explain

import (
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// redirection is what the addresses of the session are replaced by.
func (w *walk) redirection() plan.Redirect { return plan.Redirection(w.clientRule, w.rule) }

// redirectTarget replaces the target that the rules have let pass.
func (w *walk) redirectTarget(to socks.Addr) socks.Addr {
	target := w.redirection().Target(to, socks.TCP)
	if target != to {
		w.e.note("the target is replaced: redirect to %s", hostPort(target))
	}
	return target
}

// redirectSource replaces the server's address and port towards a target. The address is invalid while it would be the
// kernel's choice.
func (w *walk) redirectSource(e *Egress, local, target netip.Addr, port *uint16) bool {
	r := w.redirection()
	*port = r.SourcePort(*port, socks.TCP)
	if r.From.Kind == 0 {
		return true
	}
	if !local.IsValid() {
		local = target // for its family
	}
	for {
		from, ask, err := r.Source(netip.AddrPortFrom(local, 0), socks.TCP, w.known)
		switch {
		case len(ask) > 0:
			for _, q := range ask {
				w.ask(q)
			}
			continue
		case err != nil:
			return w.block(w.replies.reply(socks.NetworkUnreachable), "could not bind address to use on external side: "+err.Error())
		}
		e.Address, e.Choices = from.Addr().String(), nil
		w.e.note("the address to go out from is replaced: redirect from %s", r.From)
		return true
	}
}
