package hostfacts

import (
	"net/netip"
	"regexp"
)

// Offline answers without looking at any machine but for its service names: what is asked for exists. With it a file is
// judged by what it says alone.
type Offline struct{ live *Live }

// NewOffline gives the facts of a machine that has everything.
func NewOffline() Offline { return Offline{NewLive()} }

// The addresses everything has, of RFC 5737 and RFC 3849: those for documentation.
var (
	offline4 = netip.MustParsePrefix("192.0.2.1/24")
	offline6 = netip.MustParsePrefix("2001:db8::1/64")
)

// interfaceName is what interfaces are called by Linux, its drivers and common tools. Other names are host names.
var interfaceName = regexp.MustCompile(
	`^(lo|(eth|em|wlan|wwan|ppp|tun|tap|br|bond|team|veth|dummy|docker|virbr|lxcbr|wg|vlan|vmbr|ib|venet|usb)[0-9]+([.:][0-9]+)?|(en|wl|ww|ib)[opsx][0-9a-f][0-9a-z]*([.:][0-9]+)?|br-[0-9a-z-]+)$`)

// Interface gives the same addresses for each name that looks like one of an interface.
func (Offline) Interface(name string) ([]netip.Prefix, bool) {
	if !interfaceName.MatchString(name) {
		return nil, false
	}
	return []netip.Prefix{offline4, offline6}, true
}

// Local is always true.
func (Offline) Local(netip.Addr) bool { return true }

// User gives ids for every name; only root's are those of root.
func (Offline) User(name string) (uid, gid uint32, ok bool) {
	if name == "root" {
		return 0, 0, true
	}
	return 65534, 65534, name != ""
}

// Service gives the port of a service name as this machine knows it: these names are the same everywhere.
func (o Offline) Service(name, proto string) (uint16, bool) { return o.live.Service(name, proto) }

// Resolve gives addresses of both families for every name.
func (Offline) Resolve(name string) ([]netip.Addr, error) {
	if a, ok := numeric(name); ok {
		return []netip.Addr{a}, nil
	}
	return []netip.Addr{offline4.Addr(), offline6.Addr()}, nil
}

// Bindable is always true.
func (Offline) Bindable(netip.Addr) error { return nil }

// Root is always true.
func (Offline) Root() bool { return true }

// Self is root.
func (Offline) Self() (uid, gid uint32) { return 0, 0 }

// CPUs gives as many as there can be.
func (Offline) CPUs() int { return 8192 }
