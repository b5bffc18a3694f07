package lifecycle

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

// stopped is what a stop did.
type stopped struct {
	PidBefore string // the pid file
	PidAfter  string
	Pid       int
	Exit      int
	Log       []string
	Left      []string // processes that are still there
	Transfer  string   // "" when the session of before came to its proper end
}

// stopIdle ends a daemon that has nothing to do.
func stopIdle(sig syscall.Signal) func(*scene) (stopped, error) {
	return func(s *scene) (stopped, error) {
		r := stopped{Pid: s.Pid()}
		before, err := os.ReadFile(filepath.Join(sandbox.Dir, "pid"))
		if err != nil {
			return r, err
		}
		r.PidBefore = string(before)
		at := len(s.Log())
		if err := s.Signal(sig); err != nil {
			return r, err
		}
		return r, s.ended(&r, at)
	}
}

// stopDraining ends a daemon with a session that has not finished.
func stopDraining(s *scene) (stopped, error) {
	r := stopped{Pid: s.Pid()}
	near, far, end, err := s.session()
	if err != nil {
		return r, err
	}
	defer end()
	at := len(s.Log())
	if err := s.Signal(syscall.SIGTERM); err != nil {
		return r, err
	}
	if _, err := s.AwaitLine(at, "exiting on signal 15"); err != nil {
		return r, err
	}
	if err := daemon.Until(func() (bool, error) { return s.serves(server, open) != "", nil }); err != nil {
		return r, fmt.Errorf("new clients are still served: %w", err)
	}
	if err := finish(near, far); err != nil {
		r.Transfer = err.Error()
	}
	return r, s.ended(&r, at)
}

// ended waits for the end and notes what it left.
func (s *scene) ended(r *stopped, at int) error {
	var err error
	if r.Exit, err = s.AwaitExit(); err != nil {
		return err
	}
	r.Log = strings.Split(strings.TrimSpace(s.Log()[at:]), "\n")
	after, err := os.ReadFile(filepath.Join(sandbox.Dir, "pid"))
	if err != nil {
		return err
	}
	r.PidAfter = string(after)
	pids, err := daemon.Processes()
	if err != nil {
		return err
	}
	for _, pid := range pids {
		name, err := daemon.Status(pid, "Name:")
		state, err2 := daemon.Status(pid, "State:")
		if err == nil && err2 == nil && !strings.HasPrefix(state, "Z") {
			r.Left = append(r.Left, name)
		}
	}
	return nil
}

// crash is what the death of the worker did.
type crash struct {
	Refused int
	Served  int
	Log     string
}

// killWorker kills the worker again and again under a stream of clients.
func killWorker(s *scene) (crash, error) {
	var c crash
	for range 5 {
		pid, err := find("rustsocks-worke") // the kernel cuts the name
		if err != nil {
			return c, err
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			return c, err
		}
		if err := daemon.Until(func() (bool, error) {
			switch problem := s.serves(server, open); {
			case problem == "":
				c.Served++
				return true, nil
			case strings.Contains(problem, "connection refused"):
				c.Refused++
			}
			return false, nil
		}); err != nil {
			return c, err
		}
	}
	c.Log = s.Log()
	return c, nil
}

func find(command string) (int, error) {
	pids, err := daemon.Processes()
	if err != nil {
		return 0, err
	}
	for _, pid := range pids {
		if name, err := daemon.Status(pid, "Name:"); err == nil && name == command {
			return pid, nil
		}
	}
	return 0, fmt.Errorf("no process %s", command)
}

// status is the answer to SIGUSR1 with one session that moves data.
func status(s *scene) ([]string, error) {
	near, far, end, err := s.session()
	if err != nil {
		return nil, err
	}
	defer end()
	if err := pass(near, far, 1600); err != nil {
		return nil, err
	}
	if err := s.AwaitRest(); err != nil {
		return nil, err
	}
	at := len(s.Log())
	if err := s.Signal(syscall.SIGUSR1); err != nil {
		return nil, err
	}
	if _, err := s.AwaitLine(at, "<->"); err != nil {
		return nil, err
	}
	return strings.Split(strings.TrimSpace(s.Log()[at:]), "\n"), nil
}
