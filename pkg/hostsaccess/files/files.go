// Package files keeps the access files of package hostsaccess as they are on the disk: a change has effect on the next
// client. It decides nothing. It reads with the rights of the process that it is in, and is not for files of a
// configuration, which are read once.
package files

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/rustsocks/rustsocks/pkg/hostsaccess"
)

// The system's files, for those that are not named.
const (
	systemAllow = "/etc/hosts.allow"
	systemDeny  = "/etc/hosts.deny"
)

// settled is how old a change must be for the file's times to tell it from a later one.
const settled = 2 * time.Second

// Files are the files of one configuration.
type Files struct {
	allow, deny string

	mu    sync.Mutex
	set   *hostsaccess.Set
	marks map[string]mark
	young bool // a file had changed so shortly before it was read that it may have changed again
	told  map[string]bool
}

// mark is what tells a file from what it was before.
type mark struct {
	device, inode uint64
	size          int64
	changed       syscall.Timespec // also when its rights changed
	modified      syscall.Timespec
	err           syscall.Errno
}

// New makes Files of two paths; an empty path is the system's file.
func New(allow, deny string) *Files {
	f := &Files{allow: allow, deny: deny, told: map[string]bool{}}
	if allow == "" {
		f.allow = systemAllow
	}
	if deny == "" {
		f.deny = systemDeny
	}
	return f
}

// Current gives the files as they are now, and what is wrong with them that was not told before: of many problems the
// first, and a sentence about the others.
func (f *Files) Current() (set *hostsaccess.Set, problems []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.set == nil || f.young || f.haveChanged() {
		f.read()
		problems = f.news()
	}
	return f.set, problems
}

func (f *Files) haveChanged() bool {
	for path, m := range f.marks {
		if look(path) != m {
			return true
		}
	}
	return false
}

// look gives the mark of what is at a path.
func look(path string) mark {
	var st syscall.Stat_t
	if err := syscall.Stat(path, &st); err != nil {
		var e syscall.Errno
		errors.As(err, &e)
		return mark{err: e}
	}
	return mark{device: st.Dev, inode: st.Ino, size: st.Size, changed: st.Ctim, modified: st.Mtim}
}

func (f *Files) read() {
	f.marks, f.young = map[string]mark{}, false
	set := &hostsaccess.Set{Hosts: map[string]*hostsaccess.Hosts{}}
	set.Allow, set.Deny = f.table(f.allow), f.table(f.deny)
	for named := set.Named(); len(named) > 0; named = set.Named() {
		for _, path := range named {
			set.Hosts[path] = f.hosts(path, len(set.Hosts))
		}
	}
	f.set = set
}

func (f *Files) table(path string) *hostsaccess.Table {
	text, err := f.text(path)
	if err != nil {
		return &hostsaccess.Table{Name: path, Unreadable: reason(err)}
	}
	return hostsaccess.Parse(path, text)
}

func (f *Files) hosts(path string, before int) *hostsaccess.Hosts {
	if before >= hostsaccess.HostsLimit {
		return &hostsaccess.Hosts{Unreadable: "there are too many files of patterns"}
	}
	text, err := f.text(path)
	if err != nil {
		return &hostsaccess.Hosts{Unreadable: reason(err)}
	}
	return hostsaccess.ParseHosts(text)
}

// text reads a file that need not exist. It never waits: for a writer of a pipe, say.
func (f *Files) text(path string) ([]byte, error) {
	m := look(path) // before reading: a change from here on is seen the next time
	f.marks[path] = m
	if age := time.Since(time.Unix(m.changed.Unix())); m.err == 0 && age < settled {
		f.young = true
	}
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if mode := info.Mode(); !mode.IsRegular() && mode.Type()&fs.ModeCharDevice == 0 {
		return nil, errors.New("it is no file")
	}
	return io.ReadAll(io.LimitReader(file, hostsaccess.FileLimit+1))
}

func reason(err error) string {
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err.Error()
	}
	return err.Error()
}
