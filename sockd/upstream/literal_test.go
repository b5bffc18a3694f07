package upstream

import (
	"net/netip"
	"testing"
)

func TestLiteral(t *testing.T) {
	tests := map[string]string{
		"127.0.0.1": "127.0.0.1", "127.1": "127.0.0.1", "127.0.1": "127.0.0.1", "2130706433": "127.0.0.1",
		"0x7f000001": "127.0.0.1", "0177.0.0.1": "127.0.0.1", "0x7f.1": "127.0.0.1", "0": "0.0.0.0",
		"::1": "::1", "::ffff:127.0.0.1": "127.0.0.1", "1.2.3": "1.2.0.3", "4294967295": "255.255.255.255",
		"00": "0.0.0.0",
		// not addresses
		"localhost": "", "": "", "1.2.3.4.5": "", "256.0.0.1": "", "1.2.3.256": "", "4294967296": "", "08": "", "1..2": "",
		"0x": "", "1.2.3.": "", "-1": "", "+1": "", "1.2.65536": "", "1.16777216": "",
	}
	for in, want := range tests {
		got, ok := literal(in)
		switch {
		case want == "" && ok:
			t.Errorf("literal(%q) = %v, want none", in, got)
		case want != "" && (!ok || got != netip.MustParseAddr(want)):
			t.Errorf("literal(%q) = %v, %v, want %s", in, got, ok, want)
		}
	}
}

func FuzzLiteral(f *testing.F) {
	for _, s := range []string{"127.1", "0x7f000001", "0177.0.0.1", "::1", "localhost", "1.2.3.4.5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, ok := literal(s)
		if ok != a.IsValid() {
			t.Errorf("literal(%q) = %v, %v", s, a, ok)
		}
		if ok && a.Is4In6() {
			t.Errorf("literal(%q) = %v, an IPv4 address in disguise", s, a)
		}
	})
}
