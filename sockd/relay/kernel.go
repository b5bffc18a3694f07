package relay

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls of the fast path. None of them blocks, so the scheduler need not hear of them.

func recv(fd int32, p []byte) (int, syscall.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)),
			unix.MSG_DONTWAIT, 0, 0)
		if errno != syscall.EINTR {
			return result(n, errno)
		}
	}
}

func splice(from, to int32, size int) (int, syscall.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_SPLICE, uintptr(from), 0, uintptr(to), 0, uintptr(size),
			unix.SPLICE_F_MOVE|unix.SPLICE_F_NONBLOCK)
		if errno != syscall.EINTR {
			return result(n, errno)
		}
	}
}

// epollPoll gives the events there are.
func epollPoll(epoll int, events []unix.EpollEvent) (int, syscall.Errno) {
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
