package sockd

import (
	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/sockd/sockopt"
)

// setAccepted sets socket options of the client's connection, which has inherited already what the listener has.
func (w *Worker) setAccepted(s *session, options []plan.SocketOption) {
	if len(options) == 0 {
		return
	}
	s.control(func(fd int) {
		sockopt.Target{FD: fd, Side: plan.Internal, Protocol: acl.ProtoTCP, Moment: sockopt.Accepted}.Set(options, w.log.Warning)
	})
}

// setAdmitted sets the socket options that the client's connection gets once a client rule has matched.
func (w *Worker) setAdmitted(s *session) {
	w.setAccepted(s, s.snap.accepted)
	w.setAccepted(s, s.clientRule.SocketOptions)
}

// setOutgoing sets the socket options of a connection to the target.
func (s *session) setOutgoing(fd int, m sockopt.Moment, warn func(string)) {
	t := sockopt.Target{FD: fd, Side: plan.External, Protocol: acl.ProtoTCP, Moment: m}
	t.Set(s.snap.plan.SocketOptions, warn)
	t.Set(s.rule.SocketOptions, warn)
}

// prepareOutgoing gives what to do to each socket that is to connect to an address of the target. Only the first one
// gives warnings: they are the same for all.
func (w *Worker) prepareOutgoing(s *session) func(fd int) error {
	warn := w.log.Warning
	return func(fd int) error {
		if err := sockopt.Tune(fd, s.snap.plan.KeepAlive); err != nil {
			return err
		}
		s.setOutgoing(fd, sockopt.Unconnected, warn)
		warn = func(string) {}
		return nil
	}
}

// notInherited gives the global options that an accepted socket does not have from the listener, or not all of what
// they do: ip_tos gives the socket a priority as well. so_debug it has, and could not get from us.
func notInherited(p *plan.Plan) (options []plan.SocketOption) {
	for _, o := range p.SocketOptions {
		debug := o.LevelNumber == unix.SOL_SOCKET && o.OptionNumber == unix.SO_DEBUG
		if o.Side == plan.Internal && !o.Early && !debug {
			options = append(options, o)
		}
	}
	return options
}

// lingers tells whether there is a socket option that makes close(2) wait.
func lingers(p *plan.Plan) bool {
	lists := [][]plan.SocketOption{p.SocketOptions}
	for i := range p.ClientRules {
		lists = append(lists, p.ClientRules[i].SocketOptions)
	}
	for i := range p.SocksRules {
		lists = append(lists, p.SocksRules[i].SocketOptions)
	}
	for _, list := range lists {
		for _, o := range list {
			if o.LevelNumber == unix.SOL_SOCKET && o.OptionNumber == unix.SO_LINGER {
				return true
			}
		}
	}
	return false
}
