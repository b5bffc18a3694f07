package sockd

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
)

// accessFiles gives a configuration access files, which the test may change.
func accessFiles(t *testing.T) (allow, deny string, change func(*plan.Plan)) {
	dir := t.TempDir()
	allow, deny = filepath.Join(dir, "allow"), filepath.Join(dir, "deny")
	return allow, deny, func(p *plan.Plan) { p.HostsAccess, p.HostsAllow, p.HostsDeny = true, allow, deny }
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func exactly(t *testing.T, c io.Reader, want ...byte) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, want) {
		t.Fatalf("got % x (%v), want % x", got, err, want)
	}
}

// The files count as they are when a client comes, and again when it has asked for something. Who is denied at the
// door sees the connection end, and the log has no line of it.
func TestAccessFiles(t *testing.T) {
	allow, deny, change := accessFiles(t)
	s := serveWith(t, change)
	writeFile(t, deny, "danted: ALL\n")
	if got := rest(s.dial()); len(got) > 0 {
		t.Errorf("a denied client gets % x", got)
	}
	writeFile(t, allow, "sockd: ALL\ndanted@127.0.0.1: 127.0.0.0/8 EXCEPT 127.0.0.2\n")
	c := s.dial()
	write(t, c, []byte{5, 1, 0})
	exactly(t, c, 5, 0)
	writeFile(t, allow, "ALL: nobody\n")
	write(t, c, []byte{5, 1, 0, 1, 127, 0, 0, 1, 0, 80})
	if got := rest(c); len(got) < 2 || got[1] != 2 {
		t.Errorf("a client that is denied at its request gets % x", got)
	}
	lines := s.lines(2)
	if !strings.HasPrefix(lines[0], "pass(1): tcp/accept [") ||
		!strings.HasSuffix(lines[1], "blocked by higher-level socks-rule #0: blocked by libwrap/tcp_wrappers") {
		t.Errorf("logged %q", lines)
	}
}

// What is wrong with the files is told once and not to every client, and who cannot be told to be allowed is denied.
func TestBrokenAccessFiles(t *testing.T) {
	_, deny, change := accessFiles(t)
	writeFile(t, deny, "danted ALL\n1080: @friends\ndanted: ALL: allow\n")
	s := serveWith(t, change)
	for range 3 {
		c := s.dial()
		write(t, c, []byte{5, 1, 0})
		exactly(t, c, 5, 0)
		c.Close()
	}
	writeFile(t, deny, "danted: 127.0.0.1: spawn touch /nosuch/file\n")
	for range 3 {
		if got := rest(s.dial()); len(got) > 0 {
			t.Errorf("a denied client gets % x", got)
		}
	}
	writeFile(t, deny, "danted: @friends\n")
	if got := rest(s.dial()); len(got) > 0 {
		t.Errorf("a client that may be a friend gets % x", got)
	}
	writeFile(t, deny, "")
	var warnings []string
	for _, line := range s.lines(10) {
		if strings.Contains(line, "warning: hosts_access(): ") {
			warnings = append(warnings, line)
		}
	}
	for i, want := range []string{`line 1: there is no ":"`, "line 2: netgroups", `line 1: option "spawn" is not followed`, "line 1: netgroups"} {
		if i >= len(warnings) || !strings.Contains(warnings[i], deny+", "+want) {
			t.Fatalf("no %q in time: %q", want, warnings)
		}
	}
	if len(warnings) != 4 {
		t.Errorf("warned %q", warnings)
	}
}

// A banner comes before anything else, and who is blocked reads it to its end although it had sent something.
func TestBanners(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "danted"), "hello %a\nthis is %d at %A, 100%%\n")
	const banner = "hello 127.0.0.1\r\nthis is danted at 127.0.0.1, 100%\r\n"
	line := " umask 022: banners " + dir
	tests := map[string]struct {
		change func(*plan.Plan)
		want   string
	}{
		"client rule": {
			func(p *plan.Plan) { p.ClientRules[0].Libwrap, p.ClientRules[0].Verdict = line, acl.Block },
			banner,
		},
		"socks rule": {
			func(p *plan.Plan) { p.SocksRules[0].Libwrap, p.SocksRules[0].Verdict = line, acl.Block },
			string(wire.AppendMethod(nil, 0)) + banner + "\x05\x02\x00\x01\x7f\x00\x00\x01\x00\x50",
		},
		"access file": {
			func(p *plan.Plan) {
				p.HostsAccess, p.HostsAllow, p.HostsDeny = true, filepath.Join(dir, "allow"), filepath.Join(dir, "deny")
				writeFile(t, p.HostsDeny, "ALL: ALL: banners "+dir+"\n")
			},
			banner,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := serveWith(t, tt.change)
			c := s.dial()
			if strings.HasPrefix(tt.want, "\x05") {
				write(t, c, []byte{5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, 0, 80})
			}
			if got := string(rest(c)); got != tt.want {
				t.Errorf("the client reads %q, want %q", got, tt.want)
			}
		})
	}
}

// A rule that turns datagrams away says nothing on the control connection.
func TestBannersAreNotForDatagrams(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "danted"), "hello\n")
	e := socket(t, "127.0.0.1")
	s := serveWith(t, func(p *plan.Plan) {
		pass := p.SocksRules[0]
		block := pass
		block.Verdict, block.To, block.Libwrap = acl.Block, singleAddress(addressOf(e)), "banners "+dir
		pass.Number = 2
		p.SocksRules = []plan.Rule{block, pass}
	})
	u := s.associate()
	s.lines(2)
	u.send(addressOf(e), "hello")
	s.lines(1) // it is blocked
	if err := u.control.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := u.control.Read(make([]byte, 10)); n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("%d bytes on the control connection, %v", n, err)
	}
}

func TestMissingBanner(t *testing.T) {
	s := serveWith(t, func(p *plan.Plan) { p.ClientRules[0].Libwrap = " banners /nosuch" })
	c := s.dial()
	write(t, c, []byte{5, 1, 0})
	exactly(t, c, 5, 0)
	if line := s.lines(1)[0]; line != "rulespermit(): processing of libwrap options set errno (No such file or directory)" {
		t.Errorf("logged %q", line)
	}
}
