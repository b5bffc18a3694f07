package privsep

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/logx"
)

// ends gives both ends of a pair, as if the worker had been started.
func ends(t *testing.T) (*Monitor, *Worker) {
	t.Helper()
	m, far, err := NewMonitor()
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSocket(far)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorker(s)
	t.Cleanup(func() { m.Close(); w.Close() })
	return m, w
}

// tempFile gives an open file whose content is its name.
func tempFile(t *testing.T, name string) *os.File {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func content(t *testing.T, f *os.File) string {
	t.Helper()
	b := make([]byte, 100)
	n, err := f.ReadAt(b, 0)
	if err != nil && err != io.EOF {
		t.Fatal(err)
	}
	flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFD, 0)
	if err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("the descriptor of %s stays open on exec", b[:n])
	}
	return string(b[:n])
}

// descriptors counts the open descriptors of this process.
func descriptors(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(names)
}

const digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// TestConversation goes through everything that both sides may say, in the order of a daemon's life.
func TestConversation(t *testing.T) {
	m, w := ends(t)
	down := func(send Message) Message {
		t.Helper()
		if err := m.Send(send); err != nil {
			t.Fatalf("%T: %v", send, err)
		}
		got, err := w.Receive()
		if err != nil {
			t.Fatalf("%T: %v", send, err)
		}
		return got
	}
	up := func(send Message) {
		t.Helper()
		if err := w.Send(send); err != nil {
			t.Fatalf("%T: %v", send, err)
		}
		got, err := m.Receive()
		if err != nil {
			t.Fatalf("%T: %v", send, err)
		}
		if diff := cmp.Diff(send, got, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
			t.Errorf("%T changed on its way: %s", send, diff)
		}
	}
	same := func(send Message) {
		t.Helper()
		if diff := cmp.Diff(send, down(send)); diff != "" {
			t.Errorf("%T changed on its way: %s", send, diff)
		}
	}

	auth := down(Auth{Slot: 1, File: tempFile(t, "auth")}).(Auth)
	if auth.Slot != 1 || content(t, auth.File) != "auth" {
		t.Errorf("got slot %d, %s", auth.Slot, content(t, auth.File))
	}
	auth.File.Close()

	level := 2
	sent := Config{
		Generation: 1, Name: "a \x00\xff.conf", Program: "sockd", Debug: &level, KeepAlive: true,
		Source: bytes.Repeat([]byte("# text\n"), 100000), Facts: []byte("{}"),
		Logs: logx.Outputs{
			Main:   []logx.Output{{Kind: logx.Syslog, Facility: 19, File: tempFile(t, "log 0")}, {File: tempFile(t, "log 1")}},
			Errors: []logx.Output{{File: tempFile(t, "log 2")}},
		},
	}
	for i := range 300 {
		sent.Listeners = append(sent.Listeners, tempFile(t, fmt.Sprint("listener ", i)))
	}
	got := down(sent).(Config)
	if got.Generation != 1 || got.Name != sent.Name || got.Program != "sockd" || *got.Debug != 2 || !got.KeepAlive ||
		!bytes.Equal(got.Source, sent.Source) || string(got.Facts) != "{}" {
		t.Errorf("the configuration changed on its way")
	}
	for i, f := range got.Listeners {
		if name := content(t, f); name != fmt.Sprint("listener ", i) {
			t.Errorf("listener %d is %s", i, name)
		}
	}
	i := 0
	for _, o := range append(got.Logs.Main, got.Logs.Errors...) {
		if name := content(t, o.File); name != fmt.Sprint("log ", i) {
			t.Errorf("log %d is %s", i, name)
		}
		i++
	}
	if len(got.Listeners) != 300 || len(got.Logs.Main) != 2 || len(got.Logs.Errors) != 1 {
		t.Errorf("%d listeners, %d and %d logs", len(got.Listeners), len(got.Logs.Main), len(got.Logs.Errors))
	}
	if o := got.Logs.Main[0]; o.Kind != logx.Syslog || o.Facility != 19 {
		t.Errorf("output %+v", o)
	}
	got.Close()

	up(Loaded{1, digest})
	same(Commit{1})
	up(Committed{1})
	up(Alive{Sessions: 1, Accepted: 1 << 40, Handled: 3})
	up(AuthStuck{1})
	up(BindPort{7, netip.MustParseAddrPort("192.0.2.1:1023")})
	same(BoundPort{ID: 7})
	bound := down(BoundPort{8, tempFile(t, "port")}).(BoundPort)
	if bound.ID != 8 || content(t, bound.File) != "port" {
		t.Errorf("got %d, %s", bound.ID, content(t, bound.File))
	}
	bound.File.Close()
	for _, at := range []string{"192.0.2.1:1024", "192.0.2.1:0", "[::ffff:192.0.2.1]:80", "[fe80::1%lo]:80"} {
		if err := w.Send(BindPort{9, netip.MustParseAddrPort(at)}); err == nil {
			t.Errorf("%s can be asked for", at)
		}
	}
	same(Status{})
	same(Status{Print: true})

	down(Config{Generation: 2}).(Config).Close()
	up(Alive{})
	up(Refused{2, "line 1: \"x\"\nno"})
	down(Config{Generation: 5}).(Config).Close()
	up(Loaded{5, digest})
	same(Abort{5})
	down(Config{Generation: 6}).(Config).Close()
	up(Loaded{6, digest})
	same(Commit{6})
	up(Committed{6})

	logs := down(Logs{logx.Outputs{Main: []logx.Output{{File: tempFile(t, "new log")}}}}).(Logs)
	if name := content(t, logs.Logs.Main[0].File); name != "new log" {
		t.Errorf("got %s", name)
	}
	logs.Logs.Close()
	same(Drain{30 * time.Second})
	same(Drain{0})
	up(Alive{})
	up(Drained{})

	w.Close()
	if _, err := m.Receive(); err != io.EOF {
		t.Errorf("a closed worker gives %v", err)
	}
}

func TestMonitorGone(t *testing.T) {
	m, w := ends(t)
	m.Close()
	if _, err := w.Receive(); err != io.EOF {
		t.Errorf("got %v", err)
	}
}

// TestSendChecksItself has mistakes of our own side: nothing of them may reach the peer.
func TestSendChecksItself(t *testing.T) {
	m, w := ends(t)
	negative := -1
	for _, msg := range []Message{
		Loaded{1, digest},
		Commit{1},
		Logs{},
		Status{},
		Config{},
		Config{Generation: 1, Name: strings.Repeat("x", maxName+1)},
		Config{Generation: 1, Program: strings.Repeat("x", maxProgram+1)},
		Config{Generation: 1, Debug: &negative},
		Config{Generation: 1, Listeners: make([]*os.File, MaxListeners+1)},
		Config{Generation: 1, Logs: logx.Outputs{Main: make([]logx.Output, maxLogs), Errors: make([]logx.Output, 1)}},
	} {
		if err := m.Send(msg); err == nil {
			t.Errorf("%T was sent", msg)
		}
	}
	for _, msg := range []Message{Commit{1}, Loaded{0, digest}, Alive{}, Drained{}, Committed{0}} {
		if err := w.Send(msg); err == nil {
			t.Errorf("%T was sent", msg)
		}
	}
	m.Close()
	if msg, err := w.Receive(); err != io.EOF {
		t.Errorf("got %T, %v", msg, err)
	}
}

// raw sends a packet past all checks.
func raw(t *testing.T, s *socket, packet []byte, fs ...*os.File) {
	t.Helper()
	if err := s.send(packet, fs); err != nil {
		t.Fatal(err)
	}
}

// TestWorkerMisbehaves has a worker that was taken over: each packet ends it, and no descriptor is left open.
func TestWorkerMisbehaves(t *testing.T) {
	file := tempFile(t, "x")
	valid := func(m Message) []byte {
		w, err := encode(m)
		if err != nil {
			t.Fatal(err)
		}
		return w.b
	}
	for name, c := range map[string]struct {
		packet []byte
		files  []*os.File
	}{
		"too short":                    {packet: []byte{byte(kindLoaded)}},
		"unknown":                      {packet: []byte{200, version}},
		"other version":                {packet: []byte{byte(kindRefused), version + 1}},
		"wrong direction":              {packet: valid(Commit{1})},
		"before anything was offered":  {packet: valid(Committed{0})},
		"alive before it serves":       {packet: valid(Alive{})},
		"drained without a drain":      {packet: valid(Drained{})},
		"other generation":             {packet: valid(Loaded{8, digest})},
		"bytes too many":               {packet: append(valid(Refused{7, "no"}), 'x')},
		"bytes missing":                {packet: valid(Refused{7, "no"})[:12]},
		"longer than its kind":         {packet: append(valid(Loaded{7, digest}), make([]byte, 5000)...)},
		"longer than any":              {packet: append(valid(Loaded{7, digest}), make([]byte, packetSize)...)},
		"a digest that is none":        {packet: append(valid(Loaded{7, digest})[:headerSize+8], bytes.Repeat([]byte("X"), digestSize)...)},
		"a descriptor":                 {packet: valid(Loaded{7, digest}), files: []*os.File{file}},
		"many descriptors":             {packet: valid(Loaded{7, digest}), files: repeat(file, maxFiles)},
		"many descriptors, no message": {packet: []byte{0}, files: repeat(file, maxFiles)},
	} {
		t.Run(name, func(t *testing.T) {
			m, w := ends(t)
			if err := m.Send(Config{Generation: 7}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Receive(); err != nil {
				t.Fatal(err)
			}
			raw(t, w.socket, c.packet, c.files...)
			before := descriptors(t)
			if msg, err := m.Receive(); err == nil || errors.Is(err, io.EOF) {
				t.Errorf("got %T, %v", msg, err)
			}
			if after := descriptors(t); after > before {
				t.Errorf("%d descriptors, %d before", after, before)
			}
		})
	}
}

func repeat(f *os.File, n int) (l []*os.File) {
	for range n {
		l = append(l, f)
	}
	return l
}

// TestWrongDescriptors has messages whose descriptors are not what they say.
func TestWrongDescriptors(t *testing.T) {
	plain := tempFile(t, "not a sealed memory file")
	unsealed, err := unix.MemfdCreate("x", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		t.Fatal(err)
	}
	memory := os.NewFile(uintptr(unsealed), "x")
	defer memory.Close()
	if _, err := memory.Write(make([]byte, 16)); err != nil {
		t.Fatal(err)
	}
	config := func(memory *os.File, listeners int) *writer {
		w, err := encode(offer{Config{Generation: 1}, memory, listeners})
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	log, err := encode(Logs{logx.Outputs{Main: []logx.Output{{File: plain}}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]*writer{
		"no descriptor":      {b: config(nil, 0).b},
		"one too many":       {b: config(plain, 0).b, files: repeat(plain, 2)},
		"not a memory file":  config(plain, 0),
		"not sealed":         config(memory, 0),
		"a log without file": {b: log.b},
		"listeners nobody announced": {
			b: []byte{byte(kindListeners), version, 1}, files: repeat(plain, 1),
		},
	} {
		t.Run(name, func(t *testing.T) {
			m, w := ends(t)
			if strings.HasPrefix(name, "a log") {
				w.talk.life = serving
			}
			raw(t, m.socket, c.b, c.files...)
			before := descriptors(t)
			if msg, err := w.Receive(); err == nil || err == io.EOF {
				t.Errorf("got %T, %v", msg, err)
			}
			if after := descriptors(t); after > before {
				t.Errorf("%d descriptors, %d before", after, before)
			}
		})
	}

	t.Run("fewer listeners than announced", func(t *testing.T) {
		m, w := ends(t)
		sealed, err := newMemory(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer sealed.Close()
		c := config(sealed, 3)
		before := descriptors(t)
		raw(t, m.socket, c.b, c.files...)
		raw(t, m.socket, []byte{byte(kindListeners), version, 2}, plain, plain)
		raw(t, m.socket, []byte{byte(kindCommit), version, 0, 0, 0, 0, 0, 0, 0, 1})
		if msg, err := w.Receive(); err == nil || err == io.EOF {
			t.Errorf("got %T, %v", msg, err)
		}
		if after := descriptors(t); after > before {
			t.Errorf("%d descriptors, %d before", after, before)
		}
	})
}
