package monitor

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/sockd/sockopt"
)

// backlog is how many clients the kernel keeps waiting for us, on each listener.
const backlog = 511

// listenerSet are the listening sockets by address. They belong to the monitor for as long as it runs, so that clients
// wait, and are not refused, while a worker is replaced.
type listenerSet map[netip.AddrPort]*os.File

// bindError is an internal address that cannot be listened on.
type bindError struct {
	addr  netip.AddrPort
	index int // from 1
	count int
	err   error
}

// warning is danted's line about it.
func (e *bindError) warning() string {
	return fmt.Sprintf("bindinternal(): bind of address %s (address #%d/%d) for server to listen on failed: %s",
		dotted(e.addr), e.index, e.count, strerror(e.err))
}

func (e *bindError) Error() string {
	return "failed to bind internal addresses: " + strerror(e.err)
}

// dotted is how Dante writes an address with a port.
func dotted(a netip.AddrPort) string {
	return a.Addr().String() + "." + strconv.Itoa(int(a.Port()))
}

// listenOn gives listeners for all internal addresses: those of have that are among them, and new ones for the rest.
// When one cannot be made none is, and the error is a *bindError. Socket options that cannot be set are warned of.
func listenOn(p *plan.Plan, have listenerSet, warn func(string)) (listenerSet, error) {
	addrs, all := p.Internal, listenerSet{}
	for i, a := range addrs {
		if f, ok := have[a]; ok {
			all[a] = f
			continue
		}
		f, err := listen(a, p, warn)
		if err != nil {
			all.closeExcept(have)
			return nil, &bindError{a, i + 1, len(addrs), err}
		}
		all[a] = f
	}
	return all, nil
}

// setOptions sets the socket options of the plan on a listener.
func setOptions(fd int, p *plan.Plan, warn func(string)) {
	sockopt.Target{FD: fd, Side: plan.Internal, Protocol: acl.ProtoTCP}.Set(p.SocketOptions, warn)
}

// setAgain sets them on listeners that were there before the plan. COMPAT: what is no longer in the file stays set.
func (s listenerSet) setAgain(old listenerSet, p *plan.Plan, warn func(string)) {
	for _, a := range p.Internal {
		if s[a] != old[a] {
			continue
		}
		if raw, err := s[a].SyscallConn(); err == nil {
			_ = raw.Control(func(fd uintptr) { setOptions(int(fd), p, warn) })
		}
	}
}

// closeExcept closes the listeners that are not in keep too.
func (s listenerSet) closeExcept(keep listenerSet) {
	for a, f := range s {
		if keep[a] != f {
			f.Close()
		}
	}
}

// inOrder gives the listeners of the addresses.
func (s listenerSet) inOrder(addrs []netip.AddrPort) []*os.File {
	files := make([]*os.File, len(addrs))
	for i, a := range addrs {
		files[i] = s[a]
	}
	return files
}

// listen makes one listening socket. What clients' sockets inherit from it need not be set on each of them.
func listen(a netip.AddrPort, p *plan.Plan, warn func(string)) (*os.File, error) {
	family := unix.AF_INET
	if a.Addr().Is6() {
		family = unix.AF_INET6
	}
	// The protocol is not left to a default: MPTCP sockets escape rules about TCP.
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := prepare(fd, a, p, warn); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return os.NewFile(uintptr(fd), "listener "+a.String()), nil
}

func prepare(fd int, a netip.AddrPort, p *plan.Plan, warn func(string)) error {
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err != nil {
		return os.NewSyscallError("setsockopt(SO_REUSEADDR)", err)
	}
	if a.Addr().Is6() {
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1); err != nil {
			return os.NewSyscallError("setsockopt(IPV6_V6ONLY)", err)
		}
	}
	address, err := sockaddr(a)
	if err != nil {
		return err
	}
	if err := sockopt.Tune(fd, p.KeepAlive); err != nil {
		return os.NewSyscallError("setsockopt", err)
	}
	setOptions(fd, p, warn)
	if err := unix.Bind(fd, address); err != nil {
		return os.NewSyscallError("bind", err)
	}
	if err := unix.Listen(fd, backlog); err != nil {
		return os.NewSyscallError("listen", err)
	}
	return nil
}

func sockaddr(a netip.AddrPort) (unix.Sockaddr, error) {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}, nil
	}
	s := &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
	if zone := a.Addr().Zone(); zone != "" {
		i, err := net.InterfaceByName(zone)
		if err != nil {
			return nil, fmt.Errorf("interface %s of an address: %w", zone, err)
		}
		s.ZoneId = uint32(i.Index)
	}
	return s, nil
}
