package sandbox

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMain is also the main of the child that the tests start.
func TestMain(m *testing.M) {
	if text, ok := os.LookupEnv("SANDBOX_TEST_PROFILE"); ok {
		child(text)
	}
	os.Exit(m.Run())
}

// found is what the child sees after Enter.
type found struct {
	Error    string
	Threads  []map[string]string // the lines of /proc/self/task/*/status
	Files    unix.Rlimit
	Core     unix.Rlimit
	Dumpable int
	ReadsMem bool // a process of the same user can read its memory
}

func child(text string) {
	// Threads there are at that time, and threads that are started later, must all be in.
	release := manyThreads(8)
	var p Profile
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		panic(err)
	}
	var f found
	if err := Enter(p); err != nil {
		f.Error = err.Error()
	}
	releaseLate := manyThreads(16)
	tasks, _ := filepath.Glob("/proc/self/task/*/status")
	for _, name := range tasks {
		b, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		lines := map[string]string{}
		for l := range strings.Lines(string(b)) {
			k, v, _ := strings.Cut(l, ":")
			lines[k] = strings.TrimSpace(v)
		}
		f.Threads = append(f.Threads, lines)
	}
	unix.Getrlimit(unix.RLIMIT_NOFILE, &f.Files)
	unix.Getrlimit(unix.RLIMIT_CORE, &f.Core)
	f.Dumpable, _ = unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0)
	release()
	releaseLate()
	json.NewEncoder(os.Stdout).Encode(f)
	os.Exit(0)
}

// manyThreads keeps n goroutines on a thread each.
func manyThreads(n int) (release func()) {
	stop, up := make(chan struct{}), make(chan struct{})
	for range n {
		go func() {
			runtime.LockOSThread()
			up <- struct{}{}
			<-stop
		}()
	}
	for range n {
		<-up
	}
	return func() { close(stop) }
}

// enter runs Enter in a child that is started with the attributes.
func enter(t *testing.T, p Profile, attr *syscall.SysProcAttr) found {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "sandbox")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "child")
	if err := os.WriteFile(program, b, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = []string{"SANDBOX_TEST_PROFILE=" + string(text)}
	cmd.Stderr = os.Stderr
	cmd.Dir = "/"
	cmd.SysProcAttr = attr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var f found
	if err := json.Unmarshal(out, &f); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	if strings.Contains(f.Error, "no_new_privs is not in force in /proc") {
		t.Skip("this test binary links C code (it was built for the race detector), so no_new_privs cannot be set late")
	}
	return f
}

func as(uid, gid uint32, groups ...uint32) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid, Groups: groups}}
}

func self() Profile {
	return Profile{UID: uint32(os.Getuid()), GID: uint32(os.Getgid()), AnyGroups: true}
}

func TestEnter(t *testing.T) {
	p := self()
	p.ManyDescriptors = true
	f := enter(t, p, nil)
	if f.Error != "" {
		t.Fatal(f.Error)
	}
	if len(f.Threads) < 24 {
		t.Errorf("only %d threads were seen", len(f.Threads))
	}
	for _, th := range f.Threads {
		if th["NoNewPrivs"] != "1" {
			t.Errorf("thread %s: NoNewPrivs %s", th["Pid"], th["NoNewPrivs"])
		}
		if os.Getuid() == 0 && strings.Trim(th["CapBnd"], "0") != "" {
			t.Errorf("thread %s: CapBnd %s", th["Pid"], th["CapBnd"])
		}
	}
	if f.Files.Cur != f.Files.Max || f.Core != (unix.Rlimit{}) || f.Dumpable != 0 {
		t.Errorf("files %v, core %v, dumpable %d", f.Files, f.Core, f.Dumpable)
	}
}

func TestEnterUnprivileged(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("switching users needs root")
	}
	f := enter(t, Profile{UID: 65533, GID: 65532}, as(65533, 65532))
	if f.Error != "" {
		t.Fatal(f.Error)
	}
	for _, th := range f.Threads {
		if th["NoNewPrivs"] != "1" || strings.Trim(th["CapEff"]+th["CapPrm"]+th["CapInh"]+th["CapAmb"], "0") != "" ||
			th["Uid"] != "65533\t65533\t65533\t65533" || th["Gid"] != "65532\t65532\t65532\t65532" || th["Groups"] != "" {
			t.Errorf("thread %s: %v", th["Pid"], th)
		}
	}
}

// TestRefusesToRun starts children that are not what they were meant to be.
func TestRefusesToRun(t *testing.T) {
	other := self()
	other.UID++
	if f := enter(t, other, nil); !strings.HasPrefix(f.Error, "user ids "+strconv.Itoa(os.Getuid())) {
		t.Errorf("another user: %q", f.Error)
	}
	other = self()
	other.GID++
	if f := enter(t, other, nil); !strings.HasPrefix(f.Error, "group ids ") {
		t.Errorf("another group: %q", f.Error)
	}
	if os.Getuid() != 0 {
		t.Skip("the rest needs root, to switch users")
	}
	groups := as(65533, 65532, 42)
	if f := enter(t, Profile{UID: 65533, GID: 65532}, groups); f.Error != "supplementary groups [42] where there should be none" {
		t.Errorf("groups: %q", f.Error)
	}
	if f := enter(t, Profile{UID: 65533, GID: 65532, AnyGroups: true}, groups); f.Error != "" {
		t.Errorf("groups that are allowed: %q", f.Error)
	}
	primary := as(65533, 65532, 65532)
	if f := enter(t, Profile{UID: 65533, GID: 65532}, primary); f.Error != "" {
		t.Errorf("the primary group as a supplementary one: %q", f.Error)
	}
}

// TestAmbientCapabilities has a service manager that gave the monitor a capability, which its children inherit.
func TestAmbientCapabilities(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("giving another user a capability needs root")
	}
	f := enter(t, Profile{UID: 65533, GID: 65532}, &syscall.SysProcAttr{
		Credential:  &syscall.Credential{Uid: 65533, Gid: 65532},
		AmbientCaps: []uintptr{unix.CAP_NET_BIND_SERVICE},
	})
	if f.Error != "" {
		t.Fatal(f.Error)
	}
	for _, th := range f.Threads {
		if strings.Trim(th["CapEff"]+th["CapPrm"]+th["CapInh"]+th["CapAmb"], "0") != "" {
			t.Errorf("thread %s: %v", th["Pid"], th)
		}
	}
}
