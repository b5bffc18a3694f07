package lint

import (
	"errors"
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/hostfacts"
)

// machine is a made-up machine: what every test is told.
type machine struct{}

var _ hostfacts.Facts = machine{}

var interfaces = map[string][]netip.Prefix{
	"lo":   {netip.MustParsePrefix("127.0.0.1/8"), netip.MustParsePrefix("::1/128")},
	"eth0": {netip.MustParsePrefix("192.0.2.10/24"), netip.MustParsePrefix("2001:db8::10/64"), netip.MustParsePrefix("fe80::1/64")},
	"eth1": {netip.MustParsePrefix("192.168.1.1/24"), netip.MustParsePrefix("fe80::2/64")},
	"tun9": {},
}

var users = map[string]uint32{"root": 0, "nobody": 65534, "proxy": 13, "bob": 1000}

func (machine) Interface(name string) ([]netip.Prefix, bool) {
	addrs, ok := interfaces[name]
	return addrs, ok
}

func (machine) Local(netip.Addr) bool { return true }

func (machine) User(name string) (uid, gid uint32, ok bool) {
	uid, ok = users[name]
	return uid, uid, ok
}

func (machine) Service(name, _ string) (uint16, bool) { return 80, name == "http" }

func (machine) Resolve(string) ([]netip.Addr, error) {
	return nil, errors.New("Name or service not known")
}
func (machine) Bindable(netip.Addr) error { return nil }
func (machine) Root() bool                { return true }
func (machine) Self() (uid, gid uint32)   { return 0, 0 }
func (machine) CPUs() int                 { return 2 }
