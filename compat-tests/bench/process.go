package bench

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

// proxy is where every server listens.
var proxy = netip.MustParseAddrPort("127.0.0.1:1080")

// Where a server finds its configuration and may write its log.
var (
	configFile = filepath.Join(sandbox.Dir, "config")
	logFile    = filepath.Join(sandbox.Dir, "log")
)

// A process is a running server.
type process struct {
	group  group
	server Server
	cmd    *exec.Cmd
	exited chan struct{}
}

// join is a shell script that enters the control groups named by its first
// arguments and becomes what the others say, with as many descriptors as the
// machine allows.
const join = `
ulimit -n "$(ulimit -Hn)"
while [ "$1" != -- ]; do echo 0 >"$1" || exit 1; shift; done
shift
exec "$@"`

// start starts a server with rules that block networks, in its group, and waits
// until it serves.
func start(server Server, g group, networks []string) (*process, error) {
	p := &process{group: g, server: server, exited: make(chan struct{})}
	if err := p.configure(networks); err != nil {
		return nil, err
	}
	output, err := os.Create(filepath.Join(sandbox.Dir, "output"))
	if err != nil {
		return nil, err
	}
	defer output.Close()

	arguments := strings.NewReplacer("{dir}", sandbox.Dir, "{config}", configFile).Replace(server.Arguments)
	words := append([]string{"-c", join, "sh"}, g.Join...)
	words = append(words, "--", sandbox.Program(server.Name))
	p.cmd = daemon.Command("/bin/sh", append(words, strings.Fields(arguments)...)...)
	p.cmd.Stdout = output
	p.cmd.Stderr = output
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.cmd.Wait()
		close(p.exited)
	}()
	if err := p.awaitServing(); err != nil {
		return nil, fmt.Errorf("%w; it printed:\n%s", err, p.printed())
	}
	return p, nil
}

// configure writes the configuration.
func (p *process) configure(networks []string) error {
	return os.WriteFile(configFile, []byte(p.server.configuration(sandbox.Dir, networks)), 0o644)
}

// reload has the server read its configuration again.
func (p *process) reload() error { return p.cmd.Process.Signal(syscall.SIGHUP) }

func (p *process) awaitServing() error {
	err := daemon.Until(func() (bool, error) {
		select {
		case <-p.exited:
			return false, fmt.Errorf("the server has exited: %v", p.cmd.ProcessState)
		default:
		}
		conn, err := net.Dial("tcp4", proxy.String())
		if err != nil {
			return false, nil
		}
		return true, conn.Close()
	})
	if err != nil {
		return err
	}
	return daemon.AwaitRest()
}

// printed is the end of what the server printed or logged.
func (p *process) printed() string {
	var all []string
	for _, file := range []string{filepath.Join(sandbox.Dir, "output"), logFile} {
		text, _ := os.ReadFile(file)
		all = append(all, string(text[max(0, len(text)-2000):]))
	}
	return strings.Join(all, "\n")
}

// stop ends the server.
func (p *process) stop() error {
	p.cmd.Process.Signal(syscall.SIGKILL)
	<-p.exited
	return errors.Join(daemon.KillOthers(), os.RemoveAll(logFile))
}
