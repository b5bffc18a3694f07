package upstream

import (
	"context"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Bind gives a non-blocking TCP socket with the wanted address or, when the port is not to be had, another port of it,
// and tells which. Nobody can connect before it listens. The descriptor is the caller's.
func Bind(ctx context.Context, local netip.AddrPort, claim Claim) (int, netip.AddrPort, error) {
	if claim != nil && local.Port() > 0 && local.Port() < lowPorts {
		if fd, ok := claim(ctx, local); ok {
			return fd, localAddr(fd, local), nil
		}
	}
	family := unix.AF_INET
	if local.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, local, err
	}
	if local.Port() >= lowPorts && unix.Bind(fd, sockaddr(local)) == nil {
		return fd, local, nil
	}
	if err := unix.Bind(fd, sockaddr(netip.AddrPortFrom(local.Addr(), 0))); err != nil {
		unix.Close(fd)
		return -1, local, err
	}
	return fd, localAddr(fd, local), nil
}
