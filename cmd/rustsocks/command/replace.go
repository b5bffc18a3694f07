package command

import (
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"
)

// replace puts a new file in the place of name, so that there is the old or the new one whatever happens, with the old
// one's owner and mode. A symbolic link stays one: what it points to is replaced.
func replace(c *cli.Context, name string, text []byte) error {
	target, err := filepath.EvalSymlinks(name)
	if err != nil {
		return trouble(c, err.Error())
	}
	var old unix.Stat_t
	if err := unix.Stat(target, &old); err != nil {
		return trouble(c, target+": "+err.Error())
	}
	f, err := os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+"-*")
	if err != nil {
		return trouble(c, err.Error())
	}
	defer os.Remove(f.Name()) // when it is still there
	defer f.Close()
	_, err = f.Write(text)
	for _, step := range []func() error{
		func() error { return unix.Fchown(int(f.Fd()), int(old.Uid), int(old.Gid)) },
		func() error { return unix.Fchmod(int(f.Fd()), old.Mode&0o7777) },
		f.Sync,
		func() error { return os.Rename(f.Name(), target) },
	} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		return trouble(c, "cannot write "+target+": "+err.Error())
	}
	return nil
}
