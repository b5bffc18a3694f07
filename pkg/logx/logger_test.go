package logx

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// at gives a Logger with a fixed clock, pid and name.
func at(t *testing.T, o Outputs) *Logger {
	t.Helper()
	l := New("danted")
	l.pid = 12255
	l.now = func() time.Time { return time.Unix(1795427163, 7212999).In(time.FixedZone("", 0)) }
	l.SetOutputs(o)
	t.Cleanup(func() { l.SetOutputs(Outputs{}) })
	return l
}

func tempLog(t *testing.T) (Output, func() string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "log")
	f, created, err := OpenFile(path)
	if err != nil || !created {
		t.Fatalf("created %v: %v", created, err)
	}
	return Output{File: f}, func() string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
}

func TestLineFormat(t *testing.T) {
	out, text := tempLog(t)
	l := at(t, Outputs{Main: []Output{out}})
	l.Info("Dante/server[1/1] v1.4.2 running")
	l.Alert("mother[1/1]: shutting down")
	l.Info("")
	l.Debug("not wanted")
	l.SetDebug(1)
	l.Debug("wanted")
	want := "Nov 23 09:46:03 (1795427163.007212) danted[12255]: info: Dante/server[1/1] v1.4.2 running\n" +
		"Nov 23 09:46:03 (1795427163.007212) danted[12255]: alert: mother[1/1]: shutting down\n" +
		"Nov 23 09:46:03 (1795427163.007212) danted[12255]: debug: wanted\n"
	if got := text(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestDayIsPadded has a day of one digit, which strftime's %e pads with a blank.
func TestDayIsPadded(t *testing.T) {
	out, text := tempLog(t)
	l := at(t, Outputs{Main: []Output{out}})
	l.now = func() time.Time { return time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC) }
	l.Info("x")
	if got := text(); !strings.HasPrefix(got, "Mar  4 05:06:07 (") {
		t.Errorf("got %q", got)
	}
}

func TestErrorLogGetsWarningsInAddition(t *testing.T) {
	main, mainText := tempLog(t)
	errors, errorText := tempLog(t)
	l := at(t, Outputs{Main: []Output{main}, Errors: []Output{errors}})
	for level := Emergency; level < Debug; level++ {
		l.Log(level, level.String())
	}
	levels := regexp.MustCompile(`: (\w+)\n`)
	words := func(s string) (w []string) {
		for _, m := range levels.FindAllStringSubmatch(s, -1) {
			w = append(w, m[1])
		}
		return w
	}
	if got := strings.Join(words(mainText()), " "); got != "emergency alert critical error warning notice info" {
		t.Errorf("main output got %s", got)
	}
	if got := strings.Join(words(errorText()), " "); got != "emergency alert critical error warning" {
		t.Errorf("errorlog got %s", got)
	}
}

func TestEarlyLinesGoToStandardError(t *testing.T) {
	out, text := tempLog(t)
	l := at(t, Outputs{})
	l.early = out.File
	l.Warning("one")
	l.Notice("two")
	l.Ready()
	l.Warning("three")
	if got := text(); !strings.HasSuffix(got, ": warning: one\n") || strings.Count(got, "\n") != 1 {
		t.Errorf("got %q", got)
	}
}

func TestSyslogDatagrams(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f, err := openSyslog(path)
	if err != nil {
		t.Fatal(err)
	}
	l := at(t, Outputs{Main: []Output{{Kind: Syslog, Facility: FacilityDaemon, File: f}}})
	l.syslog = path
	l.Info("nobody listens")
	if l.Lost() != 1 {
		t.Errorf("lost %d lines, want 1", l.Lost())
	}

	receive := func(daemon int) string {
		t.Helper()
		b := make([]byte, 1<<20)
		n, err := unix.Read(daemon, b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	listen := func() int {
		t.Helper()
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		os.Remove(path)
		if err := unix.Bind(fd, &unix.SockaddrUnix{Name: path}); err != nil {
			t.Fatal(err)
		}
		return fd
	}
	daemon := listen()
	l.Info("one\ntwo")
	if got, want := receive(daemon), "<30>Nov 23 09:46:03 danted[12255]: info: one\\ntwo"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	unix.Close(daemon)
	daemon = listen()
	defer unix.Close(daemon)
	l.Alert("after a restart")
	if got, want := receive(daemon), "<25>Nov 23 09:46:03 danted[12255]: alert: after a restart"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	l.Info(strings.Repeat("x", 500<<10))
	if got := receive(daemon); len(got) != datagramMax {
		t.Errorf("a long line arrived with %d bytes", len(got))
	}
}

func TestFacilities(t *testing.T) {
	for name, want := range map[string]Facility{
		"user": 1, "daemon": 3, "auth": 4, "authpriv": 10, "local0": 16, "local3": 19, "local7": 23,
	} {
		if got, ok := ParseFacility(name); !ok || got != want {
			t.Errorf("%s: got %d %v", name, got, ok)
		}
	}
	for _, name := range []string{"", "local8", "local", "local00", "kern", "mail", "Daemon"} {
		if got, ok := ParseFacility(name); ok {
			t.Errorf("%q is facility %d", name, got)
		}
	}
}

// TestSwapLosesNothing swaps outputs while lines are written: each line must be in some file, whole.
func TestSwapLosesNothing(t *testing.T) {
	dir := t.TempDir()
	l := at(t, Outputs{})
	l.Ready()
	open := func(i int) Outputs {
		f, _, err := OpenFile(filepath.Join(dir, string(rune('a'+i))))
		if err != nil {
			t.Fatal(err)
		}
		return Outputs{Main: []Output{{File: f}}}
	}
	l.SetOutputs(open(0))
	const writers, each = 8, 500
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for range each {
				l.Info("some text")
			}
		})
	}
	for i := 1; i < 20; i++ {
		l.SetOutputs(open(i))
	}
	wg.Wait()
	lines := 0
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		lines += strings.Count(string(b), ": info: some text\n")
	}
	if lines != writers*each || l.Lost() != 0 {
		t.Errorf("%d lines of %d arrived, %d lost", lines, writers*each, l.Lost())
	}
}

func TestOpenFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log")
	link := filepath.Join(dir, "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	f, created, err := OpenFile(link)
	if err != nil || created {
		t.Fatalf("dangling link: created %v, %v", created, err)
	}
	f.Close()
	os.Remove(path)
	f, created, err = OpenFile(path)
	if err != nil || !created {
		t.Fatalf("created %v, %v", created, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Mode().Perm()&^0o640 != 0 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	g, created, err := OpenFile(path)
	if err != nil || created {
		t.Fatalf("again: created %v, %v", created, err)
	}
	g.Close()
	if _, _, err := OpenFile(dir); err == nil {
		t.Error("a folder was opened as a log")
	}
}

func BenchmarkLine(b *testing.B) {
	f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	l := New("danted")
	l.SetOutputs(Outputs{Main: []Output{{File: f}}})
	for b.Loop() {
		l.Info("pass(1): tcp/connect [: 127.0.0.1.49092 127.0.0.1.17654 -> 127.0.0.1.49092 127.0.0.1.17654")
	}
}
