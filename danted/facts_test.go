package danted

import (
	"errors"
	"net/netip"
	"slices"

	"github.com/rustsocks/rustsocks/pkg/hostfacts"
)

// machine is a made-up machine: what every test is told. Where a real one has the same (loopback, root, nobody, common
// services) the real danted can be asked about the same files.
type machine struct {
	root bool
}

var _ hostfacts.Facts = machine{}

var interfaces = map[string][]netip.Prefix{
	"lo": {netip.MustParsePrefix("127.0.0.1/8"), netip.MustParsePrefix("::1/128")},
	"eth0": {
		netip.MustParsePrefix("192.0.2.10/24"), netip.MustParsePrefix("192.0.2.11/24"),
		netip.MustParsePrefix("2001:db8::10/64"), netip.MustParsePrefix("fe80::1/64"),
	},
	"four0": {netip.MustParsePrefix("198.51.100.1/24")},
	"bare0": {},
}

var users = map[string][2]uint32{"root": {0, 0}, "nobody": {65534, 65534}, "proxy": {13, 13}}

var services = map[string]uint16{
	"socks/tcp": 1080, "http/tcp": 80, "ssh/tcp": 22, "domain/tcp": 53, "domain/udp": 53, "udponly/udp": 4000,
}

var hosts = map[string][]netip.Addr{
	"localhost":   {netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")},
	"two.example": {netip.MustParseAddr("192.0.2.10"), netip.MustParseAddr("2001:db8::10")},
}

func (machine) Interface(name string) ([]netip.Prefix, bool) {
	addrs, ok := interfaces[name]
	return addrs, ok
}

func (machine) Local(a netip.Addr) bool {
	for _, addrs := range interfaces {
		if slices.ContainsFunc(addrs, func(p netip.Prefix) bool { return p.Addr() == a.WithZone("") }) {
			return true
		}
	}
	return false
}

func (machine) User(name string) (uid, gid uint32, ok bool) {
	u, ok := users[name]
	return u[0], u[1], ok
}

func (machine) Service(name, proto string) (uint16, bool) {
	port, ok := services[name+"/"+proto]
	return port, ok
}

func (machine) Resolve(name string) ([]netip.Addr, error) {
	if addrs, ok := hosts[name]; ok {
		return addrs, nil
	}
	return nil, errors.New("Name or service not known")
}

func (m machine) Bindable(a netip.Addr) error {
	if m.Local(a) || a.Is4() && a.IsLoopback() {
		return nil
	}
	return errors.New("Cannot assign requested address")
}

func (m machine) Root() bool { return m.root }

func (m machine) Self() (uid, gid uint32) {
	if m.root {
		return 0, 0
	}
	return 1000, 1000
}

func (machine) CPUs() int { return 2 }
