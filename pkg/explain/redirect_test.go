package explain

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// The rules see what was asked for; what comes after them sees what it is redirected to.
func TestRedirect(t *testing.T) {
	none := auth.Methods{auth.None}
	pass := plan.Rule{Rule: acl.Rule{
		Number: 1, Verdict: acl.Pass, From: anywhere, To: anywhere, Protocols: acl.ProtoTCP, Commands: acl.CmdAll,
		Versions: acl.VerSocks5, ClientMethods: none, SocksMethods: none,
	}}
	p := randomPlan(rand.New(rand.NewPCG(1, 1)))
	p.ClientRules, p.SocksRules, p.SourceChecks = []plan.Rule{pass}, []plan.Rule{pass}, acl.SourceChecks{}
	p.ClientRules[0].Redirect = plan.Redirect{
		From: addr.Spec{Kind: addr.Prefix, Prefix: netip.MustParsePrefix("203.0.113.7/32")},
		To: addr.Spec{
			Kind: addr.Prefix, Prefix: netip.MustParsePrefix("198.51.100.9/32"), Ports: addr.Ports{Op: addr.EQ, TCP: 8080, UDP: 8080},
		},
	}
	q := Request{Client: at("10.0.0.1:4000"), Target: socks.AddrFrom(at("192.0.2.1:80"))}
	e, err := Explain(context.Background(), p, q, oracle{func(acl.Question) acl.Answer { return acl.Answer{} }})
	if err != nil {
		t.Fatal(err)
	}
	if e.Verdict != "pass" || e.Socks[0].To != "192.0.2.1:80" || e.Target != "198.51.100.9:8080" ||
		e.Egress.Address != "203.0.113.7" || e.Egress.Targets[0] != "198.51.100.9:8080" || len(e.Notes) != 2 {
		t.Errorf("%s", e.Text())
	}
	q.Command = BindReply // nothing is redirected here yet
	if e, err = Explain(context.Background(), p, q, oracle{func(acl.Question) acl.Answer { return acl.Answer{} }}); err != nil || e.Verdict != "pass" {
		t.Errorf("%v %s", err, e.Text())
	}
}
