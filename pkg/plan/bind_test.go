package plan

import (
	"net/netip"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/socks"
)

func TestAwaitsAnybody(t *testing.T) {
	for address, want := range map[string]bool{
		"0.0.0.0": true, "127.0.0.1": false, "0.0.0.1": false, "255.255.255.255": false, "::": true, "::1": true, "2001:db8::1": false,
	} {
		if got := AwaitsAnybody(socks.Addr{IP: netip.MustParseAddr(address)}); got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	if AwaitsAnybody(socks.Addr{Name: "host.example"}) {
		t.Error("a name is anybody")
	}
}

func TestBindPort(t *testing.T) {
	for _, c := range []struct {
		peer string
		same bool
		want uint16
	}{
		{"0.0.0.0:2121", false, 2121},
		{"0.0.0.0:0", false, 0},
		{"0.0.0.0:21", false, 0},
		{"0.0.0.0:21", true, 21},
		{"[::]:2121", false, 2121},
		{"[::1]:2121", false, 0},
		{"192.0.2.1:2121", true, 0},
	} {
		p := &Plan{SamePort: c.same}
		if got := p.BindPort(netip.MustParseAddrPort(c.peer)); got != c.want {
			t.Errorf("%s, sameport %v: %d", c.peer, c.same, got)
		}
	}
}

func TestBindTowards(t *testing.T) {
	accepted := netip.MustParseAddrPort("127.0.0.1:1080")
	for _, c := range []struct {
		version socks.Version
		peer    string
		want    uint16
	}{{socks.V5, "192.0.2.1:20", 20}, {socks.V4, "192.0.2.1:20", 1080}, {socks.V4, "0.0.0.0:20", 20}} {
		got := BindTowards(c.version, socks.AddrFrom(netip.MustParseAddrPort(c.peer)), accepted)
		if got.Port != c.want {
			t.Errorf("SOCKS%d %s: %s", c.version, c.peer, got)
		}
	}
}
