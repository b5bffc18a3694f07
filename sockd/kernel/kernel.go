// Package kernel makes the system calls of the fast path that never wait, without telling Go's scheduler: each is over
// before that could do anything useful, and a processor that it takes away in the middle of one has to be waken again.
// Closing a socket waits where so_linger is set; such sockets are unlingered first.
//
// It is not for calls off the fast path; those are package unix's.
package kernel

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Accept takes a client of a non-blocking listener.
func Accept(listener int) (fd int, client netip.AddrPort, errno syscall.Errno) {
	var sa unix.RawSockaddrAny
	size := uint32(unsafe.Sizeof(sa))
	n, _, errno := unix.RawSyscall6(unix.SYS_ACCEPT4, uintptr(listener), uintptr(unsafe.Pointer(&sa)),
		uintptr(unsafe.Pointer(&size)), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
	if errno != 0 {
		return -1, netip.AddrPort{}, errno
	}
	return int(n), addrPort(&sa), 0
}

// LocalAddress gives a socket's own address.
func LocalAddress(fd int) (netip.AddrPort, syscall.Errno) {
	var sa unix.RawSockaddrAny
	size := uint32(unsafe.Sizeof(sa))
	_, _, errno := unix.RawSyscall(unix.SYS_GETSOCKNAME, uintptr(fd), uintptr(unsafe.Pointer(&sa)), uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		return netip.AddrPort{}, errno
	}
	return addrPort(&sa), 0
}

// addrPort converts a socket address; IPv4-mapped ones become IPv4.
func addrPort(sa *unix.RawSockaddrAny) netip.AddrPort {
	switch sa.Addr.Family {
	case unix.AF_INET:
		in := (*unix.RawSockaddrInet4)(unsafe.Pointer(sa))
		return netip.AddrPortFrom(netip.AddrFrom4(in.Addr), swapped(in.Port))
	case unix.AF_INET6:
		in := (*unix.RawSockaddrInet6)(unsafe.Pointer(sa))
		return netip.AddrPortFrom(netip.AddrFrom16(in.Addr).Unmap(), swapped(in.Port))
	}
	return netip.AddrPort{}
}

// swapped turns a port from the network's order into the machine's, or back.
func swapped(p uint16) uint16 { return binary.BigEndian.Uint16((*[2]byte)(unsafe.Pointer(&p))[:]) }

// raw writes an address as the kernel takes it and gives its length. It must have no zone.
func raw(a netip.AddrPort, sa *unix.RawSockaddrAny) uintptr {
	if ip := a.Addr(); ip.Is4() {
		*(*unix.RawSockaddrInet4)(unsafe.Pointer(sa)) = unix.RawSockaddrInet4{
			Family: unix.AF_INET, Port: swapped(a.Port()), Addr: ip.As4(),
		}
		return unix.SizeofSockaddrInet4
	}
	*(*unix.RawSockaddrInet6)(unsafe.Pointer(sa)) = unix.RawSockaddrInet6{
		Family: unix.AF_INET6, Port: swapped(a.Port()), Addr: a.Addr().As16(),
	}
	return unix.SizeofSockaddrInet6
}

// Stream gives a non-blocking TCP socket of the family of an address.
func Stream(of netip.Addr) (int, error) {
	family := uintptr(unix.AF_INET)
	if of.Is6() {
		family = unix.AF_INET6
	}
	n, _, errno := unix.RawSyscall(unix.SYS_SOCKET, family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	return int(n), failed(errno)
}

// Bind binds a socket to an address, which has no zone.
func Bind(fd int, at netip.AddrPort) error {
	var sa unix.RawSockaddrAny
	size := raw(at, &sa)
	_, _, errno := unix.RawSyscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&sa)), size)
	return failed(errno)
}

// Connect begins to connect a non-blocking socket to an address, which has no zone.
func Connect(fd int, to netip.AddrPort) error {
	var sa unix.RawSockaddrAny
	size := raw(to, &sa)
	_, _, errno := unix.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&sa)), size)
	return failed(errno)
}

// SetInt sets a socket option that is an int.
func SetInt(fd, level, option int, value int32) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), uintptr(level), uintptr(option),
		uintptr(unsafe.Pointer(&value)), unsafe.Sizeof(value), 0)
	return failed(errno)
}

// Send writes what a socket takes now.
func Send(fd int, p []byte) (int, syscall.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))),
			uintptr(len(p)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		switch errno {
		case 0:
			return int(n), 0
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}

// Discard takes what has come on a connection, but not for ever.
func Discard(fd int) {
	var b [4096]byte
	for range 16 {
		if n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&b)), unsafe.Sizeof(b),
			unix.MSG_DONTWAIT, 0, 0); errno != 0 || n == 0 {
			return
		}
	}
}

// ShutdownWrite tells the peer that nothing more will come.
func ShutdownWrite(fd int) error {
	_, _, errno := unix.RawSyscall(unix.SYS_SHUTDOWN, uintptr(fd), unix.SHUT_WR, 0)
	return failed(errno)
}

// Close closes a descriptor. There is nothing to be done about an error.
func Close(fd int) { _, _, _ = unix.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) }

// EpollControl changes what an epoll instance watches.
func EpollControl(epoll, op, fd int, event *unix.EpollEvent) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(epoll), uintptr(op), uintptr(fd), uintptr(unsafe.Pointer(event)), 0, 0)
	return failed(errno)
}

func failed(errno syscall.Errno) error {
	if errno != 0 {
		return errno
	}
	return nil
}
