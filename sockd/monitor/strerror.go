package monitor

import (
	"errors"
	"strings"
	"syscall"
)

// strerror gives the C library's text of the system's reason in an error, or the error's own when it has none. Go's
// texts differ from C's by the case of the first letter.
func strerror(err error) string {
	var errno syscall.Errno
	if !errors.As(err, &errno) {
		return err.Error()
	}
	s := errno.Error()
	return strings.ToUpper(s[:1]) + s[1:]
}
