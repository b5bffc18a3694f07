package upstream

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/pkg/acl"
)

func TestReasonNamesTheOnlyFamily(t *testing.T) {
	for _, c := range []struct {
		err       error
		reachable Family
		want      string
	}{
		{errNoName, IPv4, "Name or service not known for IPv4 address"},
		{errNoName, IPv6, "Name or service not known for IPv6 address"},
		{errNoName, AnyFamily, "Name or service not known"},
		{errFamily, IPv4, "Address family for hostname not supported"},
		{errors.New("else"), IPv4, "else"},
	} {
		if got := Reason(c.err, c.reachable); got != c.want {
			t.Errorf("%v, %d: got %q, want %q", c.err, c.reachable, got, c.want)
		}
	}
}

func TestReachable(t *testing.T) {
	for _, c := range []struct {
		four, six bool
		want      Family
	}{{true, false, IPv4}, {false, true, IPv6}, {true, true, AnyFamily}} {
		if got := Reachable(&acl.Policy{External4: c.four, External6: c.six}); got != c.want {
			t.Errorf("%+v: got %d", c, got)
		}
	}
}

func TestAnswer(t *testing.T) {
	r := NewResolver()
	one := func(text string) acl.Answer { return acl.Answer{Addrs: []netip.Addr{netip.MustParseAddr(text)}} }
	for name, c := range map[string]struct {
		q    acl.Question
		want acl.Answer
	}{
		"any family":  {acl.Question{Kind: acl.AskAddresses, Name: "::1"}, one("::1")},
		"reachable":   {acl.Question{Kind: acl.AskAddresses, Name: "127.1", Reachable: true}, one("127.0.0.1")},
		"unreachable": {acl.Question{Kind: acl.AskAddresses, Name: "::1", Reachable: true}, acl.Answer{Failed: true, Reason: "Address family for hostname not supported"}},
		"no name":     {acl.Question{Kind: acl.AskAddresses, Name: "", Reachable: true}, acl.Answer{Failed: true, Reason: "Name or service not known for IPv4 address"}},
		"interface":   {acl.Question{Kind: acl.AskInterface, Name: "nosuch0"}, acl.Answer{}},
		"else":        {acl.Question{Kind: acl.AskPassword}, acl.Answer{Failed: true, Reason: "unknown question"}},
	} {
		got := r.Answer(context.Background(), IPv4, c.q)
		if diff := cmp.Diff(c.want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
	loopback := r.Answer(context.Background(), IPv4, acl.Question{Kind: acl.AskInterface, Name: "lo"})
	if len(loopback.Addrs) == 0 || !loopback.Addrs[0].IsLoopback() {
		t.Errorf("lo has the addresses %v", loopback.Addrs)
	}
}
