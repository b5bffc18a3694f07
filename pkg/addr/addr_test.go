package addr

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"github.com/rustsocks/rustsocks/pkg/socks"
)

func TestPorts(t *testing.T) {
	tests := []struct {
		ports   Ports
		yes, no []uint16
		text    string
	}{
		{Ports{}, []uint16{0, 1, 65535}, nil, ""},
		{Ports{Op: EQ, TCP: 80}, []uint16{80}, []uint16{0, 79, 81}, "port eq 80"},
		{Ports{Op: NE, TCP: 80}, []uint16{0, 79, 81}, []uint16{80}, "port ne 80"},
		{Ports{Op: LE, TCP: 80}, []uint16{0, 80}, []uint16{81}, "port le 80"},
		{Ports{Op: LT, TCP: 80}, []uint16{0, 79}, []uint16{80, 81}, "port lt 80"},
		{Ports{Op: GE, TCP: 80}, []uint16{80, 65535}, []uint16{79}, "port ge 80"},
		{Ports{Op: GT, TCP: 80}, []uint16{81}, []uint16{80}, "port gt 80"},
		{Ports{Op: Range, TCP: 80, End: 82}, []uint16{80, 81, 82}, []uint16{79, 83}, "port 80-82"},
		{Ports{Op: GT, TCP: 65535}, nil, []uint16{0, 65535}, "port gt 65535"},
	}
	for _, tt := range tests {
		for _, p := range tt.yes {
			if !tt.ports.Match(socks.TCP, p) {
				t.Errorf("%v does not match %d", tt.ports, p)
			}
		}
		for _, p := range tt.no {
			if tt.ports.Match(socks.TCP, p) {
				t.Errorf("%v matches %d", tt.ports, p)
			}
		}
		if got := tt.ports.String(); got != tt.text {
			t.Errorf("printed as %q, want %q", got, tt.text)
		}
	}
	service := Ports{Op: EQ, TCP: 512, UDP: 513}
	if !service.Match(socks.UDP, 513) || service.Match(socks.UDP, 512) {
		t.Error("UDP looks at the UDP port")
	}
}

func TestSpecString(t *testing.T) {
	tests := map[string]Spec{
		"0/0":                       {Kind: AnyIP},
		"10.0.0.0/8 port eq 80":     {Kind: Prefix, Prefix: netip.MustParsePrefix("10.0.0.0/8"), Ports: Ports{Op: EQ, TCP: 80}},
		".example.com":              {Kind: Domain, Name: ".example.com"},
		"www.example.com port 1-10": {Kind: Host, Name: "www.example.com", Ports: Ports{Op: Range, TCP: 1, End: 10}},
		"eth0":                      {Kind: Interface, Name: "eth0"},
	}
	for want, s := range tests {
		if got := s.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// oracle knows everything: names resolve to what the map says.
type oracle map[string][]netip.Addr

func (o oracle) Addresses(name string, _, _ bool) ([]netip.Addr, bool) { return o[name], true }
func (o oracle) ReverseName(netip.Addr) (string, bool)                 { return "", true }
func (o oracle) InterfaceAddresses(name string) ([]netip.Addr, bool)   { return o[name], true }
func (o oracle) MayResolve() bool                                      { return true }
func ipGenerator() *rapid.Generator[netip.Addr] {
	return rapid.Custom(func(t *rapid.T) netip.Addr {
		b := rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes")
		if rapid.Bool().Draw(t, "IPv4") {
			return netip.AddrFrom4([4]byte(b[:4]))
		}
		return netip.AddrFrom16([16]byte(b)).Unmap()
	})
}

// A prefix covers an address exactly when the bits say so, whatever host bits the prefix was written with, and a name
// when it covers one of its addresses, which is then the one to connect to.
func TestPrefixProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ip, base := ipGenerator().Draw(t, "ip"), ipGenerator().Draw(t, "base")
		bits := rapid.IntRange(0, base.BitLen()).Draw(t, "bits")
		s := Spec{Kind: Prefix, Prefix: netip.PrefixFrom(base, bits)}
		want := No
		if ip.Is4() == base.Is4() && sameBits(ip, base, bits) {
			want = Yes
		}
		if got, _ := s.Match(socks.Addr{IP: ip}, socks.TCP, oracle{}); got != want {
			t.Fatalf("%v against %v: %v, want %v", s, ip, got, want)
		}
		others := rapid.SliceOf(ipGenerator()).Draw(t, "others")
		known := oracle{"name.example": append(others, ip)}
		got, to := s.Match(socks.Addr{Name: "name.example", Port: 7}, socks.TCP, known)
		switch {
		case want == Yes && got != Yes:
			t.Fatalf("%v does not cover a name with address %v", s, ip)
		case got == Yes && (to.IsName() || to.Port != 7 || !s.Prefix.Contains(to.IP)):
			t.Fatalf("%v sends to %v", s, to)
		}
	})
}

func sameBits(a, b netip.Addr, n int) bool {
	x, y := a.AsSlice(), b.AsSlice()
	for i := range n {
		if (x[i/8]^y[i/8])>>(7-i%8)&1 != 0 {
			return false
		}
	}
	return true
}

// ignorant knows nothing and says so.
type ignorant struct{}

func (ignorant) Addresses(string, bool, bool) ([]netip.Addr, bool) { return nil, false }
func (ignorant) ReverseName(netip.Addr) (string, bool)             { return "", false }
func (ignorant) InterfaceAddresses(string) ([]netip.Addr, bool)    { return nil, false }
func (ignorant) MayResolve() bool                                  { return true }
func TestUnsureUntilToldMore(t *testing.T) {
	ip, name := socks.Addr{IP: netip.MustParseAddr("127.0.0.1")}, socks.Addr{Name: "a.example"}
	tests := []struct {
		spec Spec
		addr socks.Addr
		want Result
	}{
		{Spec{Kind: AnyIP}, name, Yes},
		{Spec{Kind: Prefix, Prefix: netip.MustParsePrefix("127.0.0.0/8")}, ip, Yes},
		{Spec{Kind: Prefix, Prefix: netip.MustParsePrefix("127.0.0.0/8")}, name, Unsure},
		{Spec{Kind: Host, Name: "A.example"}, name, Yes},
		{Spec{Kind: Host, Name: "b.example"}, name, Unsure},
		{Spec{Kind: Host, Name: "b.example"}, ip, Unsure},
		{Spec{Kind: Domain, Name: ".example"}, name, Yes},
		{Spec{Kind: Domain, Name: ".org"}, name, No},
		{Spec{Kind: Domain, Name: ".example"}, ip, Unsure},
		{Spec{Kind: Interface, Name: "lo"}, ip, Unsure},
		{Spec{Kind: Interface, Name: "lo"}, name, Unsure},
	}
	for _, tt := range tests {
		if got, _ := tt.spec.Match(tt.addr, socks.TCP, ignorant{}); got != tt.want {
			t.Errorf("%v against %v: %v, want %v", tt.spec, tt.addr, got, tt.want)
		}
	}
}
