package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/privsep"
)

// The hash is of "secret".
const etcShadow = "bob:$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1:19000:0:99999:7:::\n" +
	"locked:!:19000:0:99999:7:::\n"

// TestHelper asks the real program, with other users in /etc.
func TestHelper(t *testing.T) {
	if os.Getenv("AUTH_TEST_INSIDE") == "" {
		if os.Geteuid() != 0 {
			t.Skip("replacing /etc/shadow, for this test only, and starting the helper as another user need root")
		}
		inside(t, map[string]string{
			"passwd":        "root:x:0:0::/:/bin/sh\nbob:x:1001:2001::/:/bin/sh\n",
			"group":         "root:x:0:\nbobs:x:2001:\n",
			"shadow":        etcShadow,
			"nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\n",
		})
		return
	}
	ctx := t.Context()
	c, process := start(t, privsep.User{})
	for _, v := range []struct {
		user, password string
		want           auth.Failure
		detail         string
	}{
		{"bob", "secret", auth.NoFailure, ""},
		{"bob", "Secret", auth.WrongPassword, ""},
		{"locked", "", auth.WrongPassword, ""},
		{"zed", "secret", auth.NoRecord, "no system error"},
	} {
		if why, detail := c.Verify(ctx, v.user, []byte(v.password)); why != v.want || detail != v.detail {
			t.Errorf("%s: failure %d, %q", v.user, why, detail)
		}
	}
	if m, err := c.InGroup(ctx, "bob", "bobs"); !m.Is() || err != nil {
		t.Errorf("bob in bobs: %v %v", m, err)
	}
	if m, err := c.InGroup(ctx, "bob", "nosuchgroup"); m != auth.NoSuchGroup || err != nil {
		t.Errorf("bob in nosuchgroup: %v %v", m, err)
	}
	if yes, err := c.UserExists(ctx, "bob"); !yes || err != nil {
		t.Errorf("bob exists: %v %v", yes, err)
	}

	status, err := os.ReadFile("/proc/" + strconv.Itoa(process.Pid) + "/status")
	if err != nil || !bytes.Contains(status, []byte("\nNoNewPrivs:\t1\n")) || !bytes.Contains(status, []byte("\nGroups:\t \n")) {
		t.Errorf("%v\n%s", err, status)
	}
	process.Signal(syscall.SIGTERM) // is none of its business
	if why, _ := c.Verify(ctx, "bob", []byte("secret")); why != auth.NoFailure {
		t.Errorf("after SIGTERM: failure %d", why)
	}
	c.Close()
	if state, err := process.Wait(); err != nil || !state.Success() {
		t.Errorf("ended with %v, %v", state, err)
	}

	c, _ = start(t, privsep.User{UID: 13, GID: 13})
	if why, detail := c.Verify(ctx, "bob", []byte("secret")); why != auth.NoRecord || detail != "Permission denied" {
		t.Errorf("a user who may not read the database: failure %d, %q", why, detail)
	}
}

// start starts the program as the user, and gives a client of it.
func start(t *testing.T, user privsep.User) (*privsep.AuthClient, *os.Process) {
	t.Helper()
	ours, its, err := privsep.NewPair()
	if err != nil {
		t.Fatal(err)
	}
	defer its.Close()
	process, err := privsep.Start(privsep.Program{Name: "rustsocks-auth", User: user, Stderr: os.Stderr}, its)
	if err != nil {
		t.Fatal(err)
	}
	c := privsep.NewAuthClient(9, time.Minute, nil)
	if err := c.Attach(privsep.Auth{File: ours}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(); process.Wait() })
	return c, process
}

// inside runs the calling test again with these files in /etc, from a folder that has the program too.
func inside(t *testing.T, files map[string]string) {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "rustsocks-auth")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", filepath.Join(dir, "rustsocks-auth"), ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	script := "set -e\ncp \"$0\" " + dir + "/test\n"
	for name, text := range files {
		path := filepath.Join(dir, name)
		mode := os.FileMode(0o644)
		if name == "shadow" {
			mode = 0o600
		}
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		script += "mount --bind " + path + " /etc/" + name + "\n"
	}
	cmd := exec.Command("/bin/sh", "-c", script+"exec "+dir+`/test "$@"`, os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "AUTH_TEST_INSIDE=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, out)
	}
}
