package explain

import (
	"context"
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// machine is a machine with one interface and one name.
type machine struct{}

func (machine) Interface(name string) ([]netip.Prefix, bool) {
	return []netip.Prefix{netip.MustParsePrefix("10.0.0.1/24"), netip.MustParsePrefix("fd00::1/64")}, name == "eth0"
}

func (machine) Resolve(name string) ([]netip.Addr, error) {
	if name != "host.example" {
		return nil, errors.New("no such name")
	}
	return []netip.Addr{ip("fd00::9"), ip("10.0.0.9")}, nil
}

func TestLookups(t *testing.T) {
	addrs := func(text ...string) (a acl.Answer) {
		for _, s := range text {
			a.Addrs = append(a.Addrs, ip(s))
		}
		return a
	}
	failed := func(reason string) acl.Answer { return acl.Answer{Failed: true, Reason: reason} }
	only4 := []netip.Addr{ip("203.0.113.1")}
	only6 := []netip.Addr{ip("2001:db8::1")}
	given := &Given{External: only4, Next: FromFacts{Facts: machine{}, External: only4}}
	for _, err := range []error{
		given.Resolve("six.example=fd00::6"), given.Resolve("Mapped.example=::ffff:10.0.0.4"), given.Resolve("none.example="),
		given.Reverse("10.0.0.9=host.example"), given.Reverse("10.0.0.8="),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	given.Groups("staff")
	host := acl.Question{Kind: acl.AskAddresses, Name: "host.example"}
	reachable := acl.Question{Kind: acl.AskAddresses, Name: "host.example", Reachable: true}
	named := func(n string) acl.Question { return acl.Question{Kind: acl.AskAddresses, Name: n, Reachable: true} }
	for name, c := range map[string]struct {
		lookup Lookup
		q      acl.Question
		want   acl.Answer
	}{
		"both families":       {FromFacts{machine{}, only4}, host, addrs("fd00::9", "10.0.0.9")},
		"IPv4":                {FromFacts{machine{}, only4}, reachable, addrs("10.0.0.9")},
		"IPv6":                {FromFacts{machine{}, only6}, reachable, addrs("fd00::9")},
		"none of the family":  {FromFacts{resolved{ip("::1")}, only4}, reachable, failed("Name or service not known for IPv4 address")},
		"none of the other":   {FromFacts{resolved{ip("10.0.0.1")}, only6}, reachable, failed("Name or service not known for IPv6 address")},
		"none at all":         {FromFacts{resolved{}, append(only4, only6...)}, reachable, failed("Name or service not known")},
		"no name":             {FromFacts{machine{}, only4}, named("nosuch.example"), failed("no such name")},
		"interface":           {FromFacts{machine{}, only4}, acl.Question{Kind: acl.AskInterface, Name: "eth0"}, addrs("10.0.0.1", "fd00::1")},
		"not known":           {FromFacts{machine{}, only4}, acl.Question{Kind: acl.AskReverse, IP: ip("10.0.0.9")}, failed("not known of that machine")},
		"given: next":         {given, reachable, addrs("10.0.0.9")},
		"given: other family": {given, named("six.example"), failed("Name or service not known for IPv4 address")},
		"given: mapped":       {given, named("mapped.EXAMPLE"), addrs("10.0.0.4")},
		"given: no address":   {given, named("none.example"), failed("Name or service not known for IPv4 address")},
		"given: name":         {given, acl.Question{Kind: acl.AskReverse, IP: ip("10.0.0.9")}, acl.Answer{Name: "host.example"}},
		"given: no name":      {given, acl.Question{Kind: acl.AskReverse, IP: ip("10.0.0.8")}, failed("Name or service not known")},
		"given: other name":   {given, acl.Question{Kind: acl.AskReverse, IP: ip("10.0.0.7")}, failed("not known of that machine")},
		"given: group":        {given, acl.Question{Kind: acl.AskMember, Name: "staff"}, acl.Answer{Yes: true}},
		"given: other group":  {given, acl.Question{Kind: acl.AskMember, Name: "wheel"}, acl.Answer{}},
		"given: no groups":    {&Given{Next: FromFacts{Facts: machine{}}}, acl.Question{Kind: acl.AskMember, Name: "wheel"}, failed("not known of that machine")},
	} {
		got := c.lookup.Answer(context.Background(), "bob", c.q)
		if got.Name != "" {
			got.Reason = ""
		}
		if diff := cmp.Diff(c.want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
	for _, text := range []string{"", "name", "=10.0.0.1", "name=10.0.0", "name=10.0.0.1,"} {
		if given.Resolve(text) == nil {
			t.Errorf("%q is taken for a name with addresses", text)
		}
	}
	for _, text := range []string{"", "name", "10.0.0.1", "name=10.0.0.1"} {
		if given.Reverse(text) == nil {
			t.Errorf("%q is taken for an address with a name", text)
		}
	}
}

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]socks.Addr{
		"host.example:80":      {Name: "host.example", Port: 80},
		"host.example":         {Name: "host.example"},
		"10.0.0.1:80":          {IP: ip("10.0.0.1"), Port: 80},
		"10.0.0.1":             {IP: ip("10.0.0.1")},
		"[::1]:80":             {IP: ip("::1"), Port: 80},
		"[::1]":                {IP: ip("::1")},
		"::1":                  {IP: ip("::1")},
		"[::ffff:10.0.0.1]:80": {IP: ip("10.0.0.1"), Port: 80},
	} {
		if got, err := ParseTarget(text); err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", ":80", "host:", "host:http", "host:70000", "host:-1", "fe80::x:80"} {
		if got, err := ParseTarget(text); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}
