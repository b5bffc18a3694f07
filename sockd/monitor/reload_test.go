package monitor

import (
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"testing"
)

const (
	reloadBegins = "info: SIGHUP [: reloading config"
	reloadEnds   = "info: SIGHUP ]: config reloaded.  Broadcasting to children to do the same"
	reloadFails  = "error: SIGHUP ]: config not reloaded because of the errors above.  Continuing with the configuration in force"
)

func TestReload(t *testing.T) {
	s := newServer(t, simple)
	manager := manage(s)
	s.start()
	manager.expect("READY=1")
	before := connect(t, s.addr)

	other := freeAddr(t)
	s.configure(simple + "internal " + other.String() + "\nrule 2\nwarning careful\n")
	s.signal(hup)
	s.expect(reloadBegins)
	s.expect("warning: …/conf: careful")
	s.expect(reloadEnds)
	if got := manager.expect("RELOADING=1"); !regexp.MustCompile(`(?m)^MONOTONIC_USEC=[1-9]\d+$`).MatchString(got) {
		t.Errorf("notified %q", got)
	}
	if got := manager.expect("READY=1"); !strings.Contains(got, "STATUS=serving on 2 addresses") {
		t.Errorf("notified %q", got)
	}
	for _, addr := range []*session{connect(t, s.addr), connect(t, other)} {
		if addr.generation <= before.generation || addr.pid != before.pid {
			t.Errorf("generation %d after %d, process %d after %d", addr.generation, before.generation, addr.pid, before.pid)
		}
	}

	first := s.addr
	s.addr = other
	s.configure(simple)
	s.signal(hup)
	s.expect(reloadEnds)
	if !refused(first) {
		t.Error("an address that is not configured any more is listened on")
	}
	connect(t, other)
	before.send("log the first session")
	s.expect("info: the first session")
}

// TestReloadFails keeps serving with what was there, whatever is wrong with the file.
func TestReloadFails(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	free := freeAddr(t)
	s := newServer(t, simple)
	manager := manage(s)
	s.start()
	s.expect("info: Dante/server[1/1] v1.4.2 running")
	generation := connect(t, s.addr).generation
	for _, c := range []struct {
		name   string
		config string
		want   []string
	}{
		{"errors", simple + "error one\nwarning two\nerror three\n", []string{"error: …/conf: one", "warning: …/conf: two", "error: …/conf: three"}},
		{"empty", "", []string{"error: parseconfig(): config file …/conf is empty.  Not parsing"}},
		{"worker refuses", simple + "worker-refuses\n", []string{"error: the worker refuses the configuration: as it was told"}},
		{"worker differs", simple + "worker-differs\n", []string{"error: the worker understands the configuration differently: …"}},
		{"too many logs", simple + strings.Repeat("log DIR/log\n", 40), []string{"error: 41 log outputs, more than 32"}},
		{"address in use", fmt.Sprintf("internal %s\n%sinternal %s\n", free, simple, busy.Addr()), []string{
			"warning: bindinternal(): bind of address 127.0.0.1.<N> (address #3/3) for server to listen on failed: Address already in use",
			"error: failed to bind internal addresses: Address already in use",
		}},
	} {
		s.configure(c.config)
		s.signal(hup)
		s.expect(reloadBegins)
		for _, line := range c.want {
			s.expect(line)
		}
		s.expect(reloadFails)
		manager.expect("RELOADING=1")
		if got := manager.expect("READY=1"); !strings.Contains(got, "the last reload failed") {
			t.Errorf("%s: notified %q", c.name, got)
		}
		if got := connect(t, s.addr).generation; got != generation {
			t.Errorf("%s: generation %d", c.name, got)
		}
		if !refused(free) {
			t.Errorf("%s: a listener of it stays", c.name)
		}
	}
	os.Remove(s.path("conf"))
	s.signal(hup)
	s.expect("error: parseconfig(): could not open config file …/conf")
	s.expect(reloadFails)
	connect(t, s.addr)

	s.configure(simple + "rule x\n")
	s.signal(hup)
	s.expect(reloadEnds)
	if got := connect(t, s.addr).generation; got <= generation {
		t.Errorf("generation %d", got)
	}
}

// TestWorkerDiesInReload has a file at which the worker dies: the one started for it serves the old one.
func TestWorkerDiesInReload(t *testing.T) {
	s := serving(t, simple)
	connect(t, s.addr)
	s.configure(simple + "worker-crashes-later\n")
	s.signal(hup)
	s.expect("warning: sigchld(): worker <N> exited unexpectedly: exit status 7")
	s.expect(reloadFails)
	connect(t, s.addr)
	s.configure(simple)
	s.signal(hup)
	s.expect(reloadEnds)
	connect(t, s.addr)
}

// TestWorkerIsAwayInReload reloads while no worker runs.
func TestWorkerIsAwayInReload(t *testing.T) {
	s := serving(t, simple)
	// Two deaths in a row: the third worker has to wait.
	for range 3 {
		c := connect(t, s.addr)
		c.send("die")
		s.expect("warning: sigchld(): worker <N> exited unexpectedly: exit status 5")
	}
	s.configure(simple + "rule 2\n")
	s.signal(hup)
	s.expect(reloadEnds)
	connect(t, s.addr)
	await(t, "one worker", func() bool { return len(s.processes(workerProgram)) == 1 })
}

// TestLogsAreReopened is what log rotation relies on; also when the file is broken.
func TestLogsAreReopened(t *testing.T) {
	const config = "internal ADDR\nlog stderr\nlog DIR/log\n"
	s := serving(t, config)
	c := connect(t, s.addr)
	rotate := func(n int, config, ends string) {
		t.Helper()
		old := s.path(fmt.Sprint("log.", n))
		if err := os.Rename(s.path("log"), old); err != nil {
			t.Fatal(err)
		}
		s.configure(config)
		s.signal(hup)
		s.expect(ends)
		await(t, "the end of the reload in the new log", func() bool { return strings.Contains(readFile(t, s.path("log")), ends) })
		text := fmt.Sprint("after rotation ", n)
		await(t, "the worker's lines in the new log", func() bool {
			c.send("log " + text)
			c.line()
			return strings.Contains(readFile(t, s.path("log")), text)
		})
		if got := readFile(t, old); strings.Contains(got[strings.LastIndex(got, reloadBegins):], ends) {
			t.Errorf("the old log got more lines: %s", got)
		}
	}
	rotate(1, config+"rule 2\n", reloadEnds)
	rotate(2, config+"error x\n", reloadFails)
	rotate(3, config+"worker-refuses\n", reloadFails)
	rotate(4, config, reloadEnds)

	// A file that cannot be opened again is gone on with.
	if err := os.Rename(s.path("log"), s.path("log.5")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(s.path("log"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.signal(hup)
	s.expect(`alert: configparsing(): could not (re)open logfile "…/log": Is a directory.  Will continue using old logfiles`)
	s.expect(reloadEnds)
	c.send("log still the same file")
	c.line()
	await(t, "both lines in the old log", func() bool {
		got := readFile(t, s.path("log.5"))
		return strings.Contains(got, "still the same file") && strings.Contains(got, reloadEnds)
	})
}

// TestUsersStay warns about users that only a restart can change.
func TestUsersStay(t *testing.T) {
	s := newServer(t, simple+"unprivileged a 1111 1111\n")
	if os.Geteuid() != 0 {
		t.Skip("other users need root")
	}
	s.start()
	s.expect("info: Dante/server[1/1] v1.4.2 running")
	s.configure(simple + "unprivileged b 1112 1112\n")
	s.signal(hup)
	s.expect("warning: user.unprivileged cannot be changed by a reload: uid 1111, gid 1111 is kept, restart for uid 1112, gid 1112")
	s.expect(reloadEnds)
	c := connect(t, s.addr)
	c.send("die")
	s.expect("warning: sigchld(): worker <N> exited unexpectedly: exit status 5")
	again := connect(t, s.addr)
	if status := readFile(t, fmt.Sprintf("/proc/%d/status", again.pid)); !strings.Contains(status, "\nUid:\t1111\t1111\t1111\t1111\n") {
		t.Errorf("a new worker is\n%s", status)
	}
}

// TestManyReloads has signals faster than reloads: the last state of the file comes into force.
func TestManyReloads(t *testing.T) {
	s := serving(t, simple)
	for i := range 100 {
		s.configure(simple + fmt.Sprintf("rule %d\n", i))
		s.signal(hup)
		if i%10 == 0 {
			connect(t, s.addr).conn.Close()
		}
	}
	last := freeAddr(t)
	s.configure(simple + "internal " + last.String() + "\n")
	s.signal(hup)
	await(t, "the last configuration", func() bool { return !refused(last) })
	connect(t, last).conn.Close()
	s.signal(term)
	s.exit(0)
}

// TestHelpersStartWithReload has a file that needs passwords checked only after a reload.
func TestHelpersStartWithReload(t *testing.T) {
	s := serving(t, simple)
	if n := len(s.processes(helperProgram)); n != 0 {
		t.Errorf("%d helpers", n)
	}
	s.configure(simple + "auth\n")
	s.signal(hup)
	s.expect(reloadEnds)
	c := connect(t, s.addr)
	c.send("login bob")
	if got := c.line(); got != "0 " {
		t.Errorf("login: %q", got)
	}
}

// TestStopInReload stops the server while a worker thinks about a file.
func TestStopInReload(t *testing.T) {
	s := serving(t, simple)
	s.configure(simple + "worker-hangs\n")
	s.signal(hup)
	s.expect(reloadBegins)
	s.signal(term)
	s.expect("info: sigterm(): exiting on signal 15")
	await(t, "the end, told to stop again and again", func() bool {
		s.cmd.Process.Signal(term)
		return s.hasLogged("alert: mother[1/1]: shutting down")
	})
	s.exit(0)
}
