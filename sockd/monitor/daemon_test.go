package monitor

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// patience is how long anything may take before a test gives up.
const patience = 20 * time.Second

// prefix is what each line of the log begins with.
var prefix = regexp.MustCompile(`^[A-Z][a-z]{2} [ 0-9]\d \d\d:\d\d:\d\d \(\d+\.\d{6}\) (?:danted|sockd)\[\d+\]: `)

// programs gives a folder that everybody can reach with all programs of the daemon in it.
func programs(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "monitor")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(own)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(filepath.Join(dir, "danted"), os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{workerProgram, helperProgram, "sockd"} {
		if err := os.Symlink("danted", filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// server is a daemon under test.
type server struct {
	t       *testing.T
	dir     string
	cmd     *exec.Cmd
	addr    netip.AddrPort
	exited  chan struct{}
	mu      sync.Mutex
	changed *sync.Cond
	lines   []string // of standard error, without prefix
	read    int      // how many of them expect has gone past
	done    bool
}

// freeAddr gives an address nobody listens on.
func freeAddr(t *testing.T) netip.AddrPort {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// newServer prepares a daemon with the configuration; ADDR in it is an address of its own, DIR its folder.
func newServer(t *testing.T, config string, args ...string) *server {
	t.Helper()
	s := &server{t: t, dir: programs(t), addr: freeAddr(t), exited: make(chan struct{})}
	s.changed = sync.NewCond(&s.mu)
	s.configure(config)
	s.cmd = exec.Command(s.path("danted"), append([]string{"-f", s.path("conf"), "-p", s.path("pid")}, args...)...)
	s.cmd.Dir = s.dir
	s.cmd.Env = []string{"PATH=/usr/bin:/bin", "GORACE=atexit_sleep_ms=0"}
	return s
}

func (s *server) path(name string) string { return filepath.Join(s.dir, name) }

func (s *server) configure(config string) {
	s.t.Helper()
	text := strings.NewReplacer("ADDR", s.addr.String(), "DIR", s.dir).Replace(config)
	if err := os.WriteFile(s.path("conf.new"), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Rename(s.path("conf.new"), s.path("conf")); err != nil {
		s.t.Fatal(err)
	}
}

// start starts the daemon and ends it, and whatever it left, with the test.
func (s *server) start() *server {
	s.t.Helper()
	out, err := s.cmd.StderrPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() {
		in := bufio.NewScanner(out)
		for in.Scan() {
			s.mu.Lock()
			s.lines = append(s.lines, prefix.ReplaceAllString(in.Text(), ""))
			s.changed.Broadcast()
			s.mu.Unlock()
		}
		s.cmd.Wait()
		s.mu.Lock()
		s.done = true
		s.changed.Broadcast()
		s.mu.Unlock()
		close(s.exited)
	}()
	s.t.Cleanup(func() {
		s.cmd.Process.Kill()
		<-s.exited
		if s.t.Failed() {
			s.t.Logf("standard error:\n%s", strings.Join(s.lines, "\n"))
		}
	})
	return s
}

// serving starts the daemon and waits until it serves.
func serving(t *testing.T, config string, args ...string) *server {
	t.Helper()
	s := newServer(t, config, args...).start()
	s.expect("info: Dante/server[1/1] v1.4.2 running")
	return s
}

// expect waits for a line, after those expected before, and gives it.
func (s *server) expect(pattern string) string {
	s.t.Helper()
	// <N> stands for a number and … for anything; all else is literal.
	re := regexp.MustCompile("^" + strings.NewReplacer(`…`, `.*`, `<N>`, `\d+`).Replace(regexp.QuoteMeta(pattern)) + "$")
	timer := time.AfterFunc(patience, func() { s.mu.Lock(); s.changed.Broadcast(); s.mu.Unlock() })
	defer timer.Stop()
	deadline := time.Now().Add(patience)
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		for i := s.read; i < len(s.lines); i++ {
			if re.MatchString(s.lines[i]) {
				s.read = i + 1
				return s.lines[i]
			}
		}
		if s.done || !time.Now().Before(deadline) {
			s.t.Fatalf("the line %q did not come; after those seen before:\n%s", pattern, strings.Join(s.lines[min(s.read, len(s.lines)):], "\n"))
		}
		s.changed.Wait()
	}
}

// hasLogged tells whether a line with the text came so far.
func (s *server) hasLogged(text string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Contains(strings.Join(s.lines, "\n"), text)
}

func (s *server) signal(sig syscall.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// exit waits for the end of the daemon and its children, and checks the status.
func (s *server) exit(status int) {
	s.t.Helper()
	select {
	case <-s.exited:
	case <-time.After(patience):
		s.t.Fatal("the daemon does not exit")
	}
	if got := s.cmd.ProcessState.ExitCode(); got != status {
		s.t.Errorf("exit status %d, want %d", got, status)
	}
	s.noProcess()
}

// noProcess waits until nothing runs any more from the daemon's folder.
func (s *server) noProcess() {
	s.t.Helper()
	await(s.t, "the end of all processes", func() bool { return len(s.processes("")) == 0 })
}

// processes gives the pids of the daemon's programs, those of one name if there is one.
func (s *server) processes(name string) (pids []int) {
	entries, _ := os.ReadDir("/proc")
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		exe, _ := os.Readlink("/proc/" + e.Name() + "/exe")
		command, _ := os.ReadFile("/proc/" + e.Name() + "/cmdline")
		argv0, _, _ := strings.Cut(string(command), "\x00")
		if strings.HasPrefix(exe, s.dir+"/") && (name == "" || filepath.Base(argv0) == name) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// await waits for a condition nothing announces.
func await(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		<-tick.C
	}
}

// session is a client of the fake worker.
type session struct {
	t          *testing.T
	conn       net.Conn
	in         *bufio.Scanner
	generation int
	pid        int
}

// connect connects to an address and takes the fake worker's greeting.
func connect(t *testing.T, addr netip.AddrPort) *session {
	t.Helper()
	conn, err := net.Dial("tcp", addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	c := &session{t: t, conn: conn, in: bufio.NewScanner(conn)}
	greeting := c.line()
	if _, err := fmt.Sscanf(greeting, "generation %d pid %d", &c.generation, &c.pid); err != nil {
		t.Fatalf("greeting %q", greeting)
	}
	return c
}

func (c *session) line() string {
	c.t.Helper()
	c.conn.SetReadDeadline(time.Now().Add(patience))
	if !c.in.Scan() {
		c.t.Fatalf("the session ended: %v", c.in.Err())
	}
	return c.in.Text()
}

func (c *session) send(line string) {
	c.t.Helper()
	if _, err := fmt.Fprintln(c.conn, line); err != nil {
		c.t.Fatal(err)
	}
}

// ended waits until the session is closed from the other side.
func (c *session) ended() {
	c.t.Helper()
	c.conn.SetReadDeadline(time.Now().Add(patience))
	for c.in.Scan() {
	}
	if err, ok := c.in.Err().(net.Error); ok && err.Timeout() {
		c.t.Fatal("the session does not end")
	}
}

// refused tells whether nobody listens on the address.
func refused(addr netip.AddrPort) bool {
	conn, err := net.Dial("tcp", addr.String())
	if err == nil {
		conn.Close()
	}
	return err != nil
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// serviceManager is where a daemon's notifications go.
type serviceManager struct {
	t        *testing.T
	conn     *net.UnixConn
	messages []string
}

func manage(s *server) *serviceManager {
	s.t.Helper()
	path := s.path("notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	s.cmd.Env = append(s.cmd.Env, "NOTIFY_SOCKET="+path)
	return &serviceManager{t: s.t, conn: conn}
}

// expect waits for a notification that has the line.
func (n *serviceManager) expect(line string) string {
	n.t.Helper()
	b := make([]byte, 4096)
	n.conn.SetReadDeadline(time.Now().Add(patience))
	for {
		k, err := n.conn.Read(b)
		if err != nil {
			n.t.Fatalf("no notification %s: %v; there were %q", line, err, n.messages)
		}
		m := string(b[:k])
		n.messages = append(n.messages, m)
		for l := range strings.Lines(m) {
			if strings.TrimSpace(l) == line {
				return m
			}
		}
	}
}

// as has the daemon run as another user.
func (s *server) as(uid, gid uint32) *server {
	if os.Geteuid() != 0 {
		s.t.Skip("starting the daemon as another user needs root")
	}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	return s
}

const (
	hup  = unix.SIGHUP
	term = unix.SIGTERM
	usr1 = unix.SIGUSR1
	kill = unix.SIGKILL
)
