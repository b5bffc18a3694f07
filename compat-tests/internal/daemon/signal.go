package daemon

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// Pid is the process id of the daemon's first process.
func (d *Daemon) Pid() int { return d.cmd.Process.Pid }

// Signal sends a signal to the daemon's first process.
func (d *Daemon) Signal(s syscall.Signal) error { return d.cmd.Process.Signal(s) }

// Reload writes a new configuration and tells the daemon to read it.
func (d *Daemon) Reload(config string) error {
	if err := os.WriteFile(d.file, []byte(config), 0o644); err != nil {
		return err
	}
	return d.Signal(syscall.SIGHUP)
}

// AwaitLine waits for a line with that text among the lines from offset on, and
// gives the offset after the log as it is then.
func (d *Daemon) AwaitLine(offset int, text string) (int, error) {
	next := offset
	err := Until(func() (bool, error) {
		log := d.wholeLog()
		next = len(log)
		return strings.Contains(log[min(offset, next):], text), nil
	})
	if err != nil {
		return next, fmt.Errorf("no line with %q in the log: %w\n%s", text, err, d.wholeLog()[min(offset, next):])
	}
	return next, nil
}

// Log is the log so far.
func (d *Daemon) Log() string { return d.wholeLog() }

// LogSize is how many bytes the log has.
func (d *Daemon) LogSize() int64 { return d.logSize() }

// LogFrom is the log from an offset on.
func (d *Daemon) LogFrom(offset int64) string {
	text := make([]byte, max(d.logSize()-offset, 0))
	n, _ := d.log.ReadAt(text, offset)
	return string(text[:n])
}

// AwaitExit waits until the first process has ended and gives its exit status,
// or 128 and the signal that ended it.
func (d *Daemon) AwaitExit() (int, error) {
	if err := Until(func() (bool, error) { return !d.Alive(), nil }); err != nil {
		return 0, fmt.Errorf("the daemon goes on: %w", err)
	}
	if w, ok := d.cmd.ProcessState.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal()), nil
	}
	return d.cmd.ProcessState.ExitCode(), nil
}

// Processes lists the processes of the daemon: all of the namespace but this
// one.
func Processes() ([]int, error) { return processes() }

// Status is a line of /proc/PID/status, without its name.
func Status(pid int, name string) (string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return "", err
	}
	return field(append([]byte("\n"), text...), name), nil
}
