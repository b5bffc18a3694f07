package upstream

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// Source gives the address that the kernel would use towards a target, by connecting a UDP socket to it: that looks
// the way up as a TCP connection would, the rules for uids, ports and marks included, and sends nothing. An error
// means that there is no way.
func Source(target netip.AddrPort) (netip.Addr, error) {
	family := unix.AF_INET
	if target.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return netip.Addr{}, err
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, sockaddr(target)); err != nil {
		return netip.Addr{}, err
	}
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return netip.Addr{}, err
	}
	return AddrPort(sa).Addr(), nil
}
