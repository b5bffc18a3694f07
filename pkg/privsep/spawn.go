package privsep

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// libexecDir is where programs are looked for that are not beside the running one. Set when linking, with
// -X github.com/rustsocks/rustsocks/pkg/privsep.libexecDir=DIR.
var libexecDir = "/usr/libexec/rustsocks"

// User is the user a program runs as.
type User struct{ UID, GID uint32 }

// Self is the user of the running process.
func Self() User { return User{uint32(os.Geteuid()), uint32(os.Getegid())} }

// Identity is what a child should find itself to be.
type Identity struct {
	User
	KeepsGroups bool // the supplementary groups are its starter's, who could not drop them
}

// args gives the identity as the arguments of the child.
func (i Identity) args() []string {
	groups := "no-groups"
	if i.KeepsGroups {
		groups = "any-groups"
	}
	return []string{strconv.FormatUint(uint64(i.UID), 10), strconv.FormatUint(uint64(i.GID), 10), groups}
}

// ParseIdentity reads the arguments, without the program's name, that Start gave to a child.
func ParseIdentity(args []string) (Identity, error) {
	if len(args) != 3 || args[2] != "no-groups" && args[2] != "any-groups" {
		return Identity{}, ErrNotStarted
	}
	uid, err1 := strconv.ParseUint(args[0], 10, 32)
	gid, err2 := strconv.ParseUint(args[1], 10, 32)
	if err1 != nil || err2 != nil {
		return Identity{}, ErrNotStarted
	}
	return Identity{User{uint32(uid), uint32(gid)}, args[2] == "any-groups"}, nil
}

// Program is a program of the daemon that is to be started.
type Program struct {
	Name   string // of its file
	User   User
	Stderr *os.File // for what it prints when it crashes
}

// Find gives the file of a program of the daemon: beside the running program, else in the libexec directory.
func Find(name string) (string, error) {
	own, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding %s: %w", name, err)
	}
	dirs := []string{filepath.Dir(own), libexecDir}
	for _, dir := range dirs {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("no program %s in %s or %s", name, dirs[0], dirs[1])
}

// Start starts a program with pair as its ChildFD. A caller that is root gives it exactly the user's ids and no
// supplementary groups; any other caller can start it only as itself. The program gets the null device as standard
// input and output, nothing of our environment but the time zone, a process group of its own, so that a terminal's
// signals reach the monitor only, and as arguments the Identity it should find itself to have.
func Start(p Program, pair *os.File) (*os.Process, error) {
	path, err := Find(p.Name)
	if err != nil {
		return nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	// What our own starter left open is not for our children. (Before Linux 5.11 it stays.)
	_ = unix.CloseRange(ChildFD, math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
	attr := &os.ProcAttr{
		Dir:   "/",
		Env:   environment(),
		Files: []*os.File{null, null, p.Stderr, pair},
		Sys:   &syscall.SysProcAttr{Setpgid: true},
	}
	identity := Identity{User: p.User}
	switch {
	case p.User == Self() && groupless():
		// Nothing to change; root without the right to change users, as in some containers, gets along.
	case os.Geteuid() == 0:
		attr.Sys.Credential = &syscall.Credential{Uid: p.User.UID, Gid: p.User.GID}
	case p.User == Self():
		identity.KeepsGroups = true
	default:
		return nil, fmt.Errorf("starting %s as uid %d, gid %d: %w", p.Name, p.User.UID, p.User.GID, unix.EPERM)
	}
	child, err := os.StartProcess(path, append([]string{p.Name}, identity.args()...), attr)
	if errors.Is(err, unix.EACCES) {
		return nil, fmt.Errorf("starting %s as uid %d, gid %d: %w (that user must be able to reach and execute it)",
			p.Name, p.User.UID, p.User.GID, err)
	}
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", p.Name, err)
	}
	return child, nil
}

// groupless tells whether we have no supplementary group but our primary one.
func groupless() bool {
	groups, err := unix.Getgroups()
	return err == nil && !slices.ContainsFunc(groups, func(g int) bool { return g != os.Getegid() })
}

// environment is what a child gets: log lines are in local time.
func environment() []string {
	env := []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}
	if tz, ok := os.LookupEnv("TZ"); ok {
		env = append(env, "TZ="+tz)
	}
	return env
}
