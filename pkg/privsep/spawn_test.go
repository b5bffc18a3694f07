package privsep

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMain is also the main of the program that TestStart starts.
func TestMain(m *testing.M) {
	if identity, err := ParseIdentity(os.Args[1:]); err == nil {
		child(identity)
	}
	os.Exit(m.Run())
}

// found is what a started program sees of itself.
type found struct {
	Identity Identity
	IDs      []int
	Groups   []int
	Env      []string
	Dir      string
	Links    map[string]string // of descriptors
	OwnGroup bool
}

func child(identity Identity) {
	w, err := OpenWorker()
	if err != nil {
		panic(err)
	}
	f := found{Identity: identity, Env: os.Environ(), Links: map[string]string{}}
	f.IDs = make([]int, 6)
	f.IDs[0], f.IDs[1], f.IDs[2] = unix.Getresuid()
	f.IDs[3], f.IDs[4], f.IDs[5] = unix.Getresgid()
	f.Groups, _ = unix.Getgroups()
	f.Dir, _ = os.Getwd()
	names, _ := os.ReadDir("/proc/self/fd")
	for _, n := range names {
		f.Links[n.Name()], _ = os.Readlink("/proc/self/fd/" + n.Name())
	}
	f.OwnGroup = unix.Getpgrp() == os.Getpid()
	b, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	if _, err := w.Receive(); err != nil {
		panic(err)
	}
	if err := w.Send(Refused{1, string(b)}); err != nil {
		panic(err)
	}
	os.Stderr.WriteString("last words\n")
	_, err = w.Receive()
	if err == io.EOF {
		os.Exit(7)
	}
	os.Exit(8)
}

// reachable gives a copy of the running test in a folder that any user can reach, and runs f with it as the running
// program's own. Start finds programs beside the running one, which for a test is in a closed folder.
func reachable(t *testing.T) (name string) {
	t.Helper()
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "privsep")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	name = "privsep-test-child"
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o755); err != nil {
		t.Fatal(err)
	}
	was := libexecDir
	libexecDir = dir
	t.Cleanup(func() { libexecDir = was })
	return name
}

func start(t *testing.T, user User) (found, *os.Process, *Monitor, *os.File) {
	t.Helper()
	m, far, err := NewMonitor()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	out, stderr, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := Start(Program{Name: reachable(t), User: user, Stderr: stderr}, far)
	far.Close()
	stderr.Close()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Send(Config{Generation: 1}); err != nil {
		t.Fatal(err)
	}
	msg, err := m.Receive()
	if err != nil {
		text, _ := io.ReadAll(out)
		t.Fatalf("%v, its standard error: %s", err, text)
	}
	var f found
	if err := json.Unmarshal([]byte(msg.(Refused).Text), &f); err != nil {
		t.Fatal(err)
	}
	return f, p, m, out
}

func TestStart(t *testing.T) {
	t.Setenv("TZ", "Europe/Oslo")
	t.Setenv("LD_PRELOAD_OF_SOMEBODY", "x")
	// Whoever started us may have left something open.
	if _, err := unix.FcntlInt(tempFile(t, "x").Fd(), unix.F_DUPFD, 100); err != nil {
		t.Fatal(err)
	}
	f, p, m, out := start(t, Self())
	if f.Identity.User != Self() || f.Dir != "/" || !f.OwnGroup {
		t.Errorf("found %+v", f)
	}
	if env := strings.Join(f.Env, " "); env != "PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C TZ=Europe/Oslo" {
		t.Errorf("environment %s", env)
	}
	if f.Links["0"] != os.DevNull || f.Links["1"] != os.DevNull || !strings.HasPrefix(f.Links["2"], "pipe:") {
		t.Errorf("standard streams %v", f.Links)
	}
	sockets := 0
	for fd, link := range f.Links {
		switch {
		case strings.HasPrefix(link, "socket:"):
			sockets++
		case link == "" || strings.HasPrefix(link, "anon_inode:") || strings.HasPrefix(link, "/proc/") || strings.HasPrefix(link, "/sys/"):
			// Opened by the child itself or its runtime.
		case fd != "0" && fd != "1" && fd != "2":
			t.Errorf("descriptor %s, %s, was inherited", fd, link)
		}
	}
	if sockets != 1 {
		t.Errorf("%d sockets of %v", sockets, f.Links)
	}
	// A monitor that is gone is noticed.
	m.Close()
	state, err := p.Wait()
	if err != nil || state.ExitCode() != 7 {
		t.Errorf("the child ended with %v, %v", state, err)
	}
	if text, _ := io.ReadAll(out); !bytes.Equal(text, []byte("last words\n")) {
		t.Errorf("standard error had %q", text)
	}
}

func TestStartAsAnotherUser(t *testing.T) {
	if os.Geteuid() != 0 {
		if _, err := Start(Program{Name: reachable(t), User: User{1, 1}, Stderr: os.Stderr}, os.Stdin); !errors.Is(err, unix.EPERM) {
			t.Errorf("got %v", err)
		}
		t.Skip("switching users needs root")
	}
	f, p, m, _ := start(t, User{65533, 65532})
	want := []int{65533, 65533, 65533, 65532, 65532, 65532}
	for i, id := range want {
		if f.IDs[i] != id {
			t.Errorf("ids %v, want %v", f.IDs, want)
			break
		}
	}
	if len(f.Groups) != 0 || f.Identity != (Identity{User: User{65533, 65532}}) {
		t.Errorf("found %+v", f)
	}
	m.Close()
	p.Wait()
}

func TestStartFails(t *testing.T) {
	if _, err := Start(Program{Name: "no-such-program", User: Self(), Stderr: os.Stderr}, os.Stdin); err == nil {
		t.Error("a program that is not there was started")
	}
	if os.Geteuid() != 0 {
		t.Skip("the rest needs root")
	}
	name := reachable(t)
	if err := os.Chmod(libexecDir, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Start(Program{Name: name, User: User{65533, 65532}, Stderr: os.Stderr}, os.Stdin)
	if !errors.Is(err, unix.EACCES) || !strings.Contains(err.Error(), "must be able to reach") {
		t.Errorf("got %v", err)
	}
}

func TestParseIdentity(t *testing.T) {
	for _, i := range []Identity{{}, {User: User{1, 1<<32 - 1}}, {User: User{65534, 13}, KeepsGroups: true}} {
		if got, err := ParseIdentity(i.args()); err != nil || got != i {
			t.Errorf("%+v became %+v, %v", i, got, err)
		}
	}
	for _, args := range [][]string{nil, {"1", "2"}, {"1", "2", "x"}, {"-1", "2", "no-groups"}, {"1", "", "no-groups"}, {"4294967296", "0", "no-groups"}} {
		if got, err := ParseIdentity(args); !errors.Is(err, ErrNotStarted) {
			t.Errorf("%q became %+v, %v", args, got, err)
		}
	}
}
