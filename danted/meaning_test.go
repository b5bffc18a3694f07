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
	afterRules   = regexp.MustCompile(`^(monitor|route)`)
	ofFile       = regexp.MustCompile(`^(connect timeout|negotiate timeout|i/o timeout|tcp fin-wait|clientmethod|socksmethod|resolveprotocol: fake|"(privileged|unprivileged|libwrap)":)`)
	ofRules      = regexp.MustCompile(`^((client|socks)-rule #|verdict:|src:|dst:|connect timeout|negotiate timeout|i/o timeout|tcp fin-wait|user:|group:|pam.servicename:|command|protocol|clientmethod|socksmethod|proxyprotocol|log:)`)
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
	inRules, inInternal := false, false
	for line := range strings.Lines(all) {
		line = strings.TrimRight(line, "\n ")
		switch {
		case strings.HasPrefix(line, "internal addresses"):
			inInternal = true
		case inInternal && strings.HasPrefix(line, "\t"):
			b.WriteString("internal " + strings.TrimPrefix(kinds.ReplaceAllString(line, ""), "\ttcp ") + "\n")
		case strings.HasPrefix(line, "client-rules"), strings.HasPrefix(line, "socks-rules"):
			inRules, inInternal = true, false
		case inRules && afterRules.MatchString(line):
			return b.String(), true
		case inRules && ofRules.MatchString(line), !inRules && ofFile.MatchString(line):
			line = strings.TrimRight(kinds.ReplaceAllString(line, ""), ", ")
			if line == "clientmethod(s):" && !inRules {
				line += " none" // what danted fills in when the first rule comes, and there is none
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
	if p.FakeNames {
		b.WriteString("resolveprotocol: fake\n")
	}
	timeouts(&b, p.Timeouts)
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
	return b.String()
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
	for _, l := range []struct {
		name string
		list []string
	}{{"user", r.Users}, {"group", r.Groups}} {
		if len(l.list) > 0 {
			fmt.Fprintf(b, "%s: \"%s\"\n", l.name, strings.Join(l.list, `", "`))
		}
	}
	fmt.Fprintf(b, "pam.servicename: %s\n", r.PAMService)
	set := func(name string, has uint8, words ...string) {
		var all []string
		for i, w := range words {
			if has&(1<<i) != 0 {
				all = append(all, w)
			}
		}
		fmt.Fprintf(b, "%s\n", strings.TrimRight(name+": "+strings.Join(all, ", "), " "))
	}
	// Danted's order of the commands is not that of the bits.
	var commands uint8
	for i, c := range []acl.CommandSet{acl.CmdBind, acl.CmdBindReply, acl.CmdConnect, acl.CmdUDPAssociate, acl.CmdUDPReply} {
		if r.Commands&c != 0 {
			commands |= 1 << i
		}
	}
	set("command(s)", commands, "bind", "bindreply", "connect", "udpassociate", "udpreply")
	set("protocol(s)", uint8(r.Protocols), "tcp", "udp")
	methods(b, "clientmethod(s)", r.ClientMethods)
	methods(b, "socksmethod(s)", r.SocksMethods)
	set("proxyprotocol(s)", uint8(r.Versions), "socks_v4", "socks_v5", "HTTP", "UPNP")
	set("log", uint8(r.Log), "connect", "disconnect", "data", "error", "iooperation", "tcpinfo")
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
