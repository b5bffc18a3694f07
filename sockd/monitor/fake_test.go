package monitor

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
	"github.com/rustsocks/rustsocks/pkg/logx"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/privsep"
)

// The test binary is all programs of the daemon, by the name it is started with: the real monitor with a simple
// language, and a worker and an auth helper that do what the tests want.
func TestMain(m *testing.M) {
	switch name := filepath.Base(os.Args[0]); name {
	case "danted", "sockd":
		os.Exit(Main(os.Args, Program{Version: "1.2.3", Load: fakeLoad}))
	case workerProgram:
		if err := fakeWorker(os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, "fake worker:", err)
			os.Exit(3)
		}
		os.Exit(0)
	case helperProgram:
		ignoreSignals()
		if err := privsep.ServeAuth(fakeChecker{}); err != nil {
			os.Exit(3)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func ignoreSignals() {
	signal.Ignore(unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGUSR1, unix.SIGPIPE)
}

// fakeLoad reads a language of one word and its value a line. What begins with "worker-" is for the fake worker.
func fakeLoad(name string, src []byte, facts hostfacts.Facts, o LoadOptions) (*plan.Plan, []Diagnostic) {
	p := &plan.Plan{KeepAlive: o.KeepAlive}
	if o.Debug != nil {
		p.Debug = *o.Debug
	}
	var said []Diagnostic
	say := func(l logx.Level, text string) {
		said = append(said, Diagnostic{Level: l, Line: name + ": " + text, Text: name + ": " + l.String() + ": " + text + "\n"})
	}
	for line := range strings.Lines(string(src)) {
		word, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "internal":
			p.Internal = append(p.Internal, netip.MustParseAddrPort(value))
		case "external":
			p.External = append(p.External, netip.MustParseAddr(value))
		case "sameport":
			p.SamePort = true
		case "log":
			p.LogOutput = append(p.LogOutput, fakeOutput(value))
		case "errorlog":
			p.ErrorLog = append(p.ErrorLog, fakeOutput(value))
		case "privileged":
			p.Privileged = fakeUser(value)
		case "unprivileged":
			p.Unprivileged = fakeUser(value)
		case "auth":
			p.SocksMethods = auth.Methods{auth.Username}
		case "rule": // only to change the digest
			p.SocksRules = append(p.SocksRules, plan.Rule{Rule: acl.Rule{PAMService: value}})
		case "ttl":
			p.SocketOptions = append(p.SocketOptions, fakeOption("ip_ttl", unix.IPPROTO_IP, unix.IP_TTL, value))
		case "error":
			say(logx.Error, value)
		case "warning":
			say(logx.Warning, value)
		case "resolve":
			if _, err := facts.Resolve(value); err != nil {
				say(logx.Warning, fmt.Sprintf("cannot resolve %s: %v", value, err))
			}
		}
	}
	if hasErrors(said) {
		return nil, said
	}
	return p, said
}

func fakeOption(name string, level, number int, value string) plan.SocketOption {
	v, _ := strconv.Atoi(value)
	return plan.SocketOption{
		Side: plan.Internal, Option: name, LevelNumber: level, OptionNumber: number, Int: int32(v), Early: true,
		Protocols: acl.ProtoTCP,
	}
}

func fakeOutput(value string) plan.LogOutput {
	switch value {
	case "stderr":
		return plan.LogOutput{Kind: plan.LogStderr}
	case "stdout":
		return plan.LogOutput{Kind: plan.LogStdout}
	}
	return plan.LogOutput{Kind: plan.LogFile, Path: value}
}

func fakeUser(value string) plan.User {
	f := strings.Fields(value)
	uid, _ := strconv.Atoi(f[1])
	gid, _ := strconv.Atoi(f[2])
	return plan.User{Name: f[0], UID: uint32(uid), GID: uint32(gid)}
}

// fakeChecker is an auth helper in which the password of everybody is "secret".
type fakeChecker struct{}

func (fakeChecker) Verify(user string, password []byte) (auth.Failure, string) {
	switch {
	case user == "crash":
		os.Exit(9)
	case user == "hang":
		select {}
	case string(password) != "secret":
		return auth.WrongPassword, ""
	}
	return auth.NoFailure, ""
}

func (fakeChecker) Exists(string) (bool, error) { return true, nil }

func (fakeChecker) InGroup(string, string) (auth.Membership, error) { return auth.NotMember, nil }

// fake is the worker of the tests: its clients talk to it in lines.
type fake struct {
	link     *privsep.Worker
	log      *logx.Logger
	helpers  *privsep.AuthClient
	mu       sync.Mutex
	offered  *privsep.Config
	current  *privsep.Config
	open     []net.Listener
	sessions map[net.Conn]bool
	accepted uint64
	handled  uint64
	empty    chan struct{}
	ports    chan privsep.BoundPort
	draining bool
}

func fakeWorker(args []string) error {
	if _, err := privsep.ParseIdentity(args); err != nil {
		return err
	}
	ignoreSignals()
	link, err := privsep.OpenWorker()
	if err != nil {
		return err
	}
	w := &fake{link: link, log: logx.New("danted"), sessions: map[net.Conn]bool{}, empty: make(chan struct{}, 99), ports: make(chan privsep.BoundPort, 9)}
	w.helpers = privsep.NewAuthClient(9, 3*time.Second, func(slot uint8) { link.Send(privsep.AuthStuck{Slot: slot}) })
	messages := make(chan privsep.Message)
	failed := make(chan error, 1)
	go func() {
		for {
			m, err := link.Receive()
			if err != nil {
				failed <- err
				return
			}
			messages <- m
		}
	}()
	tick := time.NewTicker(50 * time.Millisecond)
	for {
		select {
		case m := <-messages:
			if err := w.obey(m); err != nil {
				return err
			}
		case err := <-failed:
			return err
		case <-tick.C:
			if w.current != nil {
				w.tellAlive()
			}
		case <-w.empty:
			return link.Send(privsep.Drained{})
		}
	}
}

// has tells whether the offered file has a line that is for the worker.
func has(c *privsep.Config, line string) bool {
	return strings.Contains("\n"+string(c.Source), "\n"+line+"\n")
}

func (w *fake) obey(m privsep.Message) error {
	switch m := m.(type) {
	case privsep.Config:
		return w.load(&m)
	case privsep.Commit:
		w.commit()
		return w.link.Send(privsep.Committed{Generation: m.Generation})
	case privsep.Abort:
		w.offered.Close()
		w.offered = nil
	case privsep.Logs:
		w.log.SetOutputs(m.Logs)
	case privsep.Auth:
		return w.helpers.Attach(m)
	case privsep.Status:
		if !m.Print {
			w.tellAlive()
			return nil
		}
		w.log.Info("the worker's own status")
	case privsep.BoundPort:
		w.ports <- m
	case privsep.Drain:
		w.drain(m.Limit)
	}
	return nil
}

func (w *fake) load(c *privsep.Config) error {
	var facts hostfacts.Snapshot
	if err := json.Unmarshal(c.Facts, &facts); err != nil {
		return err
	}
	switch {
	case has(c, "worker-refuses"):
		c.Close()
		return w.link.Send(privsep.Refused{Generation: c.Generation, Text: "as it was told"})
	case has(c, "worker-crashes"):
		os.Exit(7)
	case has(c, "worker-crashes-later") && w.current != nil:
		os.Exit(7)
	case has(c, "worker-hangs"):
		select {}
	}
	p, _ := fakeLoad(c.Name, c.Source, &facts, LoadOptions{Debug: c.Debug, KeepAlive: c.KeepAlive})
	if has(c, "worker-differs") {
		p.FakeNames = true
	}
	w.offered = c
	return w.link.Send(privsep.Loaded{Generation: c.Generation, Digest: p.Digest()})
}

func (w *fake) commit() {
	c := w.offered
	w.offered, w.current = nil, c
	w.log.SetProgram(c.Program)
	w.log.SetOutputs(c.Logs)
	w.log.Ready()
	w.unlisten()
	for _, f := range c.Listeners {
		l, err := net.FileListener(f)
		f.Close()
		if err != nil {
			panic(err)
		}
		w.open = append(w.open, l)
		go w.accept(l, c)
	}
}

func (w *fake) unlisten() {
	for _, l := range w.open {
		l.Close()
	}
	w.open = nil
}

func (w *fake) accept(l net.Listener, c *privsep.Config) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		w.sessions[conn] = true
		w.accepted++
		w.mu.Unlock()
		go func() {
			w.talk(conn, c)
			conn.Close()
			w.mu.Lock()
			delete(w.sessions, conn)
			w.handled++
			last := w.draining && len(w.sessions) == 0
			w.mu.Unlock()
			if last {
				w.empty <- struct{}{}
			}
		}()
	}
}

// talk answers a client, who first of all is told which configuration it got.
func (w *fake) talk(conn net.Conn, c *privsep.Config) {
	fmt.Fprintf(conn, "generation %d pid %d\n", c.Generation, os.Getpid())
	in := bufio.NewScanner(conn)
	for in.Scan() {
		word, value, _ := strings.Cut(in.Text(), " ")
		switch word {
		case "die":
			os.Exit(5)
		case "nonsense":
			fakeNonsense()
		case "login":
			why, detail := w.helpers.Verify(context.Background(), value, []byte("secret"))
			fmt.Fprintf(conn, "%d %s\n", why, detail)
		case "port":
			w.link.Send(privsep.BindPort{ID: 7, At: netip.MustParseAddrPort(value)})
			fmt.Fprintln(conn, boundTo(<-w.ports))
		case "log":
			w.log.Info(value)
			fmt.Fprintln(conn, "logged")
		}
	}
}

// boundTo says what came of a BindPort. The port stays bound.
func boundTo(m privsep.BoundPort) string {
	if m.File == nil {
		return fmt.Sprintf("%d nothing", m.ID)
	}
	fd := int(m.File.Fd())
	kept, err := unix.Dup(fd)
	m.File.Close()
	if err != nil {
		return err.Error()
	}
	sa, err := unix.Getsockname(kept)
	if err != nil {
		return err.Error()
	}
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return fmt.Sprintf("%d %s:%d", m.ID, netip.AddrFrom4(sa.Addr), sa.Port)
	case *unix.SockaddrInet6:
		return fmt.Sprintf("%d [%s]:%d", m.ID, netip.AddrFrom16(sa.Addr), sa.Port)
	}
	return "another family"
}

// fakeNonsense sends the monitor a packet that means nothing, on whatever descriptor the pair has now.
func fakeNonsense() {
	for fd := range 64 {
		if kind, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TYPE); err == nil && kind == unix.SOCK_SEQPACKET {
			unix.Send(fd, []byte("nonsense"), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
			return
		}
	}
}

func (w *fake) tellAlive() {
	w.mu.Lock()
	a := privsep.Alive{Sessions: uint32(len(w.sessions)), Accepted: w.accepted, Handled: w.handled}
	w.mu.Unlock()
	w.link.Send(a)
}

func (w *fake) drain(limit time.Duration) {
	w.unlisten()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.draining = true
	if len(w.sessions) == 0 {
		w.empty <- struct{}{}
	}
	time.AfterFunc(limit, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for c := range w.sessions {
			c.Close()
		}
	})
}
