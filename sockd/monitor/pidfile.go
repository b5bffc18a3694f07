package monitor

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// pidFile is the file with our pid. It stays open, so that it can be emptied whatever becomes of its folder.
type pidFile struct{ f *os.File }

// writePidFile writes our pid. danted also keeps running without a pid file, so a failure is only worth a warning.
func writePidFile(path string) (*pidFile, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|unix.O_CLOEXEC|unix.O_NOCTTY, 0o644)
	if err != nil {
		return nil, err
	}
	// Nothing of an earlier, longer pid may be left behind ours.
	if err := f.Truncate(0); err != nil {
		f.Close()
		return nil, err
	}
	if _, err := f.WriteString(strconv.Itoa(os.Getpid()) + "\n"); err != nil {
		f.Close()
		return nil, err
	}
	return &pidFile{f}, nil
}

// empty truncates the file at exit; it is never removed, as danted's is not.
func (p *pidFile) empty() {
	if p != nil {
		_ = p.f.Truncate(0)
		p.f.Close()
	}
}
