// Package hostfacts is what a configuration may ask about the machine it is for: interfaces, users, services, host
// names and whether an address can be bound. Live answers from the running machine, Recorder keeps what was answered,
// Snapshot gives the same answers again in another process or on another machine. It decides nothing.
package hostfacts

import (
	"errors"
	"net/netip"
)

// Facts answers questions about a machine. Answers do not change during one load.
type Facts interface {
	// Interface gives the addresses of a network interface in the kernel's order; ok is false when there is no such
	// interface. An interface without addresses gives an empty list.
	Interface(name string) (addrs []netip.Prefix, ok bool)
	// Local tells whether the address belongs to some interface of the machine.
	Local(a netip.Addr) bool
	// User gives a system user by name (getpwnam); ok is false when there is none.
	User(name string) (uid, gid uint32, ok bool)
	// Service gives the port of a service name for "tcp" or "udp" (getservbyname); ok is false when there is none.
	Service(name, proto string) (port uint16, ok bool)
	// Resolve gives all addresses of a host name. The error's text is the resolver's reason.
	Resolve(name string) ([]netip.Addr, error)
	// Bindable tells why a socket cannot be bound to the address, port 0; nil when it can.
	Bindable(a netip.Addr) error
	// Root tells whether the asking process may switch users.
	Root() bool
	// Self gives the effective ids of the asking process: whom it runs as when no user is configured.
	Self() (uid, gid uint32)
	// CPUs gives the number of processors that are online.
	CPUs() int
}

// ErrUnknown is given by a Snapshot that was never asked this before.
var ErrUnknown = errors.New("not recorded in the snapshot of host facts")
