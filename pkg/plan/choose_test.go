package plan

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

func addresses(text ...string) (all []netip.Addr) {
	for _, t := range text {
		all = append(all, netip.MustParseAddr(t))
	}
	return all
}

func TestEgress(t *testing.T) {
	for name, c := range map[string]struct {
		rotation         Rotation
		accepted, target string
		kernel           string
		noRoute          bool
		want, err        string
	}{
		"first of the family":           {target: "10.0.0.9:80", want: "192.0.2.1"},
		"first of the other family":     {target: "[2001:db8::9]:80", want: "2001:db8::1"},
		"where the client came in":      {rotation: RotateSameSame, accepted: "192.0.2.2:1080", target: "10.0.0.9:80", want: "192.0.2.2"},
		"as a mapped address":           {rotation: RotateSameSame, accepted: "[::ffff:192.0.2.2]:1080", target: "10.0.0.9:80", want: "192.0.2.2"},
		"the kernel has a choice":       {rotation: RotateRoute, target: "10.0.0.9:80", err: ErrAskKernel.Error()},
		"the kernel chose":              {rotation: RotateRoute, kernel: "192.0.2.2", target: "10.0.0.9:80", want: "192.0.2.2"},
		"the kernel knows no way":       {rotation: RotateRoute, noRoute: true, target: "10.0.0.9:80", want: "192.0.2.1"},
		"no target for the kernel":      {rotation: RotateRoute, target: "0.0.0.0:80", want: "192.0.2.1"},
		"kernel chose another":          {rotation: RotateRoute, kernel: "192.0.2.3", target: "10.0.0.9:80", err: "using external.rotation = route, local address 192.0.2.3 was selected for forwarding from our local client 10.1.1.1.4000 to target 10.0.0.9.80, but that local address is not set on our external interface(s).  Configuration error in a.conf?"},
		"it is not an external address": {rotation: RotateSameSame, accepted: "127.0.0.1:1080", target: "10.0.0.9:80", err: "using external.rotation = same-same, local address 127.0.0.1 was selected for forwarding from our local client 10.1.1.1.4000 to target 10.0.0.9.80, but that local address is not set on our external interface(s).  Configuration error in a.conf?"},
		"families differ":               {rotation: RotateSameSame, accepted: "127.0.0.1:1080", target: "[::1]:80", err: "rotation for external addresses is set to same-same, but that can not work for this connect request.  The internal address we accepted the client on is a IPv4 address (127.0.0.1.1080), but the target address is a IPv6 address (::1.80)"},
	} {
		t.Run(name, func(t *testing.T) {
			p := &Plan{Name: "a.conf", Rotation: c.rotation, External: addresses("2001:db8::1", "192.0.2.1", "192.0.2.2")}
			o := Outgoing{
				Client: netip.MustParseAddrPort("10.1.1.1:4000"), Command: socks.Connect, Target: netip.MustParseAddrPort(c.target),
				NoRoute: c.noRoute,
			}
			if c.accepted != "" {
				o.Accepted = netip.MustParseAddrPort(c.accepted)
			}
			if c.kernel != "" {
				o.Kernel = netip.MustParseAddr(c.kernel)
			}
			got, err := p.Egress(o)
			switch {
			case c.err != "" && (err == nil || err.Error() != c.err):
				t.Errorf("error %v, want %s", err, c.err)
			case c.err == "" && (err != nil || got.String() != c.want):
				t.Errorf("got %v, %v, want %s", got, err, c.want)
			}
		})
	}
	p := &Plan{Name: "a.conf", External: addresses("192.0.2.1")}
	_, err := p.Egress(Outgoing{Target: netip.MustParseAddrPort("[::1]:80")})
	if err == nil || !strings.HasPrefix(err.Error(), "none of the addresses configured on our external interface(s)") {
		t.Errorf("no address of the family: %v", err)
	}
}

func prefix(text string) addr.Spec {
	return addr.Spec{Kind: addr.Prefix, Prefix: netip.MustParsePrefix(text)}
}

var anywhere = addr.Spec{Kind: addr.AnyIP}

// through gives a route as the configuration gives it when it says no more than this.
func through(number int, gateway string, proxies acl.VersionSet, changes ...func(*Route)) Route {
	r := Route{
		Number: number, From: anywhere, To: anywhere, Proxies: proxies, Commands: acl.CmdConnect, Protocols: acl.ProtoTCP,
		Methods: auth.Methods{auth.None},
	}
	if gateway == "direct" {
		r.Direct, r.Protocols = true, acl.ProtoTCP|acl.ProtoUDP
	} else {
		at := netip.MustParseAddrPort(gateway)
		r.Gateway = prefix(netip.PrefixFrom(at.Addr(), at.Addr().BitLen()).String())
		r.Gateway.Ports = addr.Ports{Op: addr.EQ, TCP: at.Port(), UDP: at.Port()}
	}
	for _, c := range changes {
		c(&r)
	}
	return r
}

// The expectations are what the original did.
func TestWay(t *testing.T) {
	const both = acl.VerSocks4 | acl.VerSocks5
	to := func(s addr.Spec) func(*Route) { return func(r *Route) { r.To = s } }
	from := func(s addr.Spec) func(*Route) { return func(r *Route) { r.From = s } }
	methods := func(m ...auth.Method) func(*Route) { return func(r *Route) { r.Methods = m } }
	everything := func(r *Route) { r.Commands = acl.CmdConnect | acl.CmdBind | acl.CmdUDPAssociate }
	at := func(text string) socks.Addr { return socks.AddrFrom(netip.MustParseAddrPort(text)) }
	name := func(n string) socks.Addr { return socks.Addr{Name: n, Port: 80} }

	type way struct {
		Route int // -1 is none
		Proxy acl.VersionSet
		To    socks.Addr
	}
	const none = "no usable serverchain route to target found"
	for title, c := range map[string]struct {
		routes  []Route
		leaving Leaving
		want    way
		err     string
	}{
		"no routes": {leaving: Leaving{To: at("10.0.0.9:80")}, want: way{-1, 0, at("10.0.0.9:80")}},
		"an address goes out as SOCKS4": {
			routes: []Route{through(1, "10.9.9.9:1080", both)}, leaving: Leaving{To: at("10.0.0.9:80")},
			want: way{1, acl.VerSocks4, at("10.0.0.9:80")},
		},
		"a name as SOCKS5": {
			routes: []Route{through(1, "10.9.9.9:1080", both)}, leaving: Leaving{To: name("host.example")},
			want: way{1, acl.VerSocks5, name("host.example")},
		},
		"an IPv6 address as SOCKS5": {
			routes: []Route{through(1, "10.9.9.9:1080", both)}, leaving: Leaving{To: at("[::1]:80")},
			want: way{1, acl.VerSocks5, at("[::1]:80")},
		},
		"a name through SOCKS4: by its address": {
			routes: []Route{through(1, "10.9.9.9:1080", acl.VerSocks4)}, leaving: Leaving{To: name("host.example")},
			want: way{1, acl.VerSocks4, at("10.0.0.7:80")},
		},
		"a name without an address through SOCKS4": {
			routes: []Route{through(1, "10.9.9.9:1080", acl.VerSocks4)}, leaving: Leaving{To: name("nosuch.example")}, err: none,
		},
		"direct comes first, wherever it stands": {
			routes:  []Route{through(1, "10.9.9.9:1080", acl.VerSocks5), through(2, "direct", 0)},
			leaving: Leaving{To: at("10.0.0.9:80")}, want: way{2, 0, at("10.0.0.9:80")},
		},
		"SOCKS5 before HTTP": {
			routes:  []Route{through(1, "10.9.9.9:8080", acl.VerHTTP), through(2, "10.9.9.9:1080", acl.VerSocks5)},
			leaving: Leaving{To: at("10.0.0.9:80")}, want: way{2, acl.VerSocks5, at("10.0.0.9:80")},
		},
		"HTTP": {
			routes: []Route{through(1, "10.9.9.9:8080", acl.VerHTTP)}, leaving: Leaving{To: name("host.example")},
			want: way{1, acl.VerHTTP, name("host.example")},
		},
		"to the gateway itself": {
			routes: []Route{through(1, "10.9.9.9:1080", both)}, leaving: Leaving{To: at("10.9.9.9:1080")},
			want: way{-1, 0, at("10.9.9.9:1080")},
		},
		"to another port of the gateway": {
			routes: []Route{through(1, "10.9.9.9:1080", both)}, leaving: Leaving{To: at("10.9.9.9:1081")},
			want: way{1, acl.VerSocks4, at("10.9.9.9:1081")},
		},
		"to": {
			routes:  []Route{through(1, "10.9.9.9:1080", both, to(prefix("10.0.0.0/8"))), through(2, "10.9.9.8:1080", both)},
			leaving: Leaving{To: at("192.0.2.9:80")}, want: way{2, acl.VerSocks4, at("192.0.2.9:80")},
		},
		"to, by the address of a name": {
			routes:  []Route{through(1, "10.9.9.9:1080", both, to(prefix("10.0.0.0/8")))},
			leaving: Leaving{To: name("host.example")}, want: way{1, acl.VerSocks5, name("host.example")},
		},
		"from": {
			routes:  []Route{through(1, "10.9.9.9:1080", both, from(prefix("10.0.0.0/8")))},
			leaving: Leaving{To: at("192.0.2.9:80")}, err: none,
		},
		"a route for methods the client does not have": {
			routes:  []Route{through(1, "10.9.9.9:1080", acl.VerSocks5, methods(auth.Username))},
			leaving: Leaving{To: at("192.0.2.9:80"), Method: auth.None}, err: none,
		},
		"a route for the client's method": {
			routes:  []Route{through(1, "10.9.9.9:1080", acl.VerSocks5, methods(auth.Username))},
			leaving: Leaving{To: at("192.0.2.9:80"), Method: auth.Username}, want: way{1, acl.VerSocks5, at("192.0.2.9:80")},
		},
		"SOCKS4 has no methods": {
			routes:  []Route{through(1, "10.9.9.9:1080", both, methods(auth.Username))},
			leaving: Leaving{To: at("192.0.2.9:80"), Method: auth.Username}, want: way{1, acl.VerSocks5, at("192.0.2.9:80")},
		},
		"any route disables bind": {
			routes:  []Route{through(1, "10.9.9.9:1080", both), through(2, "direct", 0)},
			leaving: Leaving{To: at("10.0.0.9:80"), Command: socks.Bind},
			err:     "command bind is not supported by serverchaining and no direct route found",
		},
		"the way to the gateway is for connect only": {
			routes:  []Route{through(1, "10.9.9.9:1080", both)},
			leaving: Leaving{To: at("10.9.9.9:1080"), Command: socks.Bind},
			err:     "command bind is not supported by serverchaining and no direct route found",
		},
		"a direct route for tcp": {
			routes:  []Route{through(1, "direct", 0, everything, func(r *Route) { r.Protocols = acl.ProtoTCP })},
			leaving: Leaving{To: at("0.0.0.0:0"), Command: socks.UDPAssociate, Protocol: socks.UDP},
			err:     "command udpassociate is not supported by serverchaining and no direct route found",
		},
		"but a direct one for it": {
			routes:  []Route{through(1, "10.9.9.9:1080", both), through(2, "direct", 0, everything)},
			leaving: Leaving{To: at("0.0.0.0:0"), Command: socks.UDPAssociate, Protocol: socks.UDP}, want: way{2, 0, at("0.0.0.0:0")},
		},
	} {
		t.Run(title, func(t *testing.T) {
			p := &Plan{Routes: c.routes}
			l := c.leaving
			if l.Command == 0 {
				l.Command = socks.Connect
			}
			if l.Protocol == 0 {
				l.Protocol = socks.TCP
			}
			if l.Method == 0 {
				l.Method = auth.None
			}
			l.From, l.Known = at("192.168.0.1:4000"), map[acl.Question]acl.Answer{}
			w, ask, err := p.Way(l)
			for rounds := 0; len(ask) > 0; rounds++ {
				if rounds == 10 {
					t.Fatal("no end of questions")
				}
				for _, q := range ask {
					l.Known[q] = acl.Answer{Failed: true}
					if q.Name == "host.example" {
						l.Known[q] = acl.Answer{Addrs: addresses("10.0.0.7")}
					}
				}
				w, ask, err = p.Way(l)
			}
			if c.err != "" {
				if err == nil || err.Error() != c.err {
					t.Errorf("error %v, want %s", err, c.err)
				}
				return
			}
			got := way{-1, w.Proxy, w.To}
			if w.Route != nil {
				got.Route = w.Route.Number
			}
			if diff := cmp.Diff(c.want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" || err != nil {
				t.Errorf("error %v, -want +got:\n%s", err, diff)
			}
		})
	}
}

// A route that does not match a name is tried again with its address, whatever resolveprotocol says.
func TestWayOfAFakeName(t *testing.T) {
	p := &Plan{FakeNames: true, Routes: []Route{through(1, "direct", 0, func(r *Route) { r.To = prefix("10.0.0.0/8") })}}
	w, ask, err := p.Way(Leaving{
		From: socks.Addr{IP: netip.IPv4Unspecified()}, To: socks.Addr{Name: "host.example", Port: 80},
		Command: socks.Connect, Protocol: socks.TCP, Known: map[acl.Question]acl.Answer{
			{Kind: acl.AskAddresses, Name: "host.example", Reachable: true}: {Addrs: addresses("10.0.0.7")},
		},
	})
	if len(ask) > 0 || err != nil || w.Route != &p.Routes[0] {
		t.Errorf("asked %v, error %v, route %v", ask, err, w.Route)
	}
}

func TestKeepsPort(t *testing.T) {
	p := &Plan{}
	if p.KeepsPort(1023) || !p.KeepsPort(1024) {
		t.Error("ports from 1024 are kept")
	}
	p.SamePort = true
	if !p.KeepsPort(1023) {
		t.Error("with sameport, all are")
	}
}

func TestCheckTarget(t *testing.T) {
	p := &Plan{External: addresses("192.0.2.1"), Internal: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.1:1080")}}
	for name, c := range map[string]struct {
		requested, at string // requested is "" for a name
		want          socks.Reply
	}{
		"fine":                     {"10.0.0.1:80", "10.0.0.1:80", socks.Succeeded},
		"other family":             {"[::1]:80", "[::1]:80", socks.AddressNotSupported},
		"name of the other family": {"", "[::1]:80", socks.Succeeded},
		"no address":               {"0.0.0.0:80", "0.0.0.0:80", socks.AddressNotSupported},
		"no port":                  {"10.0.0.1:0", "10.0.0.1:0", socks.AddressNotSupported},
		"ourselves":                {"10.0.0.1:1080", "10.0.0.1:1080", socks.NotAllowed},
		"ourselves by name":        {"", "10.0.0.1:1080", socks.NotAllowed},
	} {
		requested := socks.Addr{Name: "host.example"}
		if c.requested != "" {
			requested = socks.AddrFrom(netip.MustParseAddrPort(c.requested))
		}
		got := socks.Succeeded
		if refused := p.CheckTarget(requested, netip.MustParseAddrPort(c.at)); refused != nil {
			got = refused.Reply
		}
		if got != c.want {
			t.Errorf("%s: reply %d, want %d", name, got, c.want)
		}
	}
}

func TestCheckSocks4(t *testing.T) {
	login, both := auth.Methods{auth.Username}, auth.Methods{auth.Username, auth.None}
	for name, c := range map[string]struct {
		global, rule auth.Methods
		refused      bool
	}{
		"the rule takes method none":      {both, both, false},
		"the rule wants a login":          {both, login, true},
		"nobody takes method none at all": {login, login, false},
	} {
		p := &Plan{SocksMethods: c.global}
		if err := p.CheckSocks4(&Rule{Rule: acl.Rule{Number: 1, SocksMethods: c.rule}}); (err != nil) != c.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDecided(t *testing.T) {
	p := &Plan{
		Timeouts:    Timeouts{Connect: 1},
		ClientRules: []Rule{{Rule: acl.Rule{Number: 1}, Libwrap: "client"}}, SocksRules: []Rule{{Rule: acl.Rule{Number: 1}, Libwrap: "socks"}},
	}
	if got := p.Decided(acl.Client, &acl.Rule{Number: 1}).Libwrap + p.Decided(acl.Socks, &acl.Rule{Number: 1}).Libwrap; got != "clientsocks" {
		t.Errorf("got %q", got)
	}
	if got := p.Decided(acl.Socks, &acl.Rule{Log: acl.LogError}); got.Timeouts.Connect != 1 || got.Log != acl.LogError {
		t.Errorf("the default rule has the global limits: %+v", got)
	}
}
