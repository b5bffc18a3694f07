package relay

import "golang.org/x/sys/unix"

// Tune sets the options that both sockets of a session should have: data is sent without delay, urgent data comes
// with the rest, and, if wanted, a peer that is gone is noticed.
func Tune(fd int, keepAlive bool) error {
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_OOBINLINE, 1); err != nil {
		return err
	}
	if !keepAlive {
		return nil
	}
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
}
