package logx

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pipe gives a Logger that writes to a pipe, and the pipe's other end.
func pipe(t *testing.T) (*Logger, *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	l := New("danted")
	l.SetOutputs(Outputs{Main: []Output{{Kind: Stream, File: w}}})
	t.Cleanup(func() { l.SetOutputs(Outputs{}); r.Close() })
	return l, r
}

func TestHeldLinesAreWrittenTogether(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	f, _, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	l := New("danted")
	l.SetOutputs(Outputs{Main: []Output{{Kind: Stream, File: f}}})
	read := func() string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	l.Hold()
	l.Info("one")
	l.Info("two")
	if got := read(); got != "" {
		t.Errorf("written while held: %q", got)
	}
	l.Release()
	if got := read(); strings.Count(got, "\n") != 2 || strings.Index(got, "one") > strings.Index(got, "two") {
		t.Errorf("after the release: %q", got)
	}
	l.Info("three")
	if got := read(); !strings.HasSuffix(got, "info: three\n") {
		t.Errorf("not held: %q", got)
	}
	l.Hold()
	l.Info("four")
	l.SetOutputs(Outputs{}) // a log that is replaced has all that was for it
	if got := read(); !strings.HasSuffix(got, "info: four\n") {
		t.Errorf("replaced while held: %q", got)
	}
	l.Release()
}

func TestMuchIsNotHeld(t *testing.T) {
	l, r := pipe(t)
	l.Hold()
	defer l.Release()
	line := strings.Repeat("x", 1000)
	go func() {
		for range heldMost/len(line) + 1 {
			l.Info(line)
		}
	}()
	if err := r.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(r).ReadString('\n'); err != nil {
		t.Error(err)
	}
}

// A reader that stops reading costs one wait, and lines; what comes when it goes on says how many.
func TestStuckPipe(t *testing.T) {
	l, r := pipe(t)
	line := strings.Repeat("x", 100)
	begin, n := time.Now(), 0
	for ; l.Lost() < 10; n++ {
		l.Info(fmt.Sprintf("%s %d", line, n))
	}
	if took := time.Since(begin); took < streamPatience/2 || took > 10*streamPatience {
		t.Errorf("%d lines took %s", n, took)
	}
	if err := r.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for in, i := bufio.NewReader(r), 0; i < n-10; i++ {
		got, err := in.ReadString('\n')
		if err != nil || !strings.HasSuffix(got, fmt.Sprintf("%s %d\n", line, i)) {
			t.Fatalf("line %d: %q, %v", i, got, err)
		}
	}
	l.Info("the next")
	got := make([]byte, 400)
	m, err := io.ReadAtLeast(r, got, 150)
	if err != nil {
		t.Fatal(err)
	}
	first, rest, _ := strings.Cut(string(got[:m]), "\n")
	if !strings.Contains(first, "warning: 10 lines are missing here") || !strings.HasSuffix(rest, "info: the next\n") {
		t.Errorf("%q", got[:m])
	}
}
