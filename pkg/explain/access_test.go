package explain

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/hostsaccess"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// The access files decide before the rules, and the explanation says by which line.
func TestAccessFiles(t *testing.T) {
	none := auth.Methods{auth.None}
	pass := plan.Rule{Rule: acl.Rule{
		Number: 1, Verdict: acl.Pass, From: anywhere, To: anywhere, Protocols: acl.ProtoTCP, Commands: acl.CmdAll,
		Versions: acl.VerSocks5, ClientMethods: none, SocksMethods: none,
	}}
	p := randomPlan(rand.New(rand.NewPCG(1, 1)))
	p.ClientRules, p.SocksRules, p.SourceChecks, p.HostsAccess = []plan.Rule{pass}, []plan.Rule{pass}, acl.SourceChecks{}, true
	named := oracle{func(q acl.Question) acl.Answer { return acl.Answer{Name: "a.example"} }}
	tests := []struct {
		deny    string
		verdict string
		note    string
	}{
		{"", "pass", "allows the client: no line of the access files matches"},
		{"sockd: ALL\n", "pass", "allows the client: no line of the access files matches"},
		{"#\ndanted: .example\n", "block", "denies the client: deny, line 2"},
		{"danted: @friends\n", "block", "denies the client: deny, line 1: netgroups are not looked up: @friends"},
	}
	for _, tt := range tests {
		q := Request{Client: at("10.0.0.1:4000"), Target: socks.AddrFrom(at("192.0.2.1:80"))}
		q.Access = &hostsaccess.Set{Allow: hostsaccess.Parse("allow", nil), Deny: hostsaccess.Parse("deny", []byte(tt.deny))}
		e, err := Explain(context.Background(), p, q, named)
		if err != nil {
			t.Fatal(err)
		}
		if e.Verdict != tt.verdict || !slices.Contains(e.Notes, "hosts_access(5) "+tt.note) {
			t.Errorf("%q: %s, notes %q", tt.deny, e.Verdict, e.Notes)
		}
		if tt.verdict == "block" && (e.Client.Rule != 0 || !strings.Contains(e.Reason, "libwrap")) {
			t.Errorf("%q: by rule %d: %s", tt.deny, e.Client.Rule, e.Reason)
		}
	}
}
