package logx

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// The functions here open devices and are for the privileged side only.

// OpenFile opens a log file for appending. It tells whether it had to create the file.
func OpenFile(path string) (f *os.File, created bool, err error) {
	const flags = os.O_WRONLY | os.O_APPEND | unix.O_CLOEXEC | unix.O_NOCTTY
	f, err = os.OpenFile(path, flags, 0)
	if err == nil || !errors.Is(err, os.ErrNotExist) {
		return f, false, err
	}
	f, err = os.OpenFile(path, flags|os.O_CREATE|os.O_EXCL, 0o640)
	if errors.Is(err, os.ErrExist) { // somebody was faster, or it is a symbolic link to a file that is not there yet
		f, err = os.OpenFile(path, flags|os.O_CREATE, 0o640)
		return f, false, err
	}
	return f, err == nil, err
}

// OpenStandard gives a descriptor of its own for a standard stream.
func OpenStandard(stream *os.File) (*os.File, error) {
	fd, err := unix.FcntlInt(stream.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	return os.NewFile(uintptr(fd), stream.Name()), nil
}

// OpenSyslog gives a socket for syslog lines. That nobody listens is no error: it is tried again at each line, so a
// syslog daemon may come later.
func OpenSyslog() (*os.File, error) { return openSyslog(SyslogPath) }

func openSyslog(path string) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	// A syslog daemon that hangs must not hang whoever logs.
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_SNDTIMEO, &unix.Timeval{Sec: 1}); err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("setsockopt", err)
	}
	_ = unix.Connect(fd, &unix.SockaddrUnix{Name: path})
	return os.NewFile(uintptr(fd), path), nil
}
