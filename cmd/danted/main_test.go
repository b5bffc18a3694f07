package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const patience = 20 * time.Second

// build gives a folder that everybody can reach with the real programs.
func build(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "danted")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for cgo, names := range map[string][]string{"0": {"danted", "rustsocks-worker"}, "1": {"rustsocks-auth"}} {
		args := []string{"build", "-buildvcs=false", "-o", dir + "/"}
		for _, n := range names {
			args = append(args, "../"+n)
		}
		cmd := exec.Command("go", args...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	return dir
}

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

// running gives the processes of the programs in a folder, by name.
func running(dir string) map[string][]int {
	found := map[string][]int{}
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range links {
		if exe, _ := os.Readlink(link); strings.HasPrefix(exe, dir+"/") {
			pid, _ := strconv.Atoi(strings.Split(link, "/")[2])
			name := filepath.Base(exe)
			found[name] = append(found[name], pid)
		}
	}
	return found
}

// serve starts the real danted, and gives what it logs and its address.
func serve(t *testing.T, dir, config string, as *syscall.Credential) (cmd *exec.Cmd, ended chan struct{}, log func() string, addr string) {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	config = fmt.Sprintf("logoutput: %s/log\ninternal: 127.0.0.1 port = %d\nexternal: 127.0.0.1\n", dir, port) + config
	if err := os.WriteFile(dir+"/conf", []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/log", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir+"/log", 0o666); err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(dir+"/danted", "-f", dir+"/conf", "-p", dir+"/pid")
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended = make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() { cmd.Process.Kill(); <-ended })
	log = func() string {
		b, err := os.ReadFile(dir + "/log")
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	await(t, "the start", func() bool {
		select {
		case <-ended:
			t.Fatalf("it does not start; log:\n%s", log())
		default:
		}
		return strings.Contains(log(), "v1.4.2 running\n")
	})
	return cmd, ended, log, fmt.Sprintf("127.0.0.1:%d", port)
}

// greet has the worker choose a method.
func greet(t *testing.T, addr string, method byte) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	answer := make([]byte, 2)
	if _, err := conn.Write([]byte{5, 1, method}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(conn, answer); err != nil || !bytes.Equal(answer, []byte{5, method}) {
		t.Errorf("answer %x, %v", answer, err)
	}
}

func facts(t *testing.T, pid int) map[string]string {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]string{}
	for l := range strings.Lines(string(b)) {
		k, v, _ := strings.Cut(l, ":")
		lines[k] = strings.Join(strings.Fields(v), " ")
	}
	return lines
}

// TestPrivileges looks at the real programs as the kernel sees them.
func TestPrivileges(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("starting programs as other users needs root")
	}
	dir := build(t)
	cmd, ended, log, addr := serve(t, dir, "user.privileged: proxy\nuser.unprivileged: nobody\nsocksmethod: username\nclientmethod: none\n"+
		"client pass { from: 0/0 to: 0/0 }\nsocks pass { from: 0/0 to: 0/0 }\n", nil)
	greet(t, addr, 2)
	processes := running(dir)
	if len(processes["danted"]) != 1 || len(processes["rustsocks-worker"]) != 1 || len(processes["rustsocks-auth"]) != 2 {
		t.Fatalf("processes %v", processes)
	}
	const noCaps = "0000000000000000"
	for name, id := range map[string]string{"rustsocks-worker": "65534", "rustsocks-auth": "13"} {
		for _, pid := range processes[name] {
			f := facts(t, pid)
			ids := strings.Join([]string{id, id, id, id}, " ")
			if f["Uid"] != ids || f["Gid"] != ids || f["Groups"] != "" || f["NoNewPrivs"] != "1" ||
				f["CapEff"] != noCaps || f["CapPrm"] != noCaps || f["CapInh"] != noCaps || f["CapAmb"] != noCaps {
				t.Errorf("%s: %v", name, f)
			}
			limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", pid))
			if err != nil || !bytes.Contains(limits, []byte("Max core file size        0                    0 ")) {
				t.Errorf("%s: %v\n%s", name, err, limits)
			}
			// What cannot be dumped belongs to root in /proc.
			if info, err := os.Stat(fmt.Sprintf("/proc/%d/mem", pid)); err != nil || info.Sys().(*syscall.Stat_t).Uid != 0 {
				t.Errorf("%s: its memory can be read by its user: %v", name, err)
			}
		}
	}

	// A new worker after a kill, the old configuration after a mistake, the new one after none.
	syscall.Kill(processes["rustsocks-worker"][0], syscall.SIGKILL)
	await(t, "a new worker", func() bool {
		w := running(dir)["rustsocks-worker"]
		return len(w) == 1 && w[0] != processes["rustsocks-worker"][0]
	})
	greet(t, addr, 2)
	good, err := os.ReadFile(dir + "/conf")
	if err != nil {
		t.Fatal(err)
	}
	replace := func(text string) {
		if err := os.WriteFile(dir+"/new", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(dir+"/new", dir+"/conf"); err != nil {
			t.Fatal(err)
		}
		cmd.Process.Signal(syscall.SIGHUP)
	}
	replace(string(good) + "nonsense\n")
	await(t, "the refusal", func() bool { return strings.Contains(log(), "error: SIGHUP ]: config not reloaded") })
	greet(t, addr, 2)
	replace(strings.Replace(string(good), "socksmethod: username", "socksmethod: none", 1))
	await(t, "the reload", func() bool { return strings.Contains(log(), "info: SIGHUP ]: config reloaded.") })
	greet(t, addr, 0)

	cmd.Process.Signal(syscall.SIGTERM)
	await(t, "the end of all processes", func() bool { return len(running(dir)) == 0 })
	<-ended
	if code := cmd.ProcessState.ExitCode(); code != 0 || !strings.HasSuffix(log(), "alert: mother[1/1]: shutting down\n") {
		t.Errorf("exit status %d, log:\n%s", code, log())
	}
	if b, err := os.ReadFile(dir + "/pid"); err != nil || len(b) > 0 {
		t.Errorf("pid file %q, %v", b, err)
	}
}

// TestWithoutRoot runs all of it as somebody, with supplementary groups that cannot be dropped.
func TestWithoutRoot(t *testing.T) {
	dir := build(t)
	as := &syscall.Credential{Uid: 13, Gid: 13, Groups: []uint32{42, 43}}
	if os.Geteuid() != 0 {
		as = nil
	}
	cmd, ended, log, addr := serve(t, dir, "socksmethod: username none\nclientmethod: none\n"+
		"client pass { from: 0/0 to: 0/0 }\nsocks pass { from: 0/0 to: 0/0 }\n", as)
	greet(t, addr, 0)
	for name, pids := range running(dir) {
		for _, pid := range pids {
			if f := facts(t, pid); name != "danted" && f["NoNewPrivs"] != "1" {
				t.Errorf("%s: %v", name, f)
			}
		}
	}
	cmd.Process.Signal(syscall.SIGTERM)
	await(t, "the end of all processes", func() bool { return len(running(dir)) == 0 })
	<-ended
	if !strings.HasSuffix(log(), "alert: mother[1/1]: shutting down\n") {
		t.Errorf("log:\n%s", log())
	}
}
