package sockd

import (
	"context"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// admitted is a connection that a client rule let in.
type admitted struct{ accepted }

// admit asks the client rules, before a byte is read.
func (w *Worker) admit(ctx context.Context, a accepted) (admitted, *failure) {
	a.command, a.protocol = socks.Accept, socks.TCP
	a.known = map[acl.Question]acl.Answer{}
	o := w.decide(ctx, a.session, acl.Client, acl.Facts{
		From: socks.AddrFrom(a.client), To: socks.AddrFrom(a.local), Command: socks.Accept, Protocol: socks.TCP,
	})
	a.clientRule, a.clientMethod = a.snap.plan.Decided(acl.Client, o.Rule), o.Method
	if o.Verdict == acl.Block {
		return admitted{}, &failure{kind: refusedByClientRule, text: o.Reason}
	}
	if why := a.enterRule(a.clientRule); why != "" {
		return admitted{}, &failure{kind: refusedByClientRule, text: why}
	}
	w.setAdmitted(a.session)
	w.sessionLine(opened, a.clientRule, socks.TCP, socks.Accept, a.acceptor().source(), "")
	return admitted{a}, nil
}
