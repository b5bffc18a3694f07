package sockd

import (
	"errors"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
)

// claimed is a client whose credentials, if its method has any, were taken.
type claimed struct{ negotiated }

// login reads what the sub-negotiation of the chosen method brings (RFC 1929).
func (w *Worker) login(n negotiated) (claimed, halt) {
	if n.chosen != socks.MethodUserPass {
		n.method = auth.None
		return claimed{n}, nil
	}
	c, err := n.in.Login()
	if err != nil {
		return claimed{}, n.failure(err)
	}
	n.method = auth.Username
	n.creds = credentials{user: c.User, password: c.Password}
	return claimed{n}, nil
}

// identified is a client whose credentials, if it has any, may be right: that may be known only when a rule asks.
type identified struct{ claimed }

// identify answers the client's login. When there is one password database only, the answer cannot depend on the
// request, and a wrong password is refused here; otherwise the client is told "fine" and the socks rules judge (Dante
// sockd/method_uname.c).
func (w *Worker) identify(c claimed) (identified, halt) {
	if c.method == auth.None {
		return identified{c}, nil
	}
	ok, why := true, ""
	if m := c.snap.unique; m != auth.Unset {
		q := acl.Question{Kind: acl.AskPassword, Method: m}
		a, known := c.known[q]
		if !known {
			return identified{}, w.find(c.session, []acl.Question{q})
		}
		ok, why = a.Yes, a.Reason
	}
	if err := c.send(wire.AppendLoginStatus(nil, ok)); err != nil {
		return identified{}, c.failure(err)
	}
	if !ok {
		return identified{}, c.failure(errors.New(why))
	}
	return identified{c}, nil
}
