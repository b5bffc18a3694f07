package daemon

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

// Patience is how long anything local may take before a test gives up.
const Patience = 20 * time.Second

// A Daemon is a running danted.
type Daemon struct {
	file   string // its configuration
	cmd    *exec.Cmd
	exited chan struct{} // closed once cmd has been waited for
	log    *os.File
	seen   int64 // how much of the log Lines has returned
}

// running is what both daemons log when they have started.
const running = " running"

// Start runs the program with the given configuration, which must have
// "logoutput: stderr", and waits until it serves. One at a time in a sandbox.
func Start(program, config string) (*Daemon, error) { return StartBeside("", program, config) }

// StartBeside is Start for several in a sandbox, each with a name for its files,
// and with variables for its environment. Stopping one stops all.
func StartBeside(name, program, config string, env ...string) (*Daemon, error) {
	configFile := filepath.Join(sandbox.Dir, name+"danted.conf")
	if err := os.WriteFile(configFile, []byte(config), 0o644); err != nil {
		return nil, err
	}
	log, err := os.OpenFile(filepath.Join(sandbox.Dir, name+"log"), os.O_CREATE|os.O_TRUNC|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}

	d := &Daemon{file: configFile, log: log, exited: make(chan struct{})}
	d.cmd = Command(program, "-f", configFile, "-p", filepath.Join(sandbox.Dir, name+"pid"))
	d.cmd.Env = append(d.cmd.Env, env...)
	d.cmd.Stdout = log
	d.cmd.Stderr = log
	if err := d.cmd.Start(); err != nil {
		log.Close()
		return nil, err
	}
	go func() {
		d.cmd.Wait()
		close(d.exited)
	}()

	if err := d.waitUntilServing(); err != nil {
		text := d.wholeLog()
		d.Stop()
		return nil, fmt.Errorf("%w; its log:\n%s", err, text)
	}
	return d, nil
}

// Command is the program in the environment every daemon of the tests gets.
func Command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Dir = sandbox.Dir
	cmd.Env = []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"TMPDIR=" + filepath.Join(sandbox.Dir, "tmp"),
		"LC_ALL=C",
		"TZ=UTC",
	}
	return cmd
}

func (d *Daemon) waitUntilServing() error {
	err := Until(func() (bool, error) {
		select {
		case <-d.exited:
			return false, fmt.Errorf("the daemon has exited: %v", d.cmd.ProcessState)
		default:
		}
		return strings.Contains(d.wholeLog(), running), nil
	})
	if err != nil {
		return err
	}
	return d.AwaitRest()
}

// Alive says whether the first process of the daemon is still there.
func (d *Daemon) Alive() bool {
	select {
	case <-d.exited:
		return false
	default:
		return true
	}
}

// Stop ends the daemon with SIGTERM and then whatever is left of it.
func (d *Daemon) Stop() error {
	defer d.log.Close()
	d.cmd.Process.Signal(syscall.SIGTERM)
	stopErr := Until(func() (bool, error) { return !d.Alive(), nil })
	if stopErr != nil {
		stopErr = fmt.Errorf("the daemon did not stop on SIGTERM: %w", stopErr)
	}
	return errors.Join(stopErr, KillOthers())
}

// KillOthers empties the process namespace. The children of the real danted
// outlive their mother.
func KillOthers() error {
	if os.Getpid() != 1 {
		return errors.New("not the first process of a namespace: killing everything is out of the question")
	}
	return Until(func() (bool, error) {
		others, err := processes()
		if err != nil || len(others) == 0 {
			return err == nil, err
		}
		for _, pid := range others {
			syscall.Kill(pid, syscall.SIGKILL)
			// Orphans become children of this process.
			syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		}
		return false, nil
	})
}

// Lines returns the log lines since the last call.
func (d *Daemon) Lines() []string {
	text := make([]byte, d.logSize()-d.seen)
	n, _ := d.log.ReadAt(text, d.seen)
	end := strings.LastIndexByte(string(text[:n]), '\n') + 1
	d.seen += int64(end)
	if end == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(text[:end]), "\n"), "\n")
}

func (d *Daemon) logSize() int64 {
	info, err := d.log.Stat()
	if err != nil {
		return d.seen
	}
	return info.Size()
}

func (d *Daemon) wholeLog() string {
	text := make([]byte, d.logSize())
	n, _ := d.log.ReadAt(text, 0)
	return string(text[:n])
}

// Until waits for a condition that nothing announces.
func Until(condition func() (bool, error)) error {
	deadline := time.Now().Add(Patience)
	tick := time.NewTicker(300 * time.Microsecond)
	defer tick.Stop()
	for {
		done, err := condition()
		if done || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waited %v in vain", Patience)
		}
		<-tick.C
	}
}
