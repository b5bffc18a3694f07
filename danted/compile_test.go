package danted

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

// file gives a small configuration with something added to its parts.
func file(global, client, socks string) string {
	return "logoutput: stderr\ninternal: 127.0.0.1 port = 1080\nexternal: 127.0.0.1\nuser.unprivileged: nobody\n" +
		"socksmethod: username none\n" + global + "\nclient pass { from: 0/0 to: 0/0\n" + client + "\n}\n" +
		"socks pass { from: 0/0 to: 0/0\n" + socks + "\n}\n"
}

func load(t *testing.T, text string, opt Options) *plan.Plan {
	t.Helper()
	opt.Mode = Start
	p, list := Load("f.conf", []byte(text), machine{root: true}, opt)
	if p == nil {
		t.Fatalf("no plan:\n%s", list.Text())
	}
	return p
}

var (
	comparable       = cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	comparablePort   = cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })
	comparablePrefix = cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })
)

func equal(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, comparable, comparablePort, comparablePrefix); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func TestCompile(t *testing.T) {
	p := load(t, string(read(t, "testdata/everything-that-works.conf")), Options{KeepAlive: true})
	loopback := netip.MustParseAddr("127.0.0.1")
	equal(t, "internal", []netip.AddrPort{
		netip.AddrPortFrom(loopback, 1080), netip.MustParseAddrPort("0.0.0.0:512"),
	}, p.Internal)
	equal(t, "external", []netip.Addr{loopback}, p.External)
	equal(t, "methods", auth.Methods{auth.Username, auth.None}, p.SocksMethods)
	equal(t, "client methods", auth.Methods{auth.None}, p.ClientMethods)
	equal(t, "users", []plan.User{{Name: "root"}, {Name: "nobody", UID: 65534, GID: 65534}, {Name: "nobody", UID: 65534, GID: 65534}},
		[]plan.User{p.Privileged, p.Unprivileged, p.Libwrap})
	equal(t, "logs", []plan.LogOutput{
		{Kind: plan.LogStderr}, {Kind: plan.LogSyslog, Facility: "local0"}, {Kind: plan.LogFile, Path: "test.log"},
	}, p.LogOutput)
	equal(t, "error log", []plan.LogOutput{{Kind: plan.LogStdout}}, p.ErrorLog)
	limits := plan.Timeouts{
		Negotiate: 20 * time.Second, Connect: 10 * time.Second, TCPIO: 30 * time.Second, UDPIO: 40 * time.Second, TCPFinWait: 5 * time.Second,
	}
	equal(t, "timeouts", limits, p.Timeouts)
	if !p.FakeNames || !p.KeepAlive || p.Debug != 0 {
		t.Errorf("fake names %v, keep-alive %v, debug %d", p.FakeNames, p.KeepAlive, p.Debug)
	}

	equal(t, "number of rules", []int{3, 4}, []int{len(p.ClientRules), len(p.SocksRules)})
	negotiate := limits
	negotiate.Negotiate = 3 * time.Second
	equal(t, "client rule", plan.Rule{Timeouts: negotiate, Session: plan.SessionLimits{Inheritable: true}, Rule: acl.Rule{
		Number: 2, Line: 29, Verdict: acl.Pass,
		From:      addr.Spec{Kind: addr.Domain, Name: ".example.com"},
		To:        addr.Spec{Kind: addr.Interface, Name: "lo", Ports: addr.Ports{Op: addr.Range, TCP: 1080, UDP: 1080, End: 1081}},
		Protocols: acl.ProtoTCP, Versions: acl.VerSocks4 | acl.VerSocks5,
		ClientMethods: auth.Methods{auth.None}, SocksMethods: auth.Methods{auth.Username}, PAMService: "sockd",
		Log: acl.LogConnect | acl.LogDisconnect | acl.LogError | acl.LogIOOp | acl.LogTCPInfo | acl.LogData,
	}}, p.ClientRules[1])
	equal(t, "socks rule", plan.Rule{Timeouts: limits, Session: plan.SessionLimits{Inheritable: true}, Rule: acl.Rule{
		Number: 1, Line: 36, Verdict: acl.Pass,
		From:     addr.Spec{Kind: addr.Prefix, Prefix: netip.MustParsePrefix("192.168.0.0/16"), Ports: addr.Ports{Op: addr.GE, TCP: 1024, UDP: 1024}},
		To:       addr.Spec{Kind: addr.Host, Name: "www.example.com", Ports: addr.Ports{Op: addr.EQ, TCP: 80, UDP: 80}},
		Commands: acl.CmdConnect, Protocols: acl.ProtoTCP, Versions: acl.VerSocks5,
		ClientMethods: auth.Methods{auth.None}, SocksMethods: auth.Methods{auth.Username},
		Users: []string{"alice", "bob"}, Groups: []string{"staff"}, PAMService: "sockd",
	}}, p.SocksRules[0])
	equal(t, "any name", addr.Spec{Kind: addr.Domain, Name: ".", Ports: addr.Ports{Op: addr.NE, TCP: 25, UDP: 25}}, p.SocksRules[1].To)
}

// Commands and protocols follow from each other (dante-reference 3.3).
func TestCommandsAndProtocols(t *testing.T) {
	all, both := acl.CmdAll, acl.ProtoTCP|acl.ProtoUDP
	for statement, want := range map[string]struct {
		c acl.CommandSet
		p acl.ProtocolSet
	}{
		"":                                {all, both},
		"protocol: tcp":                   {acl.CmdBind | acl.CmdBindReply | acl.CmdConnect, acl.ProtoTCP},
		"protocol: udp":                   {acl.CmdUDPAssociate | acl.CmdUDPReply, acl.ProtoUDP},
		"protocol: tcp udp":               {all, both},
		"command: connect":                {acl.CmdConnect, both},
		"command: bind":                   {acl.CmdBind, acl.ProtoTCP},
		"command: udpassociate":           {acl.CmdUDPAssociate, acl.ProtoUDP},
		"command: bind udpreply":          {acl.CmdBind | acl.CmdUDPReply, both},
		"protocol: udp\ncommand: bind":    {acl.CmdBind, acl.ProtoUDP},
		"command: bind\ncommand: connect": {acl.CmdBind | acl.CmdConnect, both},
	} {
		r := load(t, file("", "", statement), Options{}).SocksRules[0]
		if r.Commands != want.c || r.Protocols != want.p {
			t.Errorf("%q: commands %b, protocols %b, want %b, %b", statement, r.Commands, r.Protocols, want.c, want.p)
		}
	}
	r := load(t, file("", "", ""), Options{}).ClientRules[0]
	if r.Commands != 0 || r.Protocols != acl.ProtoTCP {
		t.Errorf("client rule: commands %b, protocols %b", r.Commands, r.Protocols)
	}
}

// Which methods a rule has (dante-reference 5.3).
func TestMethodsOfRules(t *testing.T) {
	for _, c := range []struct{ global, client, socks, wantClient, wantSocks string }{
		{"", "", "", "username, none", "username, none"},
		{"", "", "user: bob", "username, none", "username"},
		{"", "", "group: staff", "username, none", "username"},
		{"socksmethod: none", "", "user: bob", "none", ""},
		{"", "socksmethod: none username", "socksmethod: none", "none, username", "none"},
		{"socksmethod: none", "", "", "none", "none"},
		{"", "", "command: bindreply udpreply", "username, none", "none"},
		{"", "socksmethod: none\nsocksmethod: username", "", "none, username", "username, none"},
	} {
		p := load(t, file(c.global, c.client, c.socks), Options{})
		client, socks := p.ClientRules[0].SocksMethods.String(), p.SocksRules[0].SocksMethods.String()
		if client != c.wantClient || socks != c.wantSocks {
			t.Errorf("%+v: got %q and %q", c, client, socks)
		}
	}
}

func TestPortOperators(t *testing.T) {
	for text, want := range map[string]addr.Ports{
		"port = 5": {Op: addr.EQ, TCP: 5, UDP: 5}, "port eq 5": {Op: addr.EQ, TCP: 5, UDP: 5},
		"port != 5": {Op: addr.NE, TCP: 5, UDP: 5}, "port ne 5": {Op: addr.NE, TCP: 5, UDP: 5},
		"port > 5": {Op: addr.GT, TCP: 5, UDP: 5}, "port gt 5": {Op: addr.GT, TCP: 5, UDP: 5},
		"port >= 5": {Op: addr.GE, TCP: 5, UDP: 5}, "port ge 5": {Op: addr.GE, TCP: 5, UDP: 5},
		"port < 5": {Op: addr.LT, TCP: 5, UDP: 5}, "port lt 5": {Op: addr.LT, TCP: 5, UDP: 5},
		"port <= 5": {Op: addr.LE, TCP: 5, UDP: 5}, "port le 5": {Op: addr.LE, TCP: 5, UDP: 5},
		"port 5-9": {Op: addr.Range, TCP: 5, UDP: 5, End: 9}, "port 5 - 9": {Op: addr.Range, TCP: 5, UDP: 5, End: 9},
		"port = 010": {Op: addr.EQ, TCP: 8, UDP: 8}, "port = 0x10": {Op: addr.EQ, TCP: 16, UDP: 16},
		"port = domain": {Op: addr.EQ, TCP: 53, UDP: 53}, "port = udponly": {Op: addr.EQ, TCP: 4000, UDP: 4000},
		"port = ssh": {Op: addr.EQ, TCP: 22, UDP: 22},
		"port: 5":    {TCP: 5, UDP: 5}, // matches every port
	} {
		p := load(t, strings.Replace(file("", "", ""), "socks pass { from: 0/0 to: 0/0", "socks pass { from: 0/0 to: 0/0 "+text, 1), Options{})
		equal(t, text, want, p.SocksRules[0].To.Ports)
	}
}

// A debug level in the file adds to what every rule logs; the command line's does not (dante-reference 1.8).
func TestDebug(t *testing.T) {
	one, two := 1, 2
	logged := acl.LogConnect | acl.LogDisconnect | acl.LogError | acl.LogIOOp
	for _, c := range []struct {
		global string
		debug  *int
		log    acl.LogSet
		level  int
	}{
		{"", nil, 0, 0},
		{"debug: 1", nil, logged, 1},
		{"debug: 1", &one, logged, 1},
		{"debug: 1", &two, 0, 2},
		{"", &two, 0, 2},
	} {
		p := load(t, file(c.global, "", ""), Options{Debug: c.debug})
		if p.SocksRules[0].Log != c.log || p.ClientRules[0].Log != c.log || p.Debug != c.level {
			t.Errorf("%+v: log %b, debug %d", c, p.SocksRules[0].Log, p.Debug)
		}
	}
}

// A rule has the timeouts the file has, except its own.
func TestTimeoutsOfRules(t *testing.T) {
	p := load(t, file("timeout.io: 50", "timeout.io.udp: 7", "timeout.io.tcp: 10\ntimeout.tcp_fin_wait: 20"), Options{})
	want := plan.Timeouts{Negotiate: 30 * time.Second, Connect: 30 * time.Second, TCPIO: 50 * time.Second, UDPIO: 7 * time.Second}
	equal(t, "client rule", want, p.ClientRules[0].Timeouts)
	want.TCPIO, want.UDPIO, want.TCPFinWait = 10*time.Second, 50*time.Second, 10*time.Second
	equal(t, "socks rule: the time a side may stay closed is reduced", want, p.SocksRules[0].Timeouts)
}

// Interfaces and host names become addresses, of the families in use, each once.
func TestExpansion(t *testing.T) {
	text := func(families, internal, external string) string {
		s := file("", "", "")
		s = strings.Replace(s, "internal: 127.0.0.1 port = 1080", families+"\n"+internal, 1)
		return strings.Replace(s, "external: 127.0.0.1", external, 1)
	}
	p := load(t, text("", "internal: eth0 port = 1\ninternal: 192.0.2.10 port = 1", "external: eth0"), Options{})
	equal(t, "interface", []netip.AddrPort{
		netip.MustParseAddrPort("192.0.2.10:1"), netip.MustParseAddrPort("192.0.2.11:1"),
		netip.MustParseAddrPort("[2001:db8::10]:1"), netip.MustParseAddrPort("[fe80::1%eth0]:1"),
	}, p.Internal)
	equal(t, "external interface", 4, len(p.External))
	p = load(t, text("internal.protocol: ipv6\nexternal.protocol: ipv4", "internal: two.example port = 1", "external: two.example"), Options{})
	equal(t, "families", []netip.AddrPort{netip.MustParseAddrPort("[2001:db8::10]:1")}, p.Internal)
	equal(t, "external families", []netip.Addr{netip.MustParseAddr("192.0.2.10")}, p.External)
}

// The same text under the same facts is the same plan, also when the facts are a snapshot that crossed to another
// process; another text is another plan.
func TestDigest(t *testing.T) {
	for _, file := range append(corpus(t, "*.conf"), corpus(t, "facts/*.conf")...) {
		src := read(t, file)
		recorder := hostfacts.NewRecorder(machine{root: true})
		first, said := Load("f", src, recorder, Options{})
		second, again := Load("f", src, copied(t, recorder.Snapshot()), Options{})
		if diff := cmp.Diff(said.Text(), again.Text()); diff != "" {
			t.Errorf("%s: a snapshot of the facts says something else:\n%s", file, diff)
		}
		if first == nil || second == nil {
			if first != second {
				t.Errorf("%s: one plan only", file)
			}
			continue
		}
		if first.Digest() != second.Digest() {
			t.Errorf("%s: two digests", file)
		}
	}
	a, b := load(t, file("", "", ""), Options{}), load(t, file("", "", "log: error"), Options{})
	if a.Digest() == b.Digest() {
		t.Error("two texts have one digest")
	}
}
