package sockd

import (
	"errors"
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/sockd/upstream"
)

// egress gives the external address to go out from to a target. The error has the words of the log.
func (s *session) egress(target netip.AddrPort) (netip.Addr, error) {
	o := plan.Outgoing{Client: s.client, Accepted: s.local, Command: s.command, Target: target}
	local, err := s.snap.plan.Egress(o)
	if errors.Is(err, plan.ErrAskKernel) {
		o.Kernel, err = upstream.Source(target)
		o.NoRoute = err != nil
		local, err = s.snap.plan.Egress(o)
	}
	return local, err
}
