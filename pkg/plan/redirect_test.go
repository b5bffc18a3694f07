package plan

import (
	"net/netip"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

func single(ip string) addr.Spec {
	a := netip.MustParseAddr(ip)
	return addr.Spec{Kind: addr.Prefix, Prefix: netip.PrefixFrom(a, a.BitLen())}
}

func port(s addr.Spec, tcp, udp uint16) addr.Spec {
	s.Ports = addr.Ports{Op: addr.EQ, TCP: tcp, UDP: udp}
	return s
}

func TestRedirectTarget(t *testing.T) {
	name := addr.Spec{Kind: addr.Host, Name: "other.example"}
	asked := socks.Addr{Name: "www.example", Port: 80}
	for _, tt := range []struct {
		to    addr.Spec
		proto socks.Protocol
		want  socks.Addr
	}{
		{addr.Spec{}, socks.TCP, asked},
		{single("192.0.2.1"), socks.TCP, socks.Addr{IP: netip.MustParseAddr("192.0.2.1"), Port: 80}},
		{port(single("::1"), 8080, 53), socks.TCP, socks.Addr{IP: netip.MustParseAddr("::1"), Port: 8080}},
		{port(single("::1"), 8080, 53), socks.UDP, socks.Addr{IP: netip.MustParseAddr("::1"), Port: 53}},
		{name, socks.TCP, socks.Addr{Name: "other.example", Port: 80}},
		{port(name, 81, 81), socks.TCP, socks.Addr{Name: "other.example", Port: 81}},
	} {
		if got := (Redirect{To: tt.to}).Target(asked, tt.proto); got != tt.want {
			t.Errorf("to %v: %v, want %v", tt.to, got, tt.want)
		}
	}
}

func TestRedirectSource(t *testing.T) {
	known := map[acl.Question]acl.Answer{
		{Kind: acl.AskInterface, Name: "eth0"}:         {Addrs: []netip.Addr{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("192.0.2.7")}},
		{Kind: acl.AskAddresses, Name: "ours.example"}: {Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.8")}},
	}
	for _, tt := range []struct {
		from         addr.Spec
		source, want string // "" is an error
		asks         bool
	}{
		{addr.Spec{}, "10.0.0.1:4000", "10.0.0.1:4000", false},
		{single("192.0.2.1"), "10.0.0.1:4000", "192.0.2.1:4000", false},
		{port(single("192.0.2.1"), 5000, 6000), "10.0.0.1:4000", "192.0.2.1:5000", false},
		{single("192.0.2.1"), "[::1]:4000", "", false},
		{addr.Spec{Kind: addr.Interface, Name: "eth0"}, "10.0.0.1:4000", "192.0.2.7:4000", false},
		{addr.Spec{Kind: addr.Interface, Name: "eth0"}, "[::1]:4000", "[2001:db8::1]:4000", false},
		{addr.Spec{Kind: addr.Host, Name: "ours.example"}, "10.0.0.1:4000", "192.0.2.8:4000", false},
		{addr.Spec{Kind: addr.Host, Name: "ours.example"}, "[::1]:4000", "", false},
		{addr.Spec{Kind: addr.Host, Name: "others.example"}, "10.0.0.1:4000", "", true},
	} {
		got, ask, err := (Redirect{From: tt.from}).Source(netip.MustParseAddrPort(tt.source), socks.TCP, known)
		switch {
		case tt.asks:
			if len(ask) != 1 {
				t.Errorf("from %v asks %v", tt.from, ask)
			}
		case tt.want == "":
			if err == nil {
				t.Errorf("from %v for %s: %v", tt.from, tt.source, got)
			}
		case err != nil || got.String() != tt.want:
			t.Errorf("from %v for %s: %v, %v; want %s", tt.from, tt.source, got, err, tt.want)
		}
	}
}

func TestRedirectionIsInherited(t *testing.T) {
	from, to := Redirect{From: single("192.0.2.1")}, Redirect{To: single("192.0.2.2")}
	for _, tt := range []struct{ client, socks, want Redirect }{
		{Redirect{}, Redirect{}, Redirect{}},
		{from, Redirect{}, from},
		{Redirect{}, to, to},
		{from, to, to},
	} {
		if got := Redirection(&Rule{Redirect: tt.client}, &Rule{Redirect: tt.socks}); got != tt.want {
			t.Errorf("client rule %v, socks rule %v: %v", tt.client, tt.socks, got)
		}
	}
}
