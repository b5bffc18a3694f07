package upstream

import (
	"context"
	"errors"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A Dial tries targets one after the other until one answers. It waits for nothing: whoever runs it waits for its
// attempts, by Connect or on an event loop. Each attempt has its share of the time that is left. Targets of another
// family than the local address are passed over. The local port is the wanted one when that is free, as Dante tries to
// keep the client's own port, otherwise any.
type Dial struct {
	Local   netip.Addr
	Port    uint16             // that is wanted
	Targets []netip.AddrPort   // at least one
	Limit   time.Duration      // for all of them; 0: the kernel's own
	Prepare func(fd int) error // is called with each socket before it connects; may be nil
	Claim   Claim              // may be nil; otherwise Next waits for it

	deadline time.Time
	tried    int  // targets
	decided  bool // the attempt under way was, and well
	fd       int  // of the attempt under way
	local    netip.AddrPort
	last     error
}

// An Attempt is a connection on its way. Its descriptor, which stays the Dial's, gets writable when it is decided.
type Attempt struct {
	FD    int
	Limit time.Duration // to wait for that; 0 is none
}

// Next goes on until there is an attempt to wait for, a connection, or an error, which is final: a *ConnectError about
// the last target that was looked at (Dante lib/socket.c socks_connecthost). The context is for the Claim alone.
func (d *Dial) Next(ctx context.Context) (*Attempt, *Connected, error) {
	if d.tried == 0 && d.Limit > 0 {
		d.deadline = time.Now().Add(d.Limit)
	}
	if d.decided {
		return nil, d.connected(), nil
	}
	for d.tried < len(d.Targets) && (d.last == nil || worthAnother(d.last)) {
		to, wanted := d.Targets[d.tried], netip.AddrPortFrom(d.Local, d.Port)
		d.tried++
		if to.Addr().Is4() != d.Local.Is4() {
			d.last = &ConnectError{
				Remote: to, Errno: unix.EAFNOSUPPORT, Family: true, Immediate: true, Local: wouldBind(ctx, wanted, d.Claim),
			}
			continue
		}
		under, err := d.begin(ctx, wanted, to)
		switch {
		case err != nil:
			d.last = err
		case under:
			return &Attempt{FD: d.fd, Limit: d.share()}, nil, nil
		default:
			return nil, d.connected(), nil
		}
	}
	return nil, nil, d.last
}

// Decide tells how the attempt has gone that Next gave: nil when it is connected, os.ErrDeadlineExceeded when its time
// was up, otherwise the error of the socket. Then Next is called again.
func (d *Dial) Decide(err error) {
	if err == nil {
		d.decided = true
		return
	}
	d.last = d.failed(err, false)
}

// FD is the descriptor of the attempt under way.
func (d *Dial) FD() int { return d.fd }

// Abandon ends an attempt under way.
func (d *Dial) Abandon() { unix.Close(d.fd) }

// begin begins to connect to a target, and tells whether that is to be waited for.
func (d *Dial) begin(ctx context.Context, wanted, to netip.AddrPort) (under bool, err error) {
	exact := false
	if d.fd, exact, err = bound(ctx, wanted, d.Claim); err != nil {
		return false, &ConnectError{BindErrno: errno(err)}
	}
	if d.Prepare != nil {
		if err := d.Prepare(d.fd); err != nil {
			unix.Close(d.fd)
			return false, &ConnectError{BindErrno: errno(err)}
		}
	}
	err = connect(d.fd, to)
	if d.local = wanted; !exact {
		d.local = localAddr(d.fd, wanted)
	}
	switch {
	case err == nil:
		return false, nil
	case err == unix.EINPROGRESS:
		return true, nil
	}
	return false, d.failed(err, true)
}

// share is the time that an attempt has.
func (d *Dial) share() time.Duration {
	if d.Limit == 0 {
		return 0
	}
	left := time.Until(d.deadline) / time.Duration(len(d.Targets)-d.tried+1)
	return max(left, time.Nanosecond)
}

func (d *Dial) connected() *Connected {
	return &Connected{FD: d.fd, Local: d.local, Remote: d.Targets[d.tried-1], Last: d.tried == len(d.Targets)}
}

// failed closes the socket of an attempt and words what happened to it.
func (d *Dial) failed(err error, immediate bool) *ConnectError {
	if d.local.Port() == 0 {
		d.local = claimPort(d.fd, d.local)
	}
	unix.Close(d.fd)
	e := &ConnectError{Remote: d.Targets[d.tried-1], Local: d.local, Errno: errno(err), Immediate: immediate}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		e.Errno, e.Timeout = unix.ETIMEDOUT, true
	}
	return e
}

// worthAnother tells whether another address of the same name may fare better. When not, the failure counts as
// immediate, as it does for Dante.
func worthAnother(err error) bool {
	e := (*ConnectError)(nil)
	if !errors.As(err, &e) || e.BindErrno != 0 {
		return false
	}
	if e.Family {
		return true
	}
	switch e.Errno {
	case unix.ETIMEDOUT, unix.EINVAL, unix.ECONNREFUSED, unix.ENETUNREACH, unix.EHOSTUNREACH:
		return true
	}
	e.Immediate = true
	return false
}
