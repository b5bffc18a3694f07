package plan

import (
	"net/netip"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
)

func example() *Plan {
	return &Plan{
		Internal: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:1080")},
		External: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")},
		SocksRules: []Rule{{Rule: acl.Rule{
			Number: 1, Verdict: acl.Pass, From: addr.Spec{Kind: addr.AnyIP}, SocksMethods: auth.Methods{auth.None},
			To: addr.Spec{Kind: addr.Prefix, Prefix: netip.MustParsePrefix("10.0.0.0/8")},
		}}},
	}
}

// Whatever a rule says must show in the digest, or two processes could disagree and not notice.
func TestDigestSeesEveryChange(t *testing.T) {
	base := example().Digest()
	if base != example().Digest() {
		t.Fatal("equal plans, different digests")
	}
	changes := map[string]func(*Plan){
		"listener":     func(p *Plan) { p.Internal[0] = netip.MustParseAddrPort("127.0.0.1:1081") },
		"external":     func(p *Plan) { p.External = p.External[:1] },
		"verdict":      func(p *Plan) { p.SocksRules[0].Verdict = acl.Block },
		"prefix":       func(p *Plan) { p.SocksRules[0].To.Prefix = netip.MustParsePrefix("10.0.0.0/9") },
		"port":         func(p *Plan) { p.SocksRules[0].To.Ports = addr.Ports{Op: addr.EQ, TCP: 80} },
		"method":       func(p *Plan) { p.SocksRules[0].SocksMethods = auth.Methods{auth.Username} },
		"log":          func(p *Plan) { p.SocksRules[0].Log = acl.LogData },
		"timeout":      func(p *Plan) { p.SocksRules[0].Timeouts.Connect = 1 },
		"user":         func(p *Plan) { p.SocksRules[0].Users = []string{"bob"} },
		"debug":        func(p *Plan) { p.Debug = 1 },
		"unprivileged": func(p *Plan) { p.Unprivileged = User{Name: "nobody", UID: 65534} },
		"keep-alive":   func(p *Plan) { p.KeepAlive = true },
	}
	for name, change := range changes {
		p := example()
		change(p)
		if p.Digest() == base {
			t.Errorf("a change of %s does not show", name)
		}
	}
}

func TestPolicyKnowsTheFamilies(t *testing.T) {
	p := example()
	if pol := p.Policy(); !pol.External4 || !pol.External6 {
		t.Error("both families are external")
	}
	p.External = p.External[1:]
	if pol := p.Policy(); pol.External4 || !pol.External6 {
		t.Error("only IPv6 is external")
	}
}

func TestPolicyHasTheChecksOfSources(t *testing.T) {
	p := example()
	p.SourceChecks = acl.SourceChecks{Mismatch: true, CheckReplyAuth: true}
	if got := p.Policy().SourceChecks; got != p.SourceChecks {
		t.Errorf("got %+v", got)
	}
}
