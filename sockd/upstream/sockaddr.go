package upstream

import (
	"net/netip"

	"golang.org/x/sys/unix"
)

// Sockaddr converts an address for the kernel.
func Sockaddr(a netip.AddrPort) unix.Sockaddr { return sockaddr(a) }
