package upstream

import (
	"net/netip"
	"testing"
)

func TestSource(t *testing.T) {
	for target, want := range map[string]string{"127.0.0.9:80": "127.0.0.1", "[::1]:80": "::1"} {
		got, err := Source(netip.MustParseAddrPort(target))
		if err != nil || got.String() != want {
			t.Errorf("towards %s: %s, %v, want %s", target, got, err, want)
		}
	}
	// A link-local address, and no word of which link.
	if got, err := Source(netip.MustParseAddrPort("[fe80::9]:80")); err == nil {
		t.Errorf("towards nowhere: %s", got)
	}
}
