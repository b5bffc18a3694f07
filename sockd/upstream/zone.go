package upstream

import (
	"net"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/sockd/kernel"
)

func bind(fd int, at netip.AddrPort) error {
	if at.Addr().Zone() != "" {
		return unix.Bind(fd, sockaddr(at))
	}
	return kernel.Bind(fd, at)
}

func connect(fd int, to netip.AddrPort) error {
	if to.Addr().Zone() != "" {
		return unix.Connect(fd, sockaddr(to))
	}
	return kernel.Connect(fd, to)
}

// zone gives the interface index of a scoped IPv6 address, 0 for any other.
func zone(a netip.Addr) uint32 {
	if a.Zone() == "" {
		return 0
	}
	if n, err := strconv.ParseUint(a.Zone(), 10, 32); err == nil {
		return uint32(n)
	}
	ifi, err := net.InterfaceByName(a.Zone())
	if err != nil {
		return 0
	}
	return uint32(ifi.Index)
}
