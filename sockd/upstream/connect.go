package upstream

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/sockd/kernel"
)

// Connected is an established connection. Whoever gets it owns the descriptor, which is non-blocking.
type Connected struct {
	FD     int
	Local  netip.AddrPort
	Remote netip.AddrPort
	Last   bool // it was the last of the targets
}

// ConnectError is a connection that did not come about.
type ConnectError struct {
	Remote    netip.AddrPort
	Local     netip.AddrPort // the socket's own address at the time
	Errno     unix.Errno     // ETIMEDOUT also when our own limit was reached
	Timeout   bool           // our own limit was reached, not the kernel's
	Immediate bool           // the attempt could not be made, or further targets were not worth trying
	Family    bool           // the target's family is not that of the local address
	BindErrno unix.Errno     // the local address could not be bound; then nothing else is set
}

func (e *ConnectError) Error() string {
	if e.BindErrno != 0 {
		return "failed to bind address on external side: " + e.BindErrno.Error()
	}
	return "connect to " + e.Remote.String() + ": " + e.Errno.Error()
}

// Connect runs a Dial to its end and waits for its attempts.
func Connect(ctx context.Context, d *Dial) (Connected, error) {
	for {
		a, c, err := d.Next(ctx)
		switch {
		case err != nil:
			return Connected{}, err
		case c != nil:
			return *c, nil
		}
		d.Decide(await(ctx, a))
		if ctx.Err() != nil {
			d.Targets = d.Targets[:d.tried]
		}
	}
}

// Claim gives a non-blocking TCP socket that is bound to a low port, which this process may not bind itself; ok is
// false when that port is not to be had. The descriptor is the caller's.
type Claim func(ctx context.Context, at netip.AddrPort) (fd int, ok bool)

// lowPorts is where ports begin that everybody may bind.
const lowPorts = 1024

// bound gives a socket that is bound to the wanted port or, when it is not to be had, to any; wanted tells if it is known
// to be that port.
func bound(ctx context.Context, local netip.AddrPort, claim Claim) (fd int, wanted bool, err error) {
	if claim != nil && local.Port() > 0 && local.Port() < lowPorts {
		if fd, ok := claim(ctx, local); ok {
			return fd, false, nil // it says itself where it is
		}
	}
	fd, err = kernel.Stream(local.Addr())
	if err != nil {
		return -1, false, err
	}
	if wanted, err = bindLocal(fd, local); err != nil {
		unix.Close(fd)
		return -1, false, err
	}
	return fd, wanted, nil
}

// bindLocal binds the wanted port or, when it is taken or reserved, any. The kernel picks "any" at connect time, so
// that one local port can serve many targets.
func bindLocal(fd int, local netip.AddrPort) (wanted bool, err error) {
	if local.Port() >= lowPorts { // COMPAT: ports below only with compatibility: sameport, and then through a Claim
		if bind(fd, local) == nil {
			return true, nil
		}
	}
	if err := kernel.SetInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return false, err
	}
	return false, bind(fd, netip.AddrPortFrom(local.Addr(), 0))
}

// wouldBind gives the address that a socket would have been bound to, had there been something to connect to.
func wouldBind(ctx context.Context, local netip.AddrPort, claim Claim) netip.AddrPort {
	fd, _, err := bound(ctx, local, claim)
	if err != nil {
		return local
	}
	defer unix.Close(fd)
	if at := localAddr(fd, local); at.Port() != 0 {
		return at
	}
	return claimPort(fd, netip.AddrPortFrom(local.Addr(), 0))
}

// claimPort gives a socket that never got as far as to have a port the one it would have had: replies and log lines
// name it.
func claimPort(fd int, local netip.AddrPort) netip.AddrPort {
	if unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 0) == nil {
		_ = unix.Bind(fd, sockaddr(local)) // without a port there is nothing to name
	}
	return localAddr(fd, local)
}

// await waits until an attempt is decided and tells how.
func await(ctx context.Context, a *Attempt) error {
	// On a fast network the answer is there already, and the poller is not needed.
	if n, err := unix.Poll([]unix.PollFd{{Fd: int32(a.FD), Events: unix.POLLOUT}}, 0); err == nil && n == 1 {
		return SocketError(a.FD)
	}
	waiting, err := unix.FcntlInt(uintptr(a.FD), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(waiting), "connect")
	defer f.Close()
	if a.Limit > 0 {
		if err := f.SetWriteDeadline(time.Now().Add(a.Limit)); err != nil {
			return err
		}
	}
	stop := context.AfterFunc(ctx, func() { f.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	asked := false
	err = raw.Write(func(uintptr) bool {
		ready := asked
		asked = true
		return ready
	})
	if err != nil {
		if ctx.Err() != nil {
			return unix.ECANCELED
		}
		return err
	}
	return SocketError(a.FD)
}

// SocketError takes the error that a socket has, nil when it has none.
func SocketError(fd int) error {
	n, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	if n != 0 {
		return unix.Errno(n)
	}
	return nil
}

func errno(err error) unix.Errno {
	var e unix.Errno
	if errors.As(err, &e) {
		return e
	}
	return unix.EIO
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	return &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16(), ZoneId: zone(a.Addr())}
}

// localAddr gives the socket's own address, or what was asked for when the kernel does not tell.
func localAddr(fd int, asked netip.AddrPort) netip.AddrPort {
	sa, err := unix.Getsockname(fd)
	if err != nil {
		return asked
	}
	return AddrPort(sa)
}

// AddrPort converts a socket address; IPv4-mapped ones become IPv4.
func AddrPort(sa unix.Sockaddr) netip.AddrPort {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(sa.Addr), uint16(sa.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(sa.Addr).Unmap(), uint16(sa.Port))
	}
	return netip.AddrPort{}
}
