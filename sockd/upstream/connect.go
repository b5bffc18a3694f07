package upstream

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
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

// Connect tries the targets one after the other until one answers, within limit (0: the kernel's own). Each attempt
// gets its share of the time that is left. Targets of another family than local are passed over. The local port is
// port when that is free, as Dante tries to keep the client's own port, otherwise any. The error is a *ConnectError
// about the last target that was looked at (Dante lib/socket.c socks_connecthost).
func Connect(ctx context.Context, local netip.Addr, port uint16, targets []netip.AddrPort, limit time.Duration,
	prepare func(fd int) error, claim Claim,
) (Connected, error) {
	var deadline time.Time
	if limit > 0 {
		deadline = time.Now().Add(limit)
	}
	var last error
	for i, t := range targets {
		attempt := deadline
		if left := len(targets) - i; limit > 0 && left > 1 {
			attempt = time.Now().Add(time.Until(deadline) / time.Duration(left))
		}
		if t.Addr().Is4() != local.Is4() {
			e := &ConnectError{Remote: t, Errno: unix.EAFNOSUPPORT, Family: true, Immediate: true}
			e.Local = wouldBind(ctx, netip.AddrPortFrom(local, port), claim)
			last = e
			continue
		}
		c, err := connectOne(ctx, netip.AddrPortFrom(local, port), t, attempt, prepare, claim)
		if err == nil {
			c.Last = i == len(targets)-1
			return c, nil
		}
		last = err
		if i < len(targets)-1 && !worthAnother(err) || ctx.Err() != nil {
			break
		}
	}
	return Connected{}, last
}

// worthAnother tells whether another address of the same name may fare better. When not, the failure counts as
// immediate, as it does for Dante.
func worthAnother(err error) bool {
	e := (*ConnectError)(nil)
	if !errors.As(err, &e) || e.BindErrno != 0 {
		return false
	}
	switch e.Errno {
	case unix.ETIMEDOUT, unix.EINVAL, unix.ECONNREFUSED, unix.ENETUNREACH, unix.EHOSTUNREACH:
		return true
	}
	e.Immediate = true
	return false
}

func connectOne(ctx context.Context, local, remote netip.AddrPort, deadline time.Time, prepare func(int) error,
	claim Claim,
) (Connected, error) {
	fd, err := bound(ctx, local, claim)
	if err != nil {
		return Connected{}, &ConnectError{BindErrno: errno(err)}
	}
	if prepare != nil {
		if err := prepare(fd); err != nil {
			unix.Close(fd)
			return Connected{}, &ConnectError{BindErrno: errno(err)}
		}
	}
	immediate := true
	err = unix.Connect(fd, sockaddr(remote))
	local = localAddr(fd, local)
	if err == unix.EINPROGRESS {
		immediate = false
		fd, err = await(ctx, fd, deadline)
	}
	if err != nil {
		if local.Port() == 0 {
			local = claimPort(fd, local)
		}
		unix.Close(fd)
		e := &ConnectError{Remote: remote, Local: local, Errno: errno(err), Immediate: immediate}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			e.Errno, e.Timeout = unix.ETIMEDOUT, true
		}
		return Connected{}, e
	}
	return Connected{FD: fd, Local: local, Remote: remote}, nil
}

// Claim gives a non-blocking TCP socket that is bound to a low port, which this process may not bind itself; ok is
// false when that port is not to be had. The descriptor is the caller's.
type Claim func(ctx context.Context, at netip.AddrPort) (fd int, ok bool)

// lowPorts is where ports begin that everybody may bind.
const lowPorts = 1024

// bound gives a socket that is bound to the wanted port or, when it is not to be had, to any.
func bound(ctx context.Context, local netip.AddrPort, claim Claim) (int, error) {
	if claim != nil && local.Port() > 0 && local.Port() < lowPorts {
		if fd, ok := claim(ctx, local); ok {
			return fd, nil
		}
	}
	family := unix.AF_INET
	if local.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err := bindLocal(fd, local); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// bindLocal binds the wanted port or, when it is taken or reserved, any. The kernel picks "any" at connect time, so
// that one local port can serve many targets.
func bindLocal(fd int, local netip.AddrPort) error {
	if local.Port() >= lowPorts { // COMPAT: ports below only with compatibility: sameport, and then through a Claim
		if unix.Bind(fd, sockaddr(local)) == nil {
			return nil
		}
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1); err != nil {
		return err
	}
	return unix.Bind(fd, sockaddr(netip.AddrPortFrom(local.Addr(), 0)))
}

// wouldBind gives the address that a socket would have been bound to, had there been something to connect to.
func wouldBind(ctx context.Context, local netip.AddrPort, claim Claim) netip.AddrPort {
	fd, err := bound(ctx, local, claim)
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

// await waits until the connection is decided. It takes over fd and gives back the descriptor to go on with, which
// is another one when it had to go through the poller.
func await(ctx context.Context, fd int, deadline time.Time) (int, error) {
	// On a fast network the answer is there already, and the poller is not needed.
	if n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, 0); err == nil && n == 1 {
		return fd, socketError(fd)
	}
	waiting, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return fd, err
	}
	f := os.NewFile(uintptr(waiting), "connect")
	defer f.Close()
	if err := f.SetWriteDeadline(deadline); err != nil {
		return fd, err
	}
	stop := context.AfterFunc(ctx, func() { f.SetWriteDeadline(time.Unix(1, 0)) })
	defer stop()
	raw, err := f.SyscallConn()
	if err != nil {
		return fd, err
	}
	asked := false
	err = raw.Write(func(uintptr) bool {
		ready := asked
		asked = true
		return ready
	})
	if err != nil {
		if ctx.Err() != nil {
			return fd, unix.ECANCELED
		}
		return fd, err
	}
	return fd, socketError(fd)
}

func socketError(fd int) error {
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
