package hostfacts

import (
	"bufio"
	"net/netip"
	"os"
	"strings"
)

// Whole gives all that can be told of the machine without knowing what will be asked: interfaces, their addresses,
// users and services, and besides these the given host names. A file can be checked with it on another machine.
func (l *Live) Whole(names ...string) *Snapshot {
	r := NewRecorder(l)
	for name, addrs := range l.interfaces() {
		r.Interface(name)
		for _, p := range addrs {
			r.Local(p.Addr())
			r.Bindable(p.Addr())
		}
	}
	for _, a := range []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
		r.Bindable(a)
	}
	for key := range l.services() {
		name, proto, _ := strings.Cut(key, "/")
		r.Service(name, proto)
	}
	for _, name := range userNames("/etc/passwd") {
		r.User(name)
	}
	for _, name := range names {
		_, _ = r.Resolve(name) // the reason is recorded
	}
	s := r.Snapshot()
	s.Complete = true
	// The file is for a server that is started as root, whoever asks now.
	s.AsRoot, s.UID, s.GID = true, 0, 0
	return s
}

// userNames gives the names in a passwd file; none when it cannot be read.
func userNames(path string) []string {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var names []string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, _, ok := strings.Cut(lines.Text(), ":"); ok && name != "" && name[0] != '#' {
			names = append(names, name)
		}
	}
	return names
}
