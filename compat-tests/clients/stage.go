package clients

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/logline"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

// A stage is the sandbox of one scenario: the daemon, the servers beside it,
// and a directory for the clients.
type stage struct {
	daemon *daemon.Daemon
	real   bool // the daemon is the real danted
	dir    string
	log    []string // of the daemon, as far as it has been read
	logs   []string // files, of the servers
}

// A part names the scenario to play.
type part struct {
	Number int
	Real   bool
}

// A played is what came of a scenario.
type played struct {
	Failure string
	Log     []string // of the daemon
}

// play is the role of the sandbox of a scenario.
func play(in *json.Decoder, results *json.Encoder) error {
	var p part
	if err := in.Decode(&p); err != nil {
		return err
	}
	c := scenarios()[p.Number]
	s := &stage{real: p.Real, dir: filepath.Join(sandbox.Dir, "clients")}
	if err := os.Mkdir(s.dir, 0o755); err != nil {
		return err
	}
	if c.Upstream != "" {
		if err := s.startUpstream(c.Upstream); err != nil {
			return err
		}
	}
	path, err := s.withFlags(sandbox.Program(program), c.Flags)
	if err != nil {
		return err
	}
	if s.daemon, err = daemon.Start(path, c.config()); err != nil {
		return err
	}
	var result played
	if err := c.Play(s); err != nil {
		result.Failure = err.Error() + s.serverLogs()
	}
	s.log = append(s.log, s.daemon.Lines()...)
	result.Log = s.log
	if err := results.Encode(result); err != nil {
		return err
	}
	return s.daemon.Stop()
}

// withFlags is a daemon that has flags beside those that daemon.Start gives it.
func (s *stage) withFlags(path string, flags []string) (string, error) {
	if len(flags) == 0 {
		return path, nil
	}
	script, err := s.file("daemon", fmt.Appendf(nil, "#!/bin/sh\nexec '%s' %s \"$@\"\n", path, strings.Join(flags, " ")))
	if err != nil {
		return "", err
	}
	return script, os.Chmod(script, 0o700)
}

// start starts a server, which ends with the sandbox, and waits until it
// listens.
func (s *stage) start(network, address, name string, args ...string) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	return s.startCommand(network, at, exec.Command(name, args...))
}

func (s *stage) startCommand(network string, at netip.AddrPort, cmd *exec.Cmd) error {
	log, err := os.CreateTemp(s.dir, filepath.Base(cmd.Path)+"-*.log")
	if err != nil {
		return err
	}
	defer log.Close()
	s.logs = append(s.logs, log.Name())
	if cmd.Dir == "" {
		cmd.Dir = s.dir
	}
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	go func() {
		cmd.Wait()
		close(exited)
	}()
	err = daemon.Until(func() (bool, error) {
		select {
		case <-exited:
			return false, errors.New("it has exited")
		default:
			return listening(network, at)
		}
	})
	if err != nil {
		return fmt.Errorf("starting %q: %w%s", cmd.Args, err, s.serverLogs())
	}
	return nil
}

// serverLogs is what the servers have printed.
func (s *stage) serverLogs() string {
	var all strings.Builder
	for _, name := range s.logs {
		text, _ := os.ReadFile(name)
		fmt.Fprintf(&all, "\n%s:\n%s", filepath.Base(name), text[max(0, len(text)-4096):])
	}
	return all.String()
}

// file writes a file for the clients or the servers and gives its path.
func (s *stage) file(name string, content []byte) (string, error) {
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, content, 0o600)
}

// client runs a client that must succeed, and gives what it prints.
func (s *stage) client(c command) (string, error) { return c.succeed(s.dir) }

// socksify runs a client under Dante's own socksify, which sends its
// connections, what it listens for and its datagrams to the open port.
func (s *stage) socksify(protocol string, c command) (string, error) {
	conf, err := s.file(protocol+".conf", fmt.Appendf(nil,
		"route {\n\tfrom: 0/0 to: 0/0 via: 127.0.0.1 port = 1080\n\tcommand: %s\n\tproxyprotocol: %s\n\tmethod: none\n}\n",
		map[string]string{"socks_v4": "connect bind", "socks_v5": "connect bind udpassociate"}[protocol], protocol))
	if err != nil {
		return "", err
	}
	return s.client(command{
		Tool: "socksify", Args: append([]string{c.Tool}, c.Args...), Stdin: c.Stdin,
		// Everything here is on lo, which would otherwise be reached directly.
		Env: append([]string{"SOCKS_CONF=" + conf, "SOCKS_AUTOADD_LANROUTES=no"}, c.Env...),
	})
}

// logged waits until the daemon is at rest and finds lines that hold these
// texts, a line of its own for each, among those it has logged. Ports the
// kernel picked are written *.
func (s *stage) logged(texts ...string) error {
	if err := s.daemon.AwaitRest(); err != nil {
		return err
	}
	s.log = append(s.log, s.daemon.Lines()...)
	rest := make([]string, len(s.log))
	for i, line := range s.log {
		rest[i] = logline.Normal(logline.Message(line))
	}
	for _, text := range texts {
		at := slices.IndexFunc(rest, func(line string) bool { return strings.Contains(line, text) })
		if at < 0 {
			return fmt.Errorf("no line of the daemon's log (or too few) has %q", text)
		}
		rest = slices.Delete(rest, at, at+1)
	}
	return nil
}

// sameFile says whether a file has arrived whole.
func sameFile(path string, want []byte) error {
	got, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("%s: %d bytes, which are not the %d that were sent", filepath.Base(path), len(got), len(want))
	}
	return nil
}
