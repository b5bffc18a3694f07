package monitor

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const simple = "internal ADDR\nlog stderr\n"

func TestServes(t *testing.T) {
	s := newServer(t, simple)
	manager := manage(s)
	s.start()
	s.expect("info: Dante/server[1/1] v1.4.2 running")
	if got := readFile(t, s.path("pid")); got != strconv.Itoa(s.cmd.Process.Pid)+"\n" {
		t.Errorf("pid file %q", got)
	}
	if got := manager.expect("READY=1"); !strings.Contains(got, "STATUS=serving on "+s.addr.String()) {
		t.Errorf("notified %q", got)
	}
	connect(t, s.addr).conn.Close()
	if n := len(s.processes(helperProgram)); n != 0 {
		t.Errorf("%d auth helpers although nobody can log in", n)
	}
	s.signal(term)
	s.expect("info: sigterm(): exiting on signal 15")
	s.expect("alert: mother[1/1]: shutting down")
	manager.expect("STOPPING=1")
	s.exit(0)
	if got := readFile(t, s.path("pid")); got != "" {
		t.Errorf("pid file %q after the end", got)
	}
	if !refused(s.addr) {
		t.Error("somebody still listens")
	}
}

func TestOtherSignalsStopToo(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT} {
		s := serving(t, simple)
		s.signal(sig)
		s.expect(fmt.Sprintf("info: sigterm(): exiting on signal %d", int(sig)))
		s.expect("alert: mother[1/1]: shutting down")
		s.exit(0)
	}
}

func TestOldPidFileIsReplaced(t *testing.T) {
	s := newServer(t, simple)
	if err := os.WriteFile(s.path("pid"), []byte("1234567890123\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.start()
	s.expect("info: Dante/server[1/1] v1.4.2 running")
	if got := readFile(t, s.path("pid")); got != strconv.Itoa(s.cmd.Process.Pid)+"\n" {
		t.Errorf("pid file %q", got)
	}
}

func TestPidFileCannotBeWritten(t *testing.T) {
	s := newServer(t, simple)
	s.cmd.Args = []string{s.cmd.Args[0], "-f", s.path("conf"), "-p", s.path("no/pid")}
	s.start()
	s.expect("warning: could not open pidfile " + s.path("no/pid") + " for writing: No such file or directory")
	s.expect("info: Dante/server[1/1] v1.4.2 running")
}

func TestServersFlag(t *testing.T) {
	s := newServer(t, simple, "-N", "3").start()
	s.expect("notice: -N 3: one worker process does the job, no more are started")
	s.expect("info: Dante/server[1/1] v1.4.2 running")
}

// TestStartFails has all reasons for which there is nothing to run.
func TestStartFails(t *testing.T) {
	for name, c := range map[string]struct {
		config string
		change func(*server)
		want   []string
	}{
		"no file": {simple, func(s *server) { os.Remove(s.path("conf")) }, []string{
			"error: parseconfig(): could not open config file …/conf",
		}},
		"empty file": {"", nil, []string{"error: parseconfig(): config file …/conf is empty.  Not parsing"}},
		"a folder": {simple, func(s *server) { os.Remove(s.path("conf")); os.Mkdir(s.path("conf"), 0o755) }, []string{
			"error: parseconfig(): could not read config file …/conf: Is a directory",
		}},
		"errors in the file": {simple + "error one\nwarning two\nerror three\n", nil, []string{
			"error: …/conf: one", "warning: …/conf: two", "error: …/conf: three",
		}},
		"address in use": {simple, func(s *server) {
			l, err := net.Listen("tcp", s.addr.String())
			if err != nil {
				s.t.Fatal(err)
			}
			s.t.Cleanup(func() { l.Close() })
		}, []string{
			"warning: bindinternal(): bind of address 127.0.0.1.<N> (address #1/1) for server to listen on failed: Address already in use",
			"error: serverinit(): failed to bind internal addresses: Address already in use",
		}},
		"second address not ours": {simple + "internal 192.0.2.1:1080\n", nil, []string{
			"warning: bindinternal(): bind of address 192.0.2.1.1080 (address #2/2) for server to listen on failed: Cannot assign requested address",
			"error: serverinit(): failed to bind internal addresses: Cannot assign requested address",
		}},
		"no worker": {simple, func(s *server) { os.Remove(s.path(workerProgram)) }, []string{
			"error: no program rustsocks-worker in …",
		}},
		"worker refuses":     {simple + "worker-refuses\n", nil, []string{"error: the worker refuses the configuration: as it was told"}},
		"worker differs":     {simple + "worker-differs\n", nil, []string{"error: the worker understands the configuration differently: …"}},
		"worker dies":        {simple + "worker-crashes\n", nil, []string{"warning: sigchld(): worker <N> exited unexpectedly: exit status 7", "error: worker <N>: exit status 7"}},
		"log is only a file": {"internal ADDR\nlog DIR/log\nworker-refuses\n", nil, []string{"error: the worker refuses the configuration: as it was told"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, c.config)
			if c.change != nil {
				c.change(s)
			}
			s.start()
			for _, line := range c.want {
				s.expect(line)
			}
			toFile := strings.Contains(c.config, "DIR/log")
			if !toFile {
				s.expect("alert: mother[1/1]: shutting down")
			}
			s.exit(1)
			if toFile && !strings.Contains(readFile(t, s.path("log")), "alert: mother[1/1]: shutting down") {
				t.Errorf("the log has %q", readFile(t, s.path("log")))
			}
			if b, err := os.ReadFile(s.path("pid")); len(b) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("pid file %q, %v", b, err)
			}
			if s.hasLogged("running") {
				t.Error("it says that it runs")
			}
		})
	}
}

// TestStoppedWhileStarting has a worker that never answers.
func TestStoppedWhileStarting(t *testing.T) {
	s := newServer(t, simple+"worker-hangs\n").start()
	await(t, "the worker", func() bool { return len(s.processes(workerProgram)) == 1 })
	s.signal(term)
	s.expect("info: sigterm(): exiting on signal 15")
	s.expect("alert: mother[1/1]: shutting down")
	s.exit(0)
}

// TestDrain has a session that is allowed to end by itself.
func TestDrain(t *testing.T) {
	s := serving(t, simple)
	c := connect(t, s.addr)
	s.signal(term)
	s.expect("info: sigterm(): exiting on signal 15")
	await(t, "the end of listening", func() bool { return refused(s.addr) })
	c.send("log still here")
	s.expect("info: still here")
	if c.line() != "logged" {
		t.Error("the session is gone")
	}
	c.conn.Close()
	s.expect("alert: mother[1/1]: shutting down")
	s.exit(0)
}

// TestStopTwice ends the sessions at once.
func TestStopTwice(t *testing.T) {
	s := serving(t, simple)
	c := connect(t, s.addr)
	s.signal(term)
	s.expect("info: sigterm(): exiting on signal 15")
	s.signal(term)
	c.ended()
	s.expect("alert: mother[1/1]: shutting down")
	s.exit(0)
}

// TestKilledMonitor leaves nobody behind.
func TestKilledMonitor(t *testing.T) {
	s := serving(t, simple+"auth\n")
	c := connect(t, s.addr)
	await(t, "all processes", func() bool { return len(s.processes("")) == 4 })
	s.signal(kill)
	c.ended()
	s.exit(-1)
}

// TestWorkerDies has a listener that never refuses while one worker after the other is killed.
func TestWorkerDies(t *testing.T) {
	s := serving(t, simple+"auth\n")
	c := connect(t, s.addr)
	for range 3 {
		pid := c.pid
		c.send("die")
		s.expect(fmt.Sprintf("warning: sigchld(): worker %d exited unexpectedly: exit status 5", pid))
		c = connect(t, s.addr) // waits in the backlog
		if c.pid == pid {
			t.Errorf("the same process %d", pid)
		}
		c.send("login bob")
		if got := c.line(); got != "0 " {
			t.Errorf("login: %q", got)
		}
	}
	s.signal(term)
	c.conn.Close()
	s.exit(0)
}

// TestWorkerTakenOver has one that sends what no worker sends: it is ended.
func TestWorkerTakenOver(t *testing.T) {
	s := serving(t, simple)
	c := connect(t, s.addr)
	c.send("nonsense")
	s.expect(fmt.Sprintf("warning: worker %d: not a message of version 1.  Ending it", c.pid))
	s.expect(fmt.Sprintf("warning: sigchld(): worker %d exited unexpectedly: signal: killed", c.pid))
	if again := connect(t, s.addr); again.pid == c.pid {
		t.Error("it is still there")
	}
}

// TestHelpers has auth helpers that crash and hang: that costs one login each.
func TestHelpers(t *testing.T) {
	s := serving(t, simple+"auth\n")
	c := connect(t, s.addr)
	login := func(user string) string {
		c.send("login " + user)
		return c.line()
	}
	if got := login("bob"); got != "0 " {
		t.Errorf("bob: %q", got)
	}
	if got := login("crash"); got != "3 the authentication helper has gone away" {
		t.Errorf("crash: %q", got)
	}
	s.expect("warning: sigchld(): auth-helper <N> exited unexpectedly: exit status 9")
	if got := login("bob"); got != "0 " {
		t.Errorf("bob after a crash: %q", got)
	}
	if got := login("hang"); got != "3 no answer from the authentication helper in time" {
		t.Errorf("hang: %q", got)
	}
	s.expect("warning: auth-helper <N> did not answer in time.  Ending it")
	s.expect("warning: sigchld(): auth-helper <N> exited unexpectedly: signal: killed")
	if got := login("bob"); got != "0 " {
		t.Errorf("bob after a hang: %q", got)
	}
	await(t, "two helpers", func() bool { return len(s.processes(helperProgram)) == 2 })
}

func TestNoHelperProgram(t *testing.T) {
	s := newServer(t, simple+"auth\n")
	os.Remove(s.path(helperProgram))
	s.start()
	s.expect("error: passwords and groups cannot be checked: no program rustsocks-auth in …")
	s.expect("info: Dante/server[1/1] v1.4.2 running")
	c := connect(t, s.addr)
	c.send("login bob")
	if got := c.line(); got != "3 no answer from the authentication helper in time" {
		t.Errorf("got %q", got)
	}
}

func TestStatus(t *testing.T) {
	s := serving(t, simple)
	connect(t, s.addr)
	s.signal(usr1)
	s.expect("info: Dante v1.4.2 up 0 days, 0:00, a: 1, h: 0 c: 1")
	s.expect("info: the worker's own status")
	c := connect(t, s.addr)
	c.send("die")
	s.expect("warning: sigchld(): worker <N> exited unexpectedly: exit status 5")
	connect(t, s.addr)
	await(t, "the new worker's counts", func() bool {
		s.signal(usr1)
		return !strings.HasSuffix(s.expect("info: Dante v1.4.2 up 0 days, 0:00, …"), " c: 0")
	})
	s.expect("info: the worker's own status")
}

func TestStatusLine(t *testing.T) {
	for up, want := range map[time.Duration]string{
		0: "up 0 days, 0:00,", 59*time.Minute + 59*time.Second: "up 0 days, 0:59,",
		25*time.Hour + time.Minute: "up 1 day, 1:01,", 48 * time.Hour: "up 2 days, 0:00,",
	} {
		if got := statusLine(up, 3, 2, 1); !strings.Contains(got, want) || !strings.HasSuffix(got, ", a: 3, h: 2 c: 1") {
			t.Errorf("%v: got %q", up, got)
		}
	}
}

func TestBackoff(t *testing.T) {
	var b backoff
	var got []time.Duration
	for range 10 {
		got = append(got, b.next(time.Second)/time.Millisecond)
	}
	if s := fmt.Sprintf("%d", got); s != "[0 100 200 400 800 1600 3200 6400 10000 10000]" {
		t.Errorf("delays %s", s)
	}
	if d := b.next(2 * time.Minute); d != 0 {
		t.Errorf("after a long life: %v", d)
	}
}

// TestWatchdog is fed as long as the worker shows progress.
func TestWatchdog(t *testing.T) {
	s := newServer(t, simple)
	manager := manage(s)
	s.cmd.Env = append(s.cmd.Env, "WATCHDOG_USEC=100000")
	s.start()
	manager.expect("READY=1")
	manager.expect("WATCHDOG=1")
	manager.expect("WATCHDOG=1")
}

// TestLogFile has a file that the server creates, and one it cannot.
func TestLogFile(t *testing.T) {
	s := newServer(t, "internal ADDR\nlog DIR/log\nlog stderr\nlog DIR/no/log\nerrorlog DIR/errors\nprivileged proxy 13 13\nwarning careful\n")
	if os.Geteuid() != 0 {
		s.configure("internal ADDR\nlog DIR/log\nlog stderr\nlog DIR/no/log\nerrorlog DIR/errors\nwarning careful\n")
		t.Log("that created files get an owner is not looked at: needs root")
	}
	s.start()
	s.expect(`warning: openlogfile(): could not open or create logfile "` + s.path("no/log") + `" for writing: No such file or directory`)
	s.expect(`alert: configparsing(): could not (re)open logfile "` + s.path("no/log") + `": No such file or directory  `)
	s.expect("info: Dante/server[1/1] v1.4.2 running")
	connect(t, s.addr).send("log hello from the worker")
	s.expect("info: hello from the worker")
	for _, text := range []string{"warning: " + s.path("conf") + ": careful\n", "info: Dante/server[1/1] v1.4.2 running\n", "info: hello from the worker\n"} {
		if got := readFile(t, s.path("log")); !strings.Contains(got, text) {
			t.Errorf("the log lacks %q: %s", text, got)
		}
	}
	if got := readFile(t, s.path("errors")); !strings.Contains(got, ": careful\n") || strings.Contains(got, "running") {
		t.Errorf("the errorlog has %s", got)
	}
	info, err := os.Stat(s.path("log"))
	if err != nil || info.Mode() != 0o640 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if st := info.Sys().(*syscall.Stat_t); os.Geteuid() == 0 && (st.Uid != 13 || st.Gid != 13) {
		t.Errorf("the log belongs to %d, %d", st.Uid, st.Gid)
	}
}

// TestOnlyLogFails has no device that works: standard error takes its place.
func TestOnlyLogFails(t *testing.T) {
	s := newServer(t, "internal ADDR\nlog DIR/no/log\n").start()
	s.expect("alert: configparsing(): could not (re)open logfile …")
	s.expect("info: Dante/server[1/1] v1.4.2 running")
}

func TestUsers(t *testing.T) {
	s := newServer(t, simple+"auth\nprivileged somebody 1111 2222\nunprivileged nobody 65534 65533\n")
	if os.Geteuid() != 0 {
		t.Skip("starting children as other users needs root")
	}
	s.start()
	s.expect("info: Dante/server[1/1] v1.4.2 running")
	await(t, "the helpers", func() bool { return len(s.processes(helperProgram)) == 2 })
	for name, want := range map[string]string{workerProgram: "65534 65533", helperProgram: "1111 2222"} {
		for _, pid := range s.processes(name) {
			status := readFile(t, fmt.Sprintf("/proc/%d/status", pid))
			ids := strings.Fields(want)
			for _, line := range []string{
				"Uid:" + strings.Repeat("\t"+ids[0], 4), "Gid:" + strings.Repeat("\t"+ids[1], 4), "Groups:\t ",
			} {
				if !strings.Contains(status, "\n"+line+"\n") {
					t.Errorf("%s lacks %q:\n%s", name, line, status)
				}
			}
		}
	}
}

// TestWithoutRoot runs everything as the caller.
func TestWithoutRoot(t *testing.T) {
	s := newServer(t, simple+"auth\n").as(13, 13)
	s.start()
	s.expect("warning: could not open pidfile " + s.path("pid") + " for writing: Permission denied")
	s.expect("info: Dante/server[1/1] v1.4.2 running")
	c := connect(t, s.addr)
	c.send("login bob")
	if got := c.line(); got != "0 " {
		t.Errorf("login: %q", got)
	}
	c.conn.Close()
	s.signal(term)
	s.exit(0)
}

func TestVerify(t *testing.T) {
	s := newServer(t, "internal ADDR\nlog DIR/log\n", "-V").start()
	s.exit(0)
	if len(s.lines) > 0 {
		t.Errorf("a good file is met with %q", s.lines)
	}
	s = newServer(t, "internal ADDR\nlog DIR/log\nwarning hm\n", "-V").start()
	s.exit(0)
	s.expect(s.path("conf") + ": warning: hm")
	s = newServer(t, "internal ADDR\nlog DIR/log\nwarning hm\nerror oh\n", "-V").start()
	s.exit(1)
	s.expect(s.path("conf") + ": warning: hm")
	s.expect(s.path("conf") + ": error: oh")
	for _, name := range []string{"log", "pid"} {
		if _, err := os.Stat(s.path(name)); err == nil {
			t.Errorf("-V has made the file %s", name)
		}
	}
	s = newServer(t, "", "-V").start()
	s.exit(1)
	s.expect("error: parseconfig(): config file …/conf is empty.  Not parsing")
	s.expect("alert: mother[1/1]: shutting down")
}

// TestBackground is -D: who started it gets its terminal back once the server serves.
func TestBackground(t *testing.T) {
	s := newServer(t, simple+"log DIR/log\nauth\n", "-D")
	s.start() // reads standard error to its end, which comes only when nobody has it open any more
	select {
	case <-s.exited:
	case <-time.After(patience):
		t.Fatal("somebody keeps standard error open, or does not exit")
	}
	if code := s.cmd.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("exit status %d", code)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(readFile(t, s.path("pid"))))
	if err != nil || pid == s.cmd.Process.Pid {
		t.Fatalf("pid %d, %v", pid, err)
	}
	t.Cleanup(func() { syscall.Kill(pid, syscall.SIGKILL); s.noProcess() })
	connect(t, s.addr).conn.Close()
	for fd := range 3 {
		if link, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", pid, fd)); link != os.DevNull {
			t.Errorf("descriptor %d is %s, %v", fd, link, err)
		}
	}
	if dir, err := os.Readlink(fmt.Sprintf("/proc/%d/cwd", pid)); dir != s.dir {
		t.Errorf("working folder %s, %v", dir, err)
	}
	if sid, err := exec.Command("ps", "-o", "sid=", "-p", strconv.Itoa(pid)).Output(); err == nil && strings.TrimSpace(string(sid)) != strconv.Itoa(pid) {
		t.Errorf("session %s", sid)
	}
	if environ := readFile(t, fmt.Sprintf("/proc/%d/environ", s.processes(workerProgram)[0])); strings.Contains(environ, backgroundVariable) {
		t.Errorf("the worker has the environment %q", environ)
	}
	if got := readFile(t, s.path("log")); !strings.Contains(got, "info: Dante/server[1/1] v1.4.2 running\n") {
		t.Errorf("log: %s", got)
	}
	syscall.Kill(pid, syscall.SIGTERM)
	s.noProcess()
	if got := readFile(t, s.path("log")); !strings.HasSuffix(got, "alert: mother[1/1]: shutting down\n") {
		t.Errorf("log: %s", got)
	}
}

func TestBackgroundFails(t *testing.T) {
	for config, want := range map[string]string{
		simple + "error no\n":                 "error: …/conf: no",
		simple + "worker-refuses\n":           "error: the worker refuses the configuration: as it was told",
		"internal 192.0.2.1:1\nlog DIR/log\n": "error: serverinit(): failed to bind internal addresses: Cannot assign requested address",
	} {
		s := newServer(t, config, "-D").start()
		s.expect(want)
		s.exit(1)
	}
}
