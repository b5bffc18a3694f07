package sockd

import (
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// authorized is a request that a socks rule lets through.
type authorized struct{ requested }

// authorize asks the socks rules. When a rule matched one address of a requested name, that address is the target
// from here on.
func (w *Worker) authorize(r requested) (authorized, halt) {
	s := r.session
	s.target = s.requested
	if r.unmapped.IsValid() {
		s.target.IP = r.unmapped
	}
	s.asked = s.target
	o, h := w.judge(s, acl.Socks, acl.Facts{
		From: s.acceptor().peer, To: s.target, Command: s.command, Protocol: s.protocol, Version: s.version,
		ClientMethod: s.clientMethod, Method: s.method, User: s.creds.user,
	})
	if h != nil {
		return authorized{}, h
	}
	if !s.snap.routes.login {
		s.creds.wipe() // nobody can ask for the password after this
	}
	s.rule, s.method = s.snap.plan.Decided(acl.Socks, o.Rule), o.Method
	if o.Verdict == acl.Block {
		return authorized{}, &failure{kind: refusedByRule, reply: socks.NotAllowed, text: o.Reason}
	}
	if why := s.enterRule(s.rule); why != "" {
		return authorized{}, &failure{kind: refusedByRule, reply: socks.NotAllowed, text: why}
	}
	s.leaveNegotiation()
	s.target = o.To
	if s.command == socks.Connect {
		s.redirectTarget()
	}
	return authorized{r}, nil
}
