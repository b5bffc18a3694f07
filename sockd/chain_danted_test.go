package sockd

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// original starts Dante's own server, which lets everybody connect to loopback addresses and nothing else.
func original(t *testing.T) netip.AddrPort {
	t.Helper()
	const program = "/usr/sbin/danted"
	if _, err := os.Stat(program); err != nil {
		t.Skip("the original is not installed: apt-get install dante-server")
	}
	if os.Getuid() != 0 {
		t.Skip("the original wants to be root")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := netip.MustParseAddrPort(l.Addr().String())
	l.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "danted.conf")
	text := fmt.Sprintf("logoutput: stderr\ninternal: 127.0.0.1 port = %d\nexternal: 127.0.0.1\nsocksmethod: none\n"+
		"user.privileged: root\nuser.unprivileged: nobody\nclient pass { from: 0/0 to: 0/0 }\n"+
		"socks pass { from: 0/0 to: 127.0.0.0/8 }\n", at.Port())
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-f", file, "-p", filepath.Join(dir, "pid"))
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "TMPDIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // the children too
		_ = cmd.Wait()
	})
	for lines := bufio.NewScanner(log); ; {
		if !lines.Scan() {
			t.Fatal("the original has ended")
		}
		if strings.Contains(lines.Text(), " running") {
			return at
		}
	}
}

func TestChainThroughTheOriginal(t *testing.T) {
	far, e := original(t), echo(t, "127.0.0.1")
	for name, proxies := range map[string]acl.VersionSet{"SOCKS4": acl.VerSocks4, "SOCKS5": acl.VerSocks5} {
		t.Run(name, func(t *testing.T) {
			near := serveWith(t, through(far, proxies, func(p *plan.Plan) { p.RouteMaxFail = 0 }))
			comesBack(t, near, ask5(t, socks.Connect, socks.Addr{Name: "localhost", Port: e.Port()}), 12)
			c := near.dial()
			write(t, c, ask5(t, socks.Connect, socks.Addr{IP: netip.MustParseAddr("10.1.2.3"), Port: 99}))
			if got := rest(c); len(got) != 12 || socks.Reply(got[3]) != socks.ConnectionRefused {
				t.Errorf("got % x", got)
			}
		})
	}
}
