package sockd

import (
	"context"
	"errors"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
)

// identified is a client whose credentials, if its method has any, were taken. Whether they are right may be known
// only when a rule asks for them.
type identified struct{ negotiated }

// identify runs the sub-negotiation of the chosen method (RFC 1929). When there is one password database only, the
// answer cannot depend on the request, and a wrong password is refused here; otherwise the client is told "fine" and
// the socks rules judge (Dante sockd/method_uname.c).
func (w *Worker) identify(ctx context.Context, n negotiated) (identified, *failure) {
	if n.chosen != socks.MethodUserPass {
		n.method = auth.None
		return identified{n}, nil
	}
	c, err := n.in.Login()
	if err != nil {
		return identified{}, n.failure(err)
	}
	n.method = auth.Username
	n.creds = credentials{user: c.User, password: c.Password}
	ok, why := true, ""
	if m := n.snap.unique; m != auth.Unset {
		q := acl.Question{Kind: acl.AskPassword, Method: m}
		a := w.answer(ctx, n.session, q)
		n.known[q] = a
		ok, why = a.Yes, a.Reason
	}
	if _, err := n.conn.Write(wire.AppendLoginStatus(nil, ok)); err != nil {
		return identified{}, n.failure(err)
	}
	if !ok {
		return identified{}, n.failure(errors.New(why))
	}
	return identified{n}, nil
}
