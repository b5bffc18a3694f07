package sockd

import (
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
)

// admitted is a connection that a client rule let in.
type admitted struct {
	accepted
	in *wire.Reader
}

// admit asks the client rules, before a byte is read.
func (w *Worker) admit(a accepted) (admitted, halt) {
	a.command, a.protocol = socks.Accept, socks.TCP
	o, h := w.judge(a.session, acl.Client, acl.Facts{
		From: socks.AddrFrom(a.client), To: socks.AddrFrom(a.local), Command: socks.Accept, Protocol: socks.TCP,
	})
	if h != nil {
		return admitted{}, h
	}
	a.clientRule, a.clientMethod = a.snap.plan.Decided(acl.Client, o.Rule), o.Method
	if o.Verdict == acl.Block {
		return admitted{}, &failure{kind: refusedByClientRule, text: o.Reason}
	}
	if why := a.enterRule(a.clientRule); why != "" {
		return admitted{}, &failure{kind: refusedByClientRule, text: why}
	}
	w.setAdmitted(a.session)
	w.sessionLine(opened, a.clientRule, socks.TCP, socks.Accept, a.acceptor().source(), "")
	return admitted{accepted: a, in: wire.NewReader(incoming{a.session})}, nil
}
