package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Some attributes belong to threads, and a Go program has many, whichever goroutine runs where.
// syscall.AllThreadsSyscall changes them all, but refuses to work in a program that links C code.

// setNoNewPrivs makes sure that no thread can gain rights by executing a program. A program with C code must have
// set it on its first thread, before there were others (package firstthread); here it is only checked.
func setNoNewPrivs() error {
	_, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0)
	switch errno {
	case 0:
		return nil
	case unix.ENOTSUP:
		return checkNoNewPrivs()
	}
	return os.NewSyscallError("prctl(PR_SET_NO_NEW_PRIVS)", errno)
}

// checkNoNewPrivs looks at every thread. One that is started meanwhile has it from the one that starts it.
func checkNoNewPrivs() error {
	tasks, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil || len(tasks) == 0 {
		return errors.New("cannot see whether no_new_privs is in force: no /proc")
	}
	for _, name := range tasks {
		status, err := os.ReadFile(name)
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ESRCH) {
			continue // the thread has ended
		}
		if err != nil {
			return err
		}
		if !bytes.Contains(status, []byte("\nNoNewPrivs:\t1\n")) {
			return fmt.Errorf("no_new_privs is not in force in %s", filepath.Dir(name))
		}
	}
	return nil
}

// dropBoundingSet empties the set of capabilities that an executed program could get, where we may: without rights
// there is nothing to drop that no_new_privs does not keep away already.
func dropBoundingSet() error {
	for c := uintptr(0); ; c++ {
		set, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, c, 0, 0, 0)
		if err != nil {
			return nil // beyond the last capability the kernel knows
		}
		if set == 0 {
			continue
		}
		_, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c, 0, 0, 0, 0)
		switch errno {
		case 0:
		case unix.EPERM, unix.ENOTSUP:
			return nil
		default:
			return os.NewSyscallError("prctl(PR_CAPBSET_DROP)", errno)
		}
	}
}

// dropCapabilities drops those that a user other than root can have: the ambient ones of a service manager, meant for
// the monitor. In a program with C code package firstthread has done it.
func dropCapabilities() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET,
		uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&none[0])), 0)
	if errno != 0 && errno != unix.ENOTSUP {
		return os.NewSyscallError("capset", errno)
	}
	return nil
}
