package danted

import (
	"net/netip"
	"testing"
	"time"

	"github.com/rustsocks/rustsocks/danted/config"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

// everything is what the file of this name means.
func everything(t *testing.T) *plan.Plan {
	t.Helper()
	p, list := Load("everything.conf", read(t, "testdata/everything.conf"), machine{root: true}, Options{})
	if p == nil {
		t.Fatal(list.Text())
	}
	return p
}

func TestGlobals(t *testing.T) {
	p := everything(t)
	equal(t, "source checks", acl.SourceChecks{Mismatch: true, Unknown: true, CheckReplyAuth: true}, p.SourceChecks)
	equal(t, "files", []string{"/etc/hosts.allow", "/etc/hosts.deny"}, []string{p.HostsAllow, p.HostsDeny})
	equal(t, "rotation", plan.RotateSameSame, p.Rotation)
	equal(t, "switches", []bool{true, true, true, true, true, false, false},
		[]bool{p.SamePort, p.Draft505, p.BindExtension, p.ResolverTCP, p.HostsAccess, p.UDPConnect, p.FakeNames})
	if p.RouteMaxFail != 3 || p.RouteBadExpire != time.Minute {
		t.Errorf("routes are bad after %d failures for %v", p.RouteMaxFail, p.RouteBadExpire)
	}

	p = load(t, file("", "", ""), Options{})
	equal(t, "the switches of a file that says nothing", []bool{false, false, false, false, false, true, false},
		[]bool{p.SamePort, p.Draft505, p.BindExtension, p.ResolverTCP, p.HostsAccess, p.UDPConnect, p.FakeNames})
	if p.Rotation != plan.RotateNone || p.RouteMaxFail != 1 || p.RouteBadExpire != 5*time.Minute {
		t.Errorf("defaults: %v, %v, %v", p.Rotation, p.RouteMaxFail, p.RouteBadExpire)
	}
}

func TestErrorLogs(t *testing.T) {
	p := everything(t)
	equal(t, "the file's", []plan.ErrorLog{
		{Side: plan.Internal, Level: "warning", Symbols: []string{"EPIPE", "ECONNRESET", "no-route"}},
		{Side: plan.Internal, Level: "notice", TCPDisabled: []string{"sack", "ecn"}},
		{Side: plan.External, Level: "info", TCPEnabled: []string{"timestamps", "wscale"}},
		{Side: plan.External, Level: "err", Symbols: []string{"EAI_AGAIN", "dns-any", "system-any"}},
	}, p.ErrorLogs)
	equal(t, "a client-rule's", []plan.ErrorLog{{Side: plan.Internal, Level: "debug", Symbols: []string{"ECONNRESET"}}}, p.ClientRules[0].ErrorLogs)
	equal(t, "a socks-rule's", []plan.ErrorLog{{Side: plan.External, Level: "alert", Symbols: []string{"ENETUNREACH"}}}, p.SocksRules[0].ErrorLogs)
}

// What danted hands to setsockopt(2), as strace shows it.
func TestSocketOptions(t *testing.T) {
	both := acl.ProtoTCP | acl.ProtoUDP
	for text, want := range map[string]plan.SocketOption{
		"internal.tcp.so_rcvbuf: 65536":         {Option: "so_rcvbuf", Protocols: acl.ProtoTCP, LevelNumber: 1, OptionNumber: 8, Int: 65536, Early: true},
		"external.udp.so_sndbuf: 010":           {Option: "so_sndbuf", Protocols: acl.ProtoUDP, LevelNumber: 1, OptionNumber: 7, Int: 8, Early: true},
		"external.socket.so_linger: 9":          {Option: "so_linger", Protocols: both, LevelNumber: 1, OptionNumber: 13, Int: 9, Early: true},
		"external.socket.so_rcvtimeo: 11":       {Option: "so_rcvtimeo", Protocols: both, LevelNumber: 1, OptionNumber: 20, Int: 11, Early: true},
		"external.socket.1: 1":                  {Option: "so_debug", Protocols: both, LevelNumber: 1, OptionNumber: 1, Int: 1},
		"external.tcp.9999: 5":                  {Protocols: acl.ProtoTCP, LevelNumber: 6, OptionNumber: 9999, Int: 5},
		"external.tcp.7: 3":                     {Option: "tcp_syncnt", Protocols: acl.ProtoTCP, LevelNumber: 6, OptionNumber: 7, Int: 3, Early: true},
		"external.udp.7: 3":                     {Protocols: acl.ProtoUDP, LevelNumber: 17, OptionNumber: 7, Int: 3},
		"external.tcp.tcp_keepidle: 4294967297": {Option: "tcp_keepidle", Protocols: acl.ProtoTCP, LevelNumber: 6, OptionNumber: 4, Int: 1, Early: true},
		"external.ip.tcp_nodelay: 1":            {Option: "tcp_nodelay", Protocols: both, LevelNumber: 6, OptionNumber: 1, Int: 1, Early: true},
		"external.udp.ip_ttl: 46":               {Option: "ip_ttl", Protocols: acl.ProtoUDP, LevelNumber: 0, OptionNumber: 2, Int: 46, Early: true},
		"internal.ip.ip_tos: 16":                {Option: "ip_tos", Protocols: both, OptionNumber: 1, Int: 16},
		"external.ip.1: 32":                     {Option: "ip_tos", Protocols: both, OptionNumber: 1, Int: 32},
		"external.ip.ip_tos.dscp: 10":           {Option: "ip_tos.dscp", Protocols: both, OptionNumber: 1, Int: 40},
		"external.ip.ip_tos.dscp: 64":           {Option: "ip_tos.dscp", Protocols: both, OptionNumber: 1, Int: 256},
		"external.ip.ip_tos.dscp: cs0":          {Option: "ip_tos.dscp", Protocols: both, OptionNumber: 1, Int: 0},
		"external.ip.ip_tos.dscp: cs7":          {Option: "ip_tos.dscp", Protocols: both, OptionNumber: 1, Int: 224},
		"external.ip.ip_tos.dscp: ef":           {Option: "ip_tos.dscp", Protocols: both, OptionNumber: 1, Int: 184},
		"external.ip.ip_tos.dscp: af12":         {Option: "ip_tos.dscp", Protocols: both, OptionNumber: 1, Int: 48},
		"external.ip.ip_tos.dscp: af43":         {Option: "ip_tos.dscp", Protocols: both, OptionNumber: 1, Int: 152},
		"external.ip.ip_tos.prec: 3":            {Option: "ip_tos.prec", Protocols: both, OptionNumber: 1, Int: 96},
		"external.ip.ip_tos.prec: routine":      {Option: "ip_tos.prec", Protocols: both, OptionNumber: 1, Int: 0},
		"external.ip.ip_tos.prec: critic_ecp":   {Option: "ip_tos.prec", Protocols: both, OptionNumber: 1, Int: 160},
		"external.ip.ip_tos.prec: netcontrol":   {Option: "ip_tos.prec", Protocols: both, OptionNumber: 1, Int: 224},
		"external.ip.ip_tos.tos: 8":             {Option: "ip_tos.tos", Protocols: both, OptionNumber: 1, Int: 16},
		"external.ip.ip_tos.tos: lowdelay":      {Option: "ip_tos.tos", Protocols: both, OptionNumber: 1, Int: 16},
		"external.ip.ip_tos.tos: throughput":    {Option: "ip_tos.tos", Protocols: both, OptionNumber: 1, Int: 8},
		"external.ip.ip_tos.tos: reliability":   {Option: "ip_tos.tos", Protocols: both, OptionNumber: 1, Int: 4},
	} {
		p, list := Load("f", []byte(file(text, "", "")), machine{root: true}, Options{})
		if p == nil || len(p.SocketOptions) != 1 {
			t.Errorf("%s: no option\n%s", text, list.Text())
			continue
		}
		got := p.SocketOptions[0]
		if written := got.Side.String() + "." + got.Level + "." + got.Name + ": " + got.Value; written != text {
			t.Errorf("%s is remembered as %s", text, written)
		}
		want.Side, want.Level, want.Name, want.Value = got.Side, got.Level, got.Name, got.Value
		equal(t, text, want, got)
	}
	p := everything(t)
	equal(t, "where options are", []int{3, 1, 1, 1}, []int{
		len(p.SocketOptions), len(p.ClientRules[0].SocketOptions), len(p.SocksRules[0].SocketOptions), len(p.Routes[0].SocketOptions),
	})
	if o := p.ClientRules[0].SocketOptions[0]; o.Side != plan.Internal || o.Int != 16 {
		t.Errorf("%+v", o)
	}
}

// What a rule does besides deciding.
func TestActions(t *testing.T) {
	p := everything(t)
	client, socks := p.ClientRules[0], p.SocksRules[0]
	equal(t, "client limits", plan.SessionLimits{Max: 20, Throttle: plan.Throttle{Sessions: 10, Every: 5 * time.Second}}, client.Session)
	equal(t, "socks limits", plan.SessionLimits{
		Key: "from", StateMax: 2, StateThrottle: plan.Throttle{Sessions: 1, Every: time.Minute}, Inheritable: true,
	}, socks.Session)
	equal(t, "libwrap", " spawn /bin/true", client.Libwrap)
	equal(t, "ports", plan.PortRange{First: 40000, Last: 45000}, socks.UDPPorts)
	equal(t, "PAM services", []string{"proxy", "sockd"}, []string{client.PAMService, socks.PAMService})
	if client.Timeouts.Negotiate != 3*time.Second || client.Timeouts.Connect != 5*time.Second {
		t.Errorf("timeouts: %+v", client.Timeouts)
	}
}

// In danted these two need a licence.
func TestBandwidthAndRedirection(t *testing.T) {
	p, list := Load("f", read(t, "testdata/bandwidth-and-redirect.conf"), machine{root: true}, Options{})
	if p == nil {
		t.Fatal(list.Text())
	}
	equal(t, "bandwidth", []int64{1000, 0, 5000}, []int64{p.ClientRules[0].Bandwidth, p.SocksRules[0].Bandwidth, p.SocksRules[1].Bandwidth})
	single := func(s string) addr.Spec { return addr.Spec{Kind: addr.Prefix, Prefix: netip.MustParsePrefix(s)} }
	to := single("127.0.0.2/32")
	to.Ports = addr.Ports{Op: addr.EQ, TCP: 80, UDP: 80}
	equal(t, "both", plan.Redirect{From: single("127.0.0.1/32"), To: to}, p.SocksRules[0].Redirect)
	equal(t, "names", plan.Redirect{
		From: addr.Spec{Kind: addr.Interface, Name: "lo"},
		To:   addr.Spec{Kind: addr.Host, Name: "www.example.com", Ports: to.Ports},
	}, p.SocksRules[1].Redirect)
	equal(t, "none", plan.Redirect{}, p.ClientRules[0].Redirect)
}

func TestRoutes(t *testing.T) {
	any := addr.Spec{Kind: addr.AnyIP}
	port := func(n uint16) addr.Ports { return addr.Ports{Op: addr.EQ, TCP: n, UDP: n} }
	p := everything(t)
	equal(t, "options of the first", 1, len(p.Routes[0].SocketOptions))
	p.Routes[0].SocketOptions = nil
	equal(t, "routes", []plan.Route{
		{
			Number: 1, Line: 73,
			From:      addr.Spec{Kind: addr.Prefix, Prefix: netip.MustParsePrefix("10.0.0.0/8")},
			To:        addr.Spec{Kind: addr.Domain, Name: ".example.com", Ports: port(443)},
			Gateway:   addr.Spec{Kind: addr.Prefix, Prefix: netip.MustParsePrefix("127.0.0.9/32"), Ports: port(1081)},
			Proxies:   acl.VerSocks5,
			Commands:  acl.CmdConnect,
			Protocols: acl.ProtoTCP,
			Methods:   auth.Methods{auth.Username, auth.None},

			BindExtension: true,
		},
		{
			Number: 2, Line: 81, From: any, To: any,
			Gateway:   addr.Spec{Kind: addr.Host, Name: "proxy.example.com", Ports: port(1080)},
			Proxies:   acl.VerSocks4 | acl.VerSocks5,
			Commands:  acl.CmdConnect,
			Protocols: acl.ProtoTCP,
			Methods:   auth.Methods{auth.None},
		},
		{
			Number: 3, Line: 84, From: any, To: any, Direct: true,
			Commands:  acl.CmdBind | acl.CmdConnect | acl.CmdUDPAssociate,
			Protocols: acl.ProtoTCP | acl.ProtoUDP,
			Methods:   auth.Methods{auth.None},
		},
		{
			Number: 4, Line: 88, From: any, To: addr.Spec{Kind: addr.Prefix, Prefix: netip.MustParsePrefix("10.0.0.0/8")},
			Gateway:   addr.Spec{Kind: addr.Host, Name: "web.example.com", Ports: port(80)},
			Proxies:   acl.VerHTTP,
			Commands:  acl.CmdConnect,
			Protocols: acl.ProtoTCP,
			Methods:   auth.Methods{auth.None},
		},
	}, p.Routes)
}

func TestMonitors(t *testing.T) {
	p := everything(t)
	equal(t, "monitors", []plan.Monitor{
		{
			Number: 1, Line: 92,
			From:     addr.Spec{Kind: addr.Prefix, Prefix: netip.MustParsePrefix("10.0.0.0/8")},
			To:       addr.Spec{Kind: addr.AnyIP, Ports: addr.Ports{Op: addr.EQ, TCP: 80, UDP: 80}},
			Commands: acl.CmdConnect, Protocols: acl.ProtoTCP | acl.ProtoUDP,
			Data: []plan.DataAlarm{
				{Side: plan.Internal, Direction: plan.Received, Bytes: 100, Every: 30 * time.Second},
				{Side: plan.External, Direction: plan.Sent, Bytes: 200, Every: 40 * time.Second},
			},
			Disconnects: []plan.DisconnectAlarm{
				{Side: plan.Internal, Count: 5, Sessions: 10, Every: 5 * time.Second},
				{Side: plan.External, Count: 6, Sessions: 11, Every: 12 * time.Second},
			},
			MTU: []plan.Side{plan.Internal, plan.External},
		},
		{
			Number: 2, Line: 101,
			From: addr.Spec{Kind: addr.AnyIP}, To: addr.Spec{Kind: addr.AnyIP},
			Commands: acl.CmdUDPAssociate | acl.CmdUDPReply, Protocols: acl.ProtoUDP,
			Data: []plan.DataAlarm{{Side: plan.External, Bytes: 2, Every: time.Minute}},
			MTU:  []plan.Side{plan.External},
		},
	}, p.Monitors)
}

// A block knows what it says itself, and where.
func TestWritten(t *testing.T) {
	c, list := Check("everything.conf", read(t, "testdata/everything.conf"), machine{root: true}, Options{})
	if list.HasErrors() {
		t.Fatal(list.Text())
	}
	lines := func(w config.Written) map[string]int {
		all := map[string]int{}
		for id, pos := range w {
			all[keyword.Get(id).Name] = pos.Line
		}
		return all
	}
	equal(t, "rule", map[string]int{"from": 52, "to": 52}, lines(c.ClientRules[1].Written))
	equal(t, "socks-rule", map[string]int{"from": 65, "to": 65, "socksmethod": 66, "user": 67, "group": 68, "command": 69}, lines(c.SocksRules[1].Written))
	equal(t, "route", map[string]int{"from": 84, "to": 84, "via": 84, "command": 85}, lines(c.Routes[2].Written))
	equal(t, "monitor", map[string]int{
		"from": 101, "to": 101, "protocol": 102, "alarm.mtu-error": 103, "alarm.data": 105, // the last one of its keyword
	}, lines(c.Monitors[1].Written))
}
