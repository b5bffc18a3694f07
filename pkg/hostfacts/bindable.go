package hostfacts

import (
	"net"
	"net/netip"
	"os"
	"syscall"
)

// Bindable tries to bind a TCP socket to the address.
func (l *Live) Bindable(a netip.Addr) error {
	family, sa, err := sockaddr(a)
	if err != nil {
		return err
	}
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	defer func() { _ = syscall.Close(fd) }() // nothing was written to it
	return syscall.Bind(fd, sa)
}

func sockaddr(a netip.Addr) (int, syscall.Sockaddr, error) {
	if a.Is4() {
		return syscall.AF_INET, &syscall.SockaddrInet4{Addr: a.As4()}, nil
	}
	sa := &syscall.SockaddrInet6{Addr: a.As16()}
	if zone := a.Zone(); zone != "" {
		i, err := net.InterfaceByName(zone)
		if err != nil {
			return 0, nil, err
		}
		sa.ZoneId = uint32(i.Index)
	}
	return syscall.AF_INET6, sa, nil
}
