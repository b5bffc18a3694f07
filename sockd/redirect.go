package sockd

import (
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/plan"
)

// redirection is what the session's addresses are replaced by.
func (s *session) redirection() plan.Redirect { return plan.Redirection(s.clientRule, s.rule) }

// redirectTarget replaces the target that the rules have let pass. From here on nobody knows another one: it is what
// routes are chosen for, what is connected to, and what the log shows.
func (s *session) redirectTarget() { s.target = s.redirection().Target(s.target, s.protocol) }

// redirectSource replaces an address of ours.
func (w *Worker) redirectSource(s *session, own netip.AddrPort) (netip.AddrPort, halt) {
	for {
		from, ask, err := s.redirection().Source(own, s.protocol, s.known)
		switch {
		case err != nil:
			w.log.Warning(err.Error())
			return own, noWayOut(err.Error())
		case len(ask) == 0:
			return from, nil
		}
		if h := w.find(s, ask); h != nil {
			return own, h
		}
	}
}

// sourcePort is the port of ours that is wanted: the client's own, if no other is asked for.
func (s *session) sourcePort() uint16 { return s.redirection().SourcePort(s.client.Port(), s.protocol) }
