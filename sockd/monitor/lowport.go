package monitor

import (
	"net/netip"
	"os"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/privsep"
)

// bindPort binds a low port for the worker, if the configuration lets it have that. It may not when the session is
// from before a reload: that is no offence, and answered like a port that is taken.
func (m *monitor) bindPort(w *worker, ask privsep.BindPort) {
	answer := privsep.BoundPort{ID: ask.ID}
	if m.current != nil && mayBind(m.current.plan, ask.At) {
		if f, err := bindLow(ask.At); err == nil {
			defer f.Close()
			answer.File = f
		}
	}
	m.send(w, answer)
}

// mayBind tells whether the plan lets the worker have a low port.
func mayBind(p *plan.Plan, at netip.AddrPort) bool {
	return p.SamePort && slices.Contains(p.External, at.Addr())
}

// bindLow makes a bound socket. Nothing is shared: a port in use, also one in TIME_WAIT, is taken.
func bindLow(at netip.AddrPort) (*os.File, error) {
	family := unix.AF_INET
	if at.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	address, err := sockaddr(at)
	if err == nil {
		err = unix.Bind(fd, address)
	}
	if err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("bind", err)
	}
	return os.NewFile(uintptr(fd), "low port "+at.String()), nil
}
