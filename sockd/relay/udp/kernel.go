package udp

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls of the fast path. None of them blocks, so the scheduler need not hear of them.

// message is the kernel's mmsghdr.
type message struct {
	header unix.Msghdr
	size   uint32
}

// rawAddress is room for a socket address of either family.
type rawAddress struct {
	bytes [unix.SizeofSockaddrInet6]byte
	size  uint32
}

func (r *rawAddress) same(o *rawAddress) bool {
	return r.size == o.size && string(r.bytes[:r.size]) == string(o.bytes[:o.size])
}

// set makes it an address, as the kernel writes it.
func (r *rawAddress) set(a netip.AddrPort) {
	*r = rawAddress{size: unix.SizeofSockaddrInet4}
	family := uint16(unix.AF_INET)
	if a.Addr().Is6() {
		family, r.size = unix.AF_INET6, unix.SizeofSockaddrInet6
	}
	binary.NativeEndian.PutUint16(r.bytes[:], family)
	binary.BigEndian.PutUint16(r.bytes[2:], a.Port())
	if a.Addr().Is6() {
		ip := a.Addr().As16()
		copy(r.bytes[8:], ip[:])
		return
	}
	ip := a.Addr().As4()
	copy(r.bytes[4:], ip[:])
}

// get is the address; not valid when the kernel gave none.
func (r *rawAddress) get() netip.AddrPort {
	port := binary.BigEndian.Uint16(r.bytes[2:])
	switch {
	case r.size >= unix.SizeofSockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16([16]byte(r.bytes[8:24])).Unmap(), port)
	case r.size >= unix.SizeofSockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(r.bytes[4:8])), port)
	}
	return netip.AddrPort{}
}

func receiveMany(fd int32, m []message) (int, syscall.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(m))),
			uintptr(len(m)), unix.MSG_DONTWAIT, 0, 0)
		if errno != syscall.EINTR {
			return result(n, errno)
		}
	}
}

func sendMany(fd int32, m []message) (int, syscall.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(m))),
			uintptr(len(m)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		if errno != syscall.EINTR {
			return result(n, errno)
		}
	}
}

// sendOne sends to an address, nil where the socket is connected.
func sendOne(fd int32, p []byte, to *rawAddress) syscall.Errno {
	var name, size uintptr
	if to != nil {
		name, size = uintptr(unsafe.Pointer(&to.bytes)), uintptr(to.size)
	}
	for {
		_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)),
			unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, name, size)
		if errno != syscall.EINTR {
			return errno
		}
	}
}

// sendMessage sends a message of one part.
func sendMessage(fd int32, m *message) syscall.Errno {
	v := m.header.Iov
	for {
		_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(v.Base)), uintptr(v.Len),
			unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, uintptr(unsafe.Pointer(m.header.Name)), uintptr(m.header.Namelen))
		if errno != syscall.EINTR {
			return errno
		}
	}
}

func receiveStream(fd int32, p []byte) (int, syscall.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)),
			unix.MSG_DONTWAIT, 0, 0)
		if errno != syscall.EINTR {
			return result(n, errno)
		}
	}
}

// connectTo connects a socket, or has it connected to nobody with an address that is not valid. Its port stays.
func connectTo(fd int32, to netip.AddrPort) syscall.Errno {
	var raw rawAddress
	if to.IsValid() {
		raw.set(to)
	} else {
		raw.size = unix.SizeofSockaddrInet4
		binary.NativeEndian.PutUint16(raw.bytes[:], unix.AF_UNSPEC)
	}
	_, _, errno := unix.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&raw.bytes)), uintptr(raw.size))
	return errno
}

// bindTo binds a socket.
func bindTo(fd int32, at netip.AddrPort) syscall.Errno {
	var raw rawAddress
	raw.set(at)
	_, _, errno := unix.RawSyscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&raw.bytes)), uintptr(raw.size))
	return errno
}

// pollEvents gives the events there are.
func pollEvents(epoll int, events []unix.EpollEvent) (int, syscall.Errno) {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(epoll), uintptr(unsafe.Pointer(unsafe.SliceData(events))),
		uintptr(len(events)), 0, 0, 0)
	return result(n, errno)
}

func result(n uintptr, errno syscall.Errno) (int, syscall.Errno) {
	if errno != 0 {
		return 0, errno
	}
	return int(n), 0
}
