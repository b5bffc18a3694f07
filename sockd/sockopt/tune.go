package sockopt

import (
	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/sockd/kernel"
)

// Tune sets the options that all sockets have unless the configuration says otherwise: data is sent without delay,
// urgent data comes with the rest, and, if wanted, a peer that is gone is noticed. The sockets of clients inherit them
// from the listener.
func Tune(fd int, keepAlive bool) error {
	if err := kernel.SetInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return err
	}
	if err := kernel.SetInt(fd, unix.SOL_SOCKET, unix.SO_OOBINLINE, 1); err != nil {
		return err
	}
	if !keepAlive {
		return nil
	}
	return kernel.SetInt(fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1)
}
