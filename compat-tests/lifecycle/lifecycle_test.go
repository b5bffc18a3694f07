package lifecycle

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

const (
	roleProcesses = "processes"
	roleGood      = "good reload"
	roleTerm      = "SIGTERM"
	roleInt       = "SIGINT"
	roleDrain     = "drain"
	roleCrash     = "crash"
	roleStatus    = "status"
	roleFull      = "full"
)

// better is a file that opens port 81, blocks port 80 and listens on a second
// address.
var better = strings.Replace(config("internal: 127.0.0.2 port = 1080", "80"), "log: error connect", "log: connect", 1)

func TestMain(m *testing.M) {
	roles := map[string]sandbox.Role{
		roleProcesses: role(listProcesses),
		roleGood:      role(reload(roleGood, better)),
		roleTerm:      role(stopIdle(syscall.SIGTERM)),
		roleInt:       role(stopIdle(syscall.SIGINT)),
		roleDrain:     role(stopDraining),
		roleCrash:     role(killWorker),
		roleStatus:    role(status),
		roleFull:      role(fill),
	}
	for name, conf := range broken() {
		roles[name] = role(reload(name, conf))
	}
	sandbox.Main(m, roles)
}

func ours(t *testing.T) map[string]string { return map[string]string{program: daemon.Ours(t)} }

// TestPrivileges shows the boundary: the process that reads client bytes has no
// right that it could give away.
func TestPrivileges(t *testing.T) {
	const nobody, none = "65534 65534 65534 65534", "0000000000000000"
	seen := map[string]int{}
	for _, p := range sandbox.One[[]process](t, roleProcesses, ours(t), struct{}{}) {
		t.Logf("%-16s uid %s, gid %s, groups [%s], NoNewPrivs %s, CapEff %s, CapBnd %s", p.Command, p.UID, p.GID, p.Groups,
			p.NoNewPrivs, p.Effective, p.Bound)
		seen[p.Command]++
		switch p.Command {
		case "rustsocks-worke":
			if p.UID != nobody || p.GID != nobody || p.Groups != "" || p.NoNewPrivs != "1" || p.Effective != none ||
				p.Permitted != none {
				t.Errorf("the worker has rights: %+v", p)
			}
		case "rustsocks-auth":
			if p.Groups != "" || p.NoNewPrivs != "1" {
				t.Errorf("the auth helper could gain rights: %+v", p)
			}
		}
	}
	if seen["rustsocks-worke"] != 1 || seen["rustsocks-auth"] == 0 || seen["danted"] != 1 {
		t.Errorf("the processes are %v", seen)
	}
}

// TestBrokenReload is the pain this project began with: danted dies on most of
// these files.
func TestBrokenReload(t *testing.T) {
	for name := range broken() {
		t.Run(name, func(t *testing.T) {
			r := sandbox.One[reloaded](t, name, ours(t), struct{}{})
			if r.Died || r.Transfer != "" || r.Open != "" || r.Second == "" {
				t.Errorf("%+v", r)
			}
			if r.Shut == "" {
				t.Error("the broken file opened a port that was blocked")
			}
			log := strings.Join(r.Log, "\n")
			if !strings.Contains(log, "error: ") || !strings.Contains(log, "Continuing with the configuration in force") {
				t.Errorf("the log does not say what is wrong:\n%s", log)
			}
		})
	}
}

// TestBrokenReloadOfTheRealDanted records what the real danted does: the claim
// of docs/compatibility.md.
func TestBrokenReloadOfTheRealDanted(t *testing.T) {
	oracle := map[string]string{program: daemon.Oracle(t)}
	for _, name := range []string{"syntax error", "unknown user", "address that is not ours"} {
		r := sandbox.One[reloaded](t, name, oracle, struct{}{})
		t.Logf("%s: died %v (exit %d), port 80 afterwards: %q; %d lines, the last: %s", name, r.Died, r.Exit, r.Open,
			len(r.Log), r.Log[len(r.Log)-1])
		if !r.Died || r.Exit != 1 {
			t.Errorf("%s: the real danted lives on: %+v", name, r)
		}
	}
}

// TestGoodReload changes rules and listeners under a transfer.
func TestGoodReload(t *testing.T) {
	r := sandbox.One[reloaded](t, roleGood, ours(t), struct{}{})
	if r.Died || r.Transfer != "" {
		t.Errorf("%+v", r)
	}
	if r.Open == "" || r.Shut != "" {
		t.Errorf("the new rules do not decide: port 80 %q, port 81 %q", r.Open, r.Shut)
	}
	if !strings.Contains(r.Second, "refused with 05 02") {
		t.Errorf("the new listener: %q", r.Second)
	}
	if log := strings.Join(r.Log, "\n"); !strings.Contains(log, "SIGHUP [: reloading config") ||
		!strings.Contains(log, "SIGHUP ]: config reloaded.  Broadcasting to children to do the same") {
		t.Error(log)
	}
}

// TestStop shows a clean end: exit status, last lines, pid file, nothing left.
func TestStop(t *testing.T) {
	for name, number := range map[string]int{roleTerm: 15, roleInt: 2} {
		r := sandbox.One[stopped](t, name, ours(t), struct{}{})
		if r.Exit != 0 || r.PidBefore != fmt.Sprintf("%d\n", r.Pid) || r.PidAfter != "" || len(r.Left) > 0 {
			t.Errorf("%s: %+v", name, r)
		}
		want := []string{fmt.Sprintf("info: sigterm(): exiting on signal %d", number), "alert: mother[1/1]: shutting down"}
		if got := messages(r.Log); !slices.Equal(got, want) {
			t.Errorf("%s: logged %q", name, got)
		}
	}
}

// TestDrain lets the session that is there come to its end.
func TestDrain(t *testing.T) {
	r := sandbox.One[stopped](t, roleDrain, ours(t), struct{}{})
	if r.Exit != 0 || r.Transfer != "" || len(r.Left) > 0 {
		t.Errorf("%+v", r)
	}
}

// TestWorkerDeath: the listeners are the monitor's, so nobody is refused.
func TestWorkerDeath(t *testing.T) {
	c := sandbox.One[crash](t, roleCrash, ours(t), struct{}{})
	if c.Refused > 0 || c.Served != 5 {
		t.Errorf("%d connections were refused, %d of 5 deaths survived\n%s", c.Refused, c.Served, c.Log)
	}
}

// TestStatus compares the form of the answer to SIGUSR1.
func TestStatus(t *testing.T) {
	lines := messages(sandbox.One[[]string](t, roleStatus, ours(t), struct{}{}))
	for _, form := range []string{
		`^info: Dante v1\.4\.2 up 0 days, 0:00, a: 1, h: 0 c: 1$`,
		`^info: tcp: 127\.0\.0\.1\.\d+ 127\.0\.0\.1\.1080 <-> 127\.0\.0\.1\.\d+ 127\.0\.0\.9\.80: age: \ds, idle: \ds, ` +
			`bytes transferred: 0 \(\+ 0 buffered \(0 \+ 0 \+ 0\)\) <-> 1600 \(\+ 0 buffered \(0 \+ 0 \+ 0\)\)$`,
	} {
		if !slices.ContainsFunc(lines, regexp.MustCompile(form).MatchString) {
			t.Errorf("no line like %s in\n%s", form, strings.Join(lines, "\n"))
		}
	}
}

// TestFull: clients beyond the limit of open files wait, and wait for as long as it takes; waiting costs nothing, and the
// log says so once.
func TestFull(t *testing.T) {
	c := sandbox.One[crowd](t, roleFull, ours(t), struct{}{})
	t.Logf("%d sessions at a time, %d clients waited, processor time of the server meanwhile %v in %v", c.Sessions, c.Waiting, c.CPU, c.Lasted)
	if c.Sessions < 16 || c.Early > 0 || c.Served != c.Waiting {
		t.Errorf("%+v", c)
	}
	if c.CPU > c.Lasted/20 {
		t.Errorf("with all places taken the server worked %v of %v", c.CPU, c.Lasted)
	}
	warnings := 0
	for _, line := range messages(c.Log) {
		if strings.Contains(line, "have to wait") {
			warnings++
			if !strings.HasPrefix(line, "warning: ") || !strings.Contains(line, fmt.Sprintf("there are %d sessions, as many as the limit of open files allows", c.Sessions)) {
				t.Error(line)
			}
		}
	}
	if warnings != 1 {
		t.Errorf("the log says so %d times:\n%s", warnings, strings.Join(c.Log, "\n"))
	}
}

// messages are lines from their level on.
func messages(lines []string) []string {
	var all []string
	for _, line := range lines {
		if _, text, ok := strings.Cut(line, "]: "); ok {
			all = append(all, text)
		}
	}
	return all
}
