package differential

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"golang.org/x/sys/unix"
)

// ownAddresses make lo an interface of several addresses of each family. Every
// address of 127/8 can be used anyway, but only these are the interface's own,
// which a rule that names it covers.
var ownAddresses = addresses("127.0.0.20", "127.1.2.3", "2001:db8::1")

// addToLoopback gives lo more addresses, with RTM_NEWADDR: the older ioctl
// would make aliases with names of their own.
func addToLoopback(all []netip.Addr) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for _, address := range all {
		if err := unix.Sendto(fd, newAddress(address), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
			return fmt.Errorf("adding %s to lo: %w", address, err)
		}
		var answer [256]byte
		n, _, err := unix.Recvfrom(fd, answer[:], 0)
		if err != nil {
			return fmt.Errorf("adding %s to lo: %w", address, err)
		}
		if n < unix.NLMSG_HDRLEN+4 {
			return fmt.Errorf("adding %s to lo: an answer of %d bytes", address, n)
		}
		if errno := -int32(binary.NativeEndian.Uint32(answer[unix.NLMSG_HDRLEN:])); errno != 0 {
			return fmt.Errorf("adding %s to lo: %w", address, unix.Errno(errno))
		}
	}
	return nil
}

// newAddress is the message: header, ifaddrmsg, and the address as attribute.
func newAddress(address netip.Addr) []byte {
	const loopback = 1 // the first interface of every network namespace
	family := byte(unix.AF_INET)
	if address.Is6() {
		family = unix.AF_INET6
	}
	var m []byte
	u16 := func(v uint16) { m = binary.NativeEndian.AppendUint16(m, v) }
	u32 := func(v uint32) { m = binary.NativeEndian.AppendUint32(m, v) }
	raw := address.AsSlice()
	u32(uint32(unix.NLMSG_HDRLEN + unix.SizeofIfAddrmsg + unix.SizeofRtAttr + len(raw)))
	u16(unix.RTM_NEWADDR)
	u16(unix.NLM_F_REQUEST | unix.NLM_F_ACK | unix.NLM_F_CREATE)
	u32(1)
	u32(0)
	// Without NODAD an IPv6 address cannot be bound for a while.
	m = append(m, family, byte(address.BitLen()), unix.IFA_F_NODAD, unix.RT_SCOPE_UNIVERSE)
	u32(loopback)
	u16(uint16(unix.SizeofRtAttr + len(raw)))
	u16(unix.IFA_LOCAL)
	return append(m, raw...)
}
