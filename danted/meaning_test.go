package danted

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
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

var configs = flag.String("configs", "", "also compare the meaning of the .conf files in this directory")

// TestMeaningIsDanteds compares the plan of every file that danted accepts with what danted itself says the file means:
// with -d it prints its configuration, all defaults filled in.
func TestMeaningIsDanteds(t *testing.T) {
	program, err := exec.LookPath("danted")
	if err != nil {
		t.Skip("danted is not installed: the meaning of files was not compared with the real one (Debian package dante-server)")
	}
	if os.Geteuid() != 0 {
		t.Skip("not running as root: the real danted would complain about that instead of the files")
	}
	files := corpus(t, "*.conf")
	if *configs != "" {
		more, err := filepath.Glob(filepath.Join(*configs, "*.conf"))
		if err != nil || len(more) == 0 {
			t.Fatalf("no files in %s: %v", *configs, err)
		}
		files = append(files, more...)
	}
	compared := 0
	for _, file := range files {
		one := 1
		p, _ := Load(filepath.Base(file), read(t, file), hostfacts.NewLive(), Options{Debug: &one})
		if p == nil {
			continue
		}
		dump, ok := dumped(t, program, file)
		if !ok {
			continue
		}
		compared++
		if diff := cmp.Diff(dump, described(p)); diff != "" {
			t.Errorf("%s means something else (-danted +ours):\n%s", file, diff)
		}
	}
	t.Logf("%d files mean the same", compared)
	if compared < 20 {
		t.Errorf("only %d files were compared", compared)
	}
}

var (
	prefixOfLine = regexp.MustCompile(`(?m)^[A-Z][a-z]{2} .*? danted\[\d+\]: debug: `)
	ofFile       = regexp.MustCompile(`^(connect timeout|negotiate timeout|i/o timeout|tcp fin-wait|clientmethod|socksmethod|resolveprotocol:|external address rotation:|extensions enabled:|connect udp sockets|global route options:|libwrap.hosts_access:|"(privileged|unprivileged|libwrap)":)`)
	ofRules      = regexp.MustCompile(`^((client|socks)-rule #|verdict:|src:|dst:|connect timeout|negotiate timeout|i/o timeout|tcp fin-wait|udp port range:|sessions? |session\.(max|throttle)|user:|group:|pam.servicename:|command|protocol|clientmethod|socksmethod|proxyprotocol|log:|libwrap:)`)
	ofRoutes     = regexp.MustCompile(`^(route #|src:|dst:|gateway:|command|extension|protocol|socksmethod|proxyprotocol)`)
	ofMonitors   = regexp.MustCompile(`^(monitor #|src:|dst:|alarms? |command|protocol)`)
	sharedMemory = regexp.MustCompile(`, shmid \d+$`)
	kinds        = regexp.MustCompile(`(<IPvAny>|IPv4|IPv6) address |host/domain-name |interfacename `)
)

// dumped gives what danted prints of a file, as far as a plan has it.
func dumped(t *testing.T, program, file string) (string, bool) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f.conf"), read(t, file), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-V", "-d", "1", "-f", "f.conf")
	cmd.Dir = dir
	var out bytes.Buffer
	cmd.Stderr = &out
	if err := cmd.Run(); err != nil {
		return "", false
	}
	all := prefixOfLine.ReplaceAllString(out.String(), "")
	var b strings.Builder
	section, inInternal, added := ofFile, false, false
	for line := range strings.Lines(all) {
		line = sharedMemory.ReplaceAllString(strings.TrimRight(line, "\n "), "")
		switch {
		case strings.HasPrefix(line, "internal addresses"):
			inInternal = true
		case inInternal && strings.HasPrefix(line, "\t"):
			b.WriteString("internal " + strings.TrimPrefix(kinds.ReplaceAllString(line, ""), "\ttcp ") + "\n")
		case strings.HasPrefix(line, "client-rules ("), strings.HasPrefix(line, "socks-rules ("):
			section, inInternal = ofRules, false
		case strings.HasPrefix(line, "routes ("):
			section = ofRoutes
		case strings.HasPrefix(line, "monitors ("):
			section = ofMonitors
		case section.MatchString(line):
			line = strings.TrimRight(kinds.ReplaceAllString(line, ""), ", ")
			if line == "clientmethod(s):" && section == ofFile {
				line += " none" // what danted fills in when the first rule comes, and there is none
			}
			if section == ofRoutes && strings.HasPrefix(line, "route #") {
				added = line == "route #0" // by danted itself, for the way to the proxies
			}
			if section == ofRoutes && added {
				continue
			}
			// A time limit longer than can be counted in nanoseconds is none.
			b.WriteString(strings.ReplaceAll(line, "9223372036854775807s", "9223372036s") + "\n")
		default:
			inInternal = false
		}
	}
	// A file that logs elsewhere shows nothing.
	return b.String(), strings.Contains(b.String(), "timeout")
}

// described gives a plan in the words of danted's dump.
func described(p *plan.Plan) string {
	var b strings.Builder
	for _, a := range p.Internal {
		fmt.Fprintf(&b, "internal %s.%d\n", a.Addr().WithZone(""), a.Port())
	}
	fmt.Fprintf(&b, "external address rotation: %s\n", [...]string{"none", "route", "same-same"}[p.Rotation])
	fmt.Fprintf(&b, "%s\n", strings.TrimRight("extensions enabled: "+word(p.BindExtension, "bind"), " "))
	fmt.Fprintf(&b, "connect udp sockets to destination: %s\n", yesNo(p.UDPConnect))
	resolver := "udp"
	if p.ResolverTCP {
		resolver = "tcp"
	}
	if p.FakeNames {
		resolver = "fake"
	}
	fmt.Fprintf(&b, "resolveprotocol: %s\n", resolver)
	timeouts(&b, p.Timeouts)
	fmt.Fprintf(&b, "global route options: \"badexpire: %d\", \"maxfail: %d\"\n", int64(p.RouteBadExpire.Seconds()), p.RouteMaxFail)
	fmt.Fprintf(&b, "libwrap.hosts_access: %s\n", yesNo(p.HostsAccess))
	for _, u := range []struct {
		name string
		user plan.User
	}{{"privileged", p.Privileged}, {"unprivileged", p.Unprivileged}, {"libwrap", p.Libwrap}} {
		name := u.user.Name
		if !u.user.IsSet() {
			name = "root" // whom the test, and so danted, runs as
		}
		fmt.Fprintf(&b, "%q: %q\n", u.name, name)
	}
	methods(&b, "clientmethod(s)", p.ClientMethods)
	methods(&b, "socksmethod(s)", p.SocksMethods)
	for _, r := range p.ClientRules {
		rule(&b, "client-rule", r, p)
	}
	for _, r := range p.SocksRules {
		rule(&b, "socks-rule", r, p)
	}
	for _, r := range p.Routes {
		route(&b, r)
	}
	for _, m := range p.Monitors {
		monitor(&b, m)
	}
	return b.String()
}

func word(set bool, text string) string {
	if set {
		return text
	}
	return ""
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func route(b *strings.Builder, r plan.Route) {
	gateway := "direct.0"
	proxies := "direct"
	if !r.Direct {
		host := r.Gateway.Name
		if r.Gateway.Kind == addr.Prefix {
			host = r.Gateway.Prefix.Addr().String()
		}
		gateway = fmt.Sprintf("%s.%d", host, r.Gateway.Ports.TCP)
		proxies = list(uint8(r.Proxies), "socks_v4", "socks_v5", "HTTP", "UPNP")
	}
	fmt.Fprintf(b, "route #%d\nsrc: %s\ndst: %s\ngateway: %s\n", r.Number, spec(r.From), spec(r.To), gateway)
	fmt.Fprintf(b, "command(s): %s\n%s\nprotocol(s): %s\n", commands(r.Commands), strings.TrimRight("extension(s): "+word(r.BindExtension, "bind"), " "), protocols(r.Protocols))
	methods(b, "socksmethod(s)", r.Methods)
	fmt.Fprintf(b, "proxyprotocol(s): %s\n", proxies)
}

func monitor(b *strings.Builder, m plan.Monitor) {
	fmt.Fprintf(b, "monitor #%d, line #%d\nsrc: %s\ndst: %s\n", m.Number, m.Line, spec(m.From), spec(m.To))
	for _, side := range []plan.Side{plan.Internal, plan.External} {
		var lines []string
		for _, direction := range []plan.Direction{plan.Received, plan.Sent} {
			for _, a := range m.Data {
				if (a.Side == 0 || a.Side == side) && (a.Direction == 0 || a.Direction == direction) {
					lines = append(lines, fmt.Sprintf("alarm if %s less or equal to %s every %s",
						map[plan.Direction]string{plan.Received: "receiving", plan.Sent: "sending"}[direction], plural(a.Bytes, "byte"), plural(int64(a.Every.Seconds()), "second")))
				}
			}
		}
		for _, a := range m.Disconnects {
			if a.Side == 0 || a.Side == side {
				lines = append(lines, fmt.Sprintf("alarm if more than %d/%d disconnects occur during %s", a.Count, a.Sessions, plural(int64(a.Every.Seconds()), "second")))
			}
		}
		if len(lines) > 0 {
			fmt.Fprintf(b, "alarms on %s interface:\n%s\n", side, strings.Join(lines, "\n"))
		}
	}
	fmt.Fprintf(b, "command(s): %s\nprotocol(s): %s\n", commands(m.Commands), protocols(m.Protocols))
}

func plural(n int64, unit string) string {
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}

// commands gives the commands in danted's order, which is not that of the bits.
func commands(set acl.CommandSet) string {
	var bits uint8
	for i, c := range []acl.CommandSet{acl.CmdBind, acl.CmdBindReply, acl.CmdConnect, acl.CmdUDPAssociate, acl.CmdUDPReply} {
		if set&c != 0 {
			bits |= 1 << i
		}
	}
	return list(bits, "bind", "bindreply", "connect", "udpassociate", "udpreply")
}

func protocols(set acl.ProtocolSet) string { return list(uint8(set), "tcp", "udp") }

// list gives the words of the bits of a set.
func list(set uint8, words ...string) string {
	var all []string
	for i, w := range words {
		if set&(1<<i) != 0 {
			all = append(all, w)
		}
	}
	return strings.Join(all, ", ")
}

func timeouts(b *strings.Builder, t plan.Timeouts) {
	s := func(d time.Duration) int64 { return int64(d / time.Second) }
	fmt.Fprintf(b, "connect timeout: %ds%s\n", s(t.Connect), kernel(t.Connect))
	fmt.Fprintf(b, "negotiate timeout: %ds%s\n", s(t.Negotiate), kernel(t.Negotiate))
	fmt.Fprintf(b, "i/o timeout: tcp: %ds, udp: %ds\n", s(t.TCPIO), s(t.UDPIO))
	fmt.Fprintf(b, "tcp fin-wait-2 timeout: %ds%s\n", s(t.TCPFinWait), kernel(t.TCPFinWait))
}

func kernel(d time.Duration) string {
	if d == 0 {
		return " (use kernel default)"
	}
	return ""
}

func methods(b *strings.Builder, name string, list auth.Methods) {
	fmt.Fprintf(b, "%s\n", strings.TrimRight(name+": "+list.String(), " "))
}

func rule(b *strings.Builder, kind string, r plan.Rule, p *plan.Plan) {
	fmt.Fprintf(b, "%s #%d, line #%d\nverdict: %s\nsrc: %s\ndst: %s\n", kind, r.Number, r.Line, r.Verdict, spec(r.From), spec(r.To))
	if r.Timeouts != p.Timeouts {
		timeouts(b, r.Timeouts)
	}
	if r.UDPPorts != (plan.PortRange{}) {
		fmt.Fprintf(b, "udp port range: %d - %d\n", r.UDPPorts.First, r.UDPPorts.Last)
	}
	session(b, r.Session)
	for _, l := range []struct {
		name string
		list []string
	}{{"user", r.Users}, {"group", r.Groups}} {
		if len(l.list) > 0 {
			fmt.Fprintf(b, "%s: \"%s\"\n", l.name, strings.Join(l.list, `", "`))
		}
	}
	fmt.Fprintf(b, "pam.servicename: %s\n", r.PAMService)
	line := func(name, value string) { fmt.Fprintf(b, "%s\n", strings.TrimRight(name+": "+value, " ")) }
	line("command(s)", commands(r.Commands))
	line("protocol(s)", protocols(r.Protocols))
	methods(b, "clientmethod(s)", r.ClientMethods)
	methods(b, "socksmethod(s)", r.SocksMethods)
	line("proxyprotocol(s)", list(uint8(r.Versions), "socks_v4", "socks_v5", "HTTP", "UPNP"))
	line("log", list(uint8(r.Log), "connect", "disconnect", "data", "error", "iooperation", "tcpinfo"))
	if r.Libwrap != "" {
		line("libwrap", r.Libwrap)
	}
}

// session gives the limits of a rule. Danted shows those by a key wrong or not at all.
func session(b *strings.Builder, l plan.SessionLimits) {
	if !l.IsSet() {
		return
	}
	fmt.Fprintf(b, "sessions limits inheritable: %s\n", yesNo(l.Inheritable))
	if l.Max != 0 {
		fmt.Fprintf(b, "session.max: %d\n", l.Max)
	}
	if t := l.Throttle; t.Sessions != 0 {
		fmt.Fprintf(b, "session.throttle: %d clients per %ds\n", t.Sessions, int64(t.Every.Seconds()))
	}
}

func spec(s addr.Spec) string {
	text := s.String()
	switch s.Ports.Op {
	case addr.NE:
		text = strings.Replace(text, " ne ", " neq ", 1)
	case addr.Range:
		text = strings.Replace(text, fmt.Sprintf("port %d-%d", s.Ports.TCP, s.Ports.End), fmt.Sprintf("port range %d - %d", s.Ports.TCP, s.Ports.End), 1)
	}
	return text
}
