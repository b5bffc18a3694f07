package sandbox

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Profile is what a child should find itself to be, and what it needs.
type Profile struct {
	UID, GID uint32
	// AnyGroups says that whoever started us could not drop supplementary groups. Otherwise there must be none but
	// the primary group.
	AnyGroups bool
	// ManyDescriptors raises the limit of open files as far as it goes.
	ManyDescriptors bool
}

// Enter closes the sandbox around the whole process, all threads of it, and checks afterwards what is so. After an
// error the process must exit.
func Enter(p Profile) error {
	if err := p.checkIDs(); err != nil {
		return err
	}
	if err := setNoNewPrivs(); err != nil {
		return err
	}
	if err := dropBoundingSet(); err != nil {
		return err
	}
	if p.UID != 0 {
		if err := dropCapabilities(); err != nil {
			return err
		}
	}
	// Nobody of the same user may read our memory. A core file would hold passwords.
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl(PR_SET_DUMPABLE)", err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return os.NewSyscallError("setrlimit(RLIMIT_CORE)", err)
	}
	if p.ManyDescriptors {
		if err := raiseDescriptors(); err != nil {
			return err
		}
	}
	return p.check()
}

// raiseDescriptors raises the soft limit of open files to the hard limit.
func raiseDescriptors() error {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return os.NewSyscallError("getrlimit(RLIMIT_NOFILE)", err)
	}
	l.Cur = l.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return os.NewSyscallError("setrlimit(RLIMIT_NOFILE)", err)
	}
	return nil
}

// check asks the kernel for the facts that everything else relies on.
func (p Profile) check() error {
	if err := p.checkIDs(); err != nil {
		return err
	}
	if on, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); err != nil || on != 1 {
		return errors.New("no_new_privs is not in force")
	}
	if on, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); err != nil || on != 0 {
		return errors.New("the process can still be dumped")
	}
	if p.UID == 0 {
		return nil
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return os.NewSyscallError("capget", err)
	}
	for _, s := range sets {
		if s.Effective|s.Permitted != 0 {
			return errors.New("the process has capabilities although it is not root's")
		}
	}
	return nil
}

// checkIDs compares all ids, the saved ones too, with what was meant.
func (p Profile) checkIDs() error {
	ruid, euid, suid := unix.Getresuid()
	rgid, egid, sgid := unix.Getresgid()
	for _, id := range []int{ruid, euid, suid} {
		if uint32(id) != p.UID {
			return fmt.Errorf("user ids %d, %d, %d, and not all %d", ruid, euid, suid, p.UID)
		}
	}
	for _, id := range []int{rgid, egid, sgid} {
		if uint32(id) != p.GID {
			return fmt.Errorf("group ids %d, %d, %d, and not all %d", rgid, egid, sgid, p.GID)
		}
	}
	if p.AnyGroups {
		return nil
	}
	groups, err := unix.Getgroups()
	if err != nil {
		return os.NewSyscallError("getgroups", err)
	}
	for _, g := range groups {
		if uint32(g) != p.GID {
			return fmt.Errorf("supplementary groups %v where there should be none", groups)
		}
	}
	return nil
}
