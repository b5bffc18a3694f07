package hostfacts

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/user"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// resolveTimeout bounds one look-up of a host name: a configuration is read while nothing else can happen.
const resolveTimeout = 15 * time.Second

// Live answers from the running machine. What is asked twice is answered the same way twice; a new load needs a new
// Live.
type Live struct {
	interfaces func() map[string][]netip.Prefix
	services   func() map[string]uint16
	mu         sync.Mutex
	names      map[string]resolved
}

type resolved struct {
	addrs []netip.Addr
	err   error
}

// NewLive gives the facts of the machine as it is now.
func NewLive() *Live {
	return &Live{
		interfaces: sync.OnceValue(readInterfaces),
		services:   sync.OnceValue(func() map[string]uint16 { return readServices("/etc/services") }),
		names:      map[string]resolved{},
	}
}

// readInterfaces gives the usable addresses of all interfaces. Those that cannot be read have none.
func readInterfaces() map[string][]netip.Prefix {
	all := map[string][]netip.Prefix{}
	list, err := net.Interfaces()
	if err != nil {
		return all
	}
	for _, i := range list {
		prefixes := []netip.Prefix{}
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok {
				if ip, ok := netip.AddrFromSlice(n.IP); ok {
					bits, _ := n.Mask.Size()
					prefixes = append(prefixes, netip.PrefixFrom(ip.Unmap(), bits))
				}
			}
		}
		// The kernel gives IPv4 before IPv6, and this order is part of the contract.
		slices.SortStableFunc(prefixes, func(a, b netip.Prefix) int {
			switch {
			case a.Addr().Is4() && b.Addr().Is6():
				return -1
			case a.Addr().Is6() && b.Addr().Is4():
				return 1
			}
			return 0
		})
		all[i.Name] = prefixes
	}
	return all
}

// readServices gives the ports of a services file by "name/protocol", aliases included.
func readServices(path string) map[string]uint16 {
	all := map[string]uint16{}
	text, err := os.ReadFile(path)
	if err != nil {
		return all
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		number, proto, ok := strings.Cut(fields[1], "/")
		port, err := strconv.ParseUint(number, 10, 16)
		if !ok || err != nil {
			continue
		}
		for _, name := range append(fields[:1:1], fields[2:]...) {
			if key := name + "/" + proto; all[key] == 0 {
				all[key] = uint16(port)
			}
		}
	}
	return all
}

// Interface gives the addresses of a network interface.
func (l *Live) Interface(name string) ([]netip.Prefix, bool) {
	addrs, ok := l.interfaces()[name]
	return addrs, ok
}

// Local tells whether an interface has the address.
func (l *Live) Local(a netip.Addr) bool {
	for _, addrs := range l.interfaces() {
		for _, p := range addrs {
			if p.Addr() == a.WithZone("") {
				return true
			}
		}
	}
	return false
}

// User gives a system user by name.
func (l *Live) User(name string) (uid, gid uint32, ok bool) {
	u, err := user.Lookup(name)
	if err != nil || u.Username != name {
		return 0, 0, false
	}
	n, err := strconv.ParseUint(u.Uid, 10, 32)
	g, err2 := strconv.ParseUint(u.Gid, 10, 32)
	return uint32(n), uint32(g), err == nil && err2 == nil
}

// Service gives the port of a service name.
func (l *Live) Service(name, proto string) (uint16, bool) {
	port, ok := l.services()[name+"/"+proto]
	return port, ok
}

// Resolve gives all addresses of a host name.
func (l *Live) Resolve(name string) ([]netip.Addr, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, ok := l.names[name]
	if !ok {
		r = lookup(name)
		l.names[name] = r
	}
	return r.addrs, r.err
}

// lookup asks the resolver. Reasons have the words of the C library, as logs and their readers know them.
func lookup(name string) resolved {
	if a, ok := numeric(name); ok {
		return resolved{addrs: []netip.Addr{a}}
	}
	ctx, cancel := context.WithTimeout(context.Background(), resolveTimeout)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		err = errors.New("Name or service not known") //nolint:staticcheck // the C library's words
	case errors.As(err, &dns) && (dns.IsTimeout || dns.IsTemporary):
		err = errors.New("Temporary failure in name resolution") //nolint:staticcheck // the C library's words
	}
	if err != nil {
		return resolved{err: err}
	}
	var all []netip.Addr
	for _, a := range addrs {
		if a = a.Unmap(); !slices.Contains(all, a) {
			all = append(all, a)
		}
	}
	return resolved{addrs: all}
}

// Root tells whether the process runs as root.
func (l *Live) Root() bool { return os.Geteuid() == 0 }

// Self gives the effective ids of the process.
func (l *Live) Self() (uid, gid uint32) { return uint32(os.Geteuid()), uint32(os.Getegid()) }

// CPUs gives the number of processors that are online.
func (l *Live) CPUs() int {
	text, err := os.ReadFile("/sys/devices/system/cpu/online")
	if err == nil {
		if n := countList(strings.TrimSpace(string(text))); n > 0 {
			return n
		}
	}
	return runtime.NumCPU()
}

// countList counts the members of a list as the kernel writes it: 0-3,8.
func countList(list string) int {
	n := 0
	for part := range strings.SplitSeq(list, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		a, err := strconv.Atoi(first)
		b, err2 := strconv.Atoi(last)
		if err != nil || err2 != nil || b < a {
			return 0
		}
		n += b - a + 1
	}
	return n
}
