package sockopt

import "golang.org/x/sys/unix"

// Unlinger lets close(2) of a socket return at once: so_linger would have it wait for the peer, also on a non-blocking
// socket, and with it everybody whom the thread serves. What is not sent yet, the kernel sends all the same. A socket
// that is to be reset is left alone.
func Unlinger(fd int) {
	if l, err := unix.GetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER); err == nil && l.Onoff != 0 && l.Linger > 0 {
		_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{})
	}
}
