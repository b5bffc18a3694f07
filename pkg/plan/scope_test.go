package plan

import (
	"net/netip"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/socks"
)

func TestEgressSuitsTheScope(t *testing.T) {
	for _, c := range []struct {
		external []string
		target   string
		want     string // "" is none
	}{
		{[]string{"::1", "192.0.2.1", "192.0.2.2"}, "198.51.100.1", "192.0.2.1"},
		{[]string{"::1"}, "198.51.100.1", ""},
		{[]string{"192.0.2.1"}, "2001:db8::99", ""},
		{[]string{"::1"}, "2001:db8::99", ""},
		{[]string{"::1", "2001:db8::1"}, "2001:db8::99", "2001:db8::1"},
		{[]string{"fe80::1", "fd00::1"}, "2001:db8::99", "fd00::1"},
		{[]string{"2001:db8::1", "::1"}, "::1", "2001:db8::1"},
		{[]string{"fe80::1", "::1"}, "::1", "::1"},
		{[]string{"fe80::1", "2001:db8::1", "::1"}, "fe80::99", ""},
		{[]string{"2001:db8::1"}, "ff02::1", ""},
		{[]string{"2001:db8::1"}, "ff0e::1", "2001:db8::1"},
	} {
		p := &Plan{External: addresses(c.external...)}
		got, err := p.Egress(Outgoing{
			Command: socks.Connect, Target: netip.AddrPortFrom(netip.MustParseAddr(c.target), 80),
		})
		if (err != nil) != (c.want == "") || err == nil && got.String() != c.want {
			t.Errorf("from %v to %s: %v, %v; want %s", c.external, c.target, got, err, c.want)
		}
	}
}
