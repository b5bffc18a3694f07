package sockd

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/logx"
	"github.com/rustsocks/rustsocks/sockd/kernel"
)

// detach takes the descriptor out of the runtime's poller and closes f. The new descriptor is the caller's.
func detach(f *os.File) (int, error) {
	defer f.Close()
	raw, err := f.SyscallConn()
	if err != nil {
		return -1, err
	}
	fd, dupErr := -1, error(nil)
	if err := raw.Control(func(old uintptr) { fd, dupErr = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) }); err != nil {
		return -1, err
	}
	return fd, dupErr
}

// closeDescriptor closes a descriptor nobody else owns. There is nothing to be done about an error.
func closeDescriptor(fd int) { kernel.Close(fd) }

// errno gives the kernel's error in err, nil when there is none.
func errno(err error) error {
	var e unix.Errno
	if errors.As(err, &e) {
		return e
	}
	return nil
}

// visible makes client bytes printable for a log line, as Dante does.
func visible(p []byte) string { return logx.Vis(p) }
