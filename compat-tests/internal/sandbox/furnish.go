package sandbox

import (
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Dir is the only directory a role may rely on; it is empty at the start and
// gone at the end. Unprivileged users can enter it, and write in Dir/tmp.
const Dir = "/run/compat"

// etc holds the files that replace the machine's own inside a sandbox.
//
//go:embed etc
var etc embed.FS

// modes are the permissions of the files of etc that are not for everybody.
var modes = map[string]os.FileMode{"etc/shadow": 0o640}

const shadowGroup = 42

// Program is the path inside the sandbox of a program given to [Start].
func Program(name string) string {
	target, err := os.Readlink(filepath.Join(Dir, "programs", name+".link"))
	if err != nil {
		return filepath.Join(Dir, "programs", name, "missing")
	}
	return target
}

// furnish turns fresh namespaces into the sandbox the package comment tells of.
func furnish(programs map[string]string) error {
	if os.Getpid() != 1 {
		return fmt.Errorf("this process is number %d of its namespace, not the first", os.Getpid())
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("making the mounts private: %w", err)
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("mounting /proc: %w", err)
	}
	for _, step := range []func() error{
		func() error { return cover("/run") },
		makeDirs,
		func() error { return bindPrograms(programs) },
		func() error { return cover("/var/log") },
		func() error { return cover("/tmp") },
		replaceEtc,
		raiseLoopback,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return os.Chdir(Dir)
}

// cover hides a directory under an empty one in memory.
func cover(dir string) error {
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=755"); err != nil {
		return fmt.Errorf("covering %s: %w", dir, err)
	}
	return nil
}

func makeDirs() error {
	for _, dir := range []string{Dir, Dir + "/tmp", Dir + "/etc", Dir + "/programs"} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
	}
	return os.Chmod(Dir+"/tmp", 0o1777)
}

// bindPrograms makes the directory of each program visible at a place every
// user can reach, wherever it is on the machine.
func bindPrograms(programs map[string]string) error {
	for name, path := range programs {
		dir := filepath.Join(Dir, "programs", name)
		if err := os.Mkdir(dir, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(filepath.Dir(path), dir, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("showing %s: %w", path, err)
		}
		if err := os.Symlink(filepath.Join(dir, filepath.Base(path)), dir+".link"); err != nil {
			return err
		}
	}
	return nil
}

// replaceEtc puts a directory of links in the place of /etc, with this
// package's files among them.
func replaceEtc() error {
	machine := Dir + "/etc"
	if err := unix.Mount("/etc", machine, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("keeping /etc: %w", err)
	}
	if err := cover("/etc"); err != nil {
		return err
	}
	ours, err := etc.ReadDir("etc")
	if err != nil {
		return err
	}
	replaced := map[string]bool{}
	for _, entry := range ours {
		replaced[entry.Name()] = true
	}
	if err := fs.WalkDir(etc, "etc", install); err != nil {
		return err
	}
	theirs, err := os.ReadDir(machine)
	if err != nil {
		return err
	}
	for _, entry := range theirs {
		if replaced[entry.Name()] {
			continue
		}
		if err := os.Symlink(filepath.Join(machine, entry.Name()), filepath.Join("/etc", entry.Name())); err != nil {
			return err
		}
	}
	return nil
}

// install copies a file of etc to its place.
func install(name string, entry fs.DirEntry, err error) error {
	path := "/" + name
	if err != nil || path == "/etc" {
		return err
	}
	if entry.IsDir() {
		return os.Mkdir(path, 0o755)
	}
	text, err := etc.ReadFile(name)
	if err != nil {
		return err
	}
	mode, limited := modes[name]
	if !limited {
		mode = 0o644
	}
	if err := os.WriteFile(path, text, mode); err != nil {
		return err
	}
	if limited {
		return os.Chown(path, 0, shadowGroup)
	}
	return nil
}

// raiseLoopback brings lo up, which also gives it 127.0.0.1/8 and ::1.
func raiseLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCGIFFLAGS, lo); err != nil {
		return fmt.Errorf("reading the flags of lo: %w", err)
	}
	lo.SetUint16(lo.Uint16() | unix.IFF_UP)
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo); err != nil {
		return fmt.Errorf("bringing lo up: %w", err)
	}
	return nil
}
