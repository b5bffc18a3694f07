package sockd

import (
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/socks"
)

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// Without descriptors nobody can be accepted: clients wait until there are some again, the loop does not spin meanwhile,
// and the log says so once.
func TestAcceptWithoutDescriptors(t *testing.T) {
	s, e := serveWith(t, nil), echo(t, "127.0.0.1")
	session := s.dial()
	write(t, session, append(ask5(t, socks.Connect, target(e)), "hello"...))
	if _, err := io.ReadFull(session, make([]byte, 12+5)); err != nil { // the target has its descriptors too
		t.Fatal(err)
	}
	s.lines(2)

	// The clients are of this process too: their sockets must be there before there can be no more.
	var clients []int
	for range 5 {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		clients = append(clients, fd)
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	restore := func() {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(restore)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 3, Max: limit.Max}); err != nil {
		t.Fatal(err)
	}
	for _, fd := range clients {
		if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(s.at.Port()), Addr: s.at.Addr().As4()}); err != nil {
			t.Fatal(err)
		}
		if _, err := unix.Write(fd, []byte{5, 1, 0}); err != nil {
			t.Fatal(err)
		}
	}
	if line := s.lines(1)[0]; !strings.Contains(line, "warning: accept(2) failed: Too many open files") {
		t.Errorf("logged %q", line)
	}
	before, begin := processorTime(t), time.Now()
	write(t, session, []byte("hello"))
	if _, err := io.ReadFull(session, make([]byte, 5)); err != nil {
		t.Error("the session that is there:", err)
	}
	time.Sleep(time.Second) // it is what happens in this time, not what has happened after it
	if used, lasted := processorTime(t)-before, time.Since(begin); used > lasted/10 {
		t.Errorf("the process has worked %v of %v", used, lasted)
	}
	restore()
	for _, fd := range clients {
		if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 20}); err != nil {
			t.Fatal(err)
		}
		var answer [2]byte
		if n, err := unix.Read(fd, answer[:]); n != 2 || err != nil {
			t.Fatalf("a client that has waited reads %d bytes: %v", n, err)
		}
	}
	for _, line := range s.lines(len(clients)) {
		if !strings.HasPrefix(line, "pass(1): tcp/accept [") {
			t.Errorf("logged %q", line)
		}
	}
}

func TestAlarm(t *testing.T) {
	var a alarm
	now := time.Now()
	for _, tt := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {0, false}, {alarmEvery - 1, false}, {alarmEvery, true}, {alarmEvery + 1, false}, {2 * alarmEvery, true}} {
		if got := a.heard(now.Add(tt.after)); got != tt.want {
			t.Errorf("after %v: %v", tt.after, got)
		}
	}
}
