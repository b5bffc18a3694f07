package sockd

import (
	"context"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/logx"
)

// accepted is a client's connection before any rule has seen it.
type accepted struct{ *session }

// Accept errors such as a full descriptor table do not go away by asking again at once.
const (
	firstBackOff = 5 * time.Millisecond
	maxBackOff   = time.Second
)

// acceptFrom hands the clients of one listener to serve until the listener is closed. The sessions live on after ctx,
// as long as sessions, and so does the wait of an accepted client for its place.
func (w *Worker) acceptFrom(ctx, sessions context.Context, l *os.File) {
	raw, err := l.SyscallConn()
	if err != nil {
		w.log.Error("accept: " + err.Error())
		return
	}
	own := ownAddress(raw)
	backOff := firstBackOff
	burst := burst{log: w.log}
	defer burst.end()
	for ctx.Err() == nil {
		fd, client, err := burst.next(raw)
		switch {
		case err == nil:
			backOff = firstBackOff
			if !w.enter(sessions, burst.end) {
				closeDescriptor(fd)
				return
			}
			w.begin(sessions, fd, client, own)
			continue
		case ctx.Err() != nil: // the listener was closed
			return
		case temporary(err):
			continue
		}
		burst.end()
		w.log.Warning("accept(2) failed: " + strerror(err))
		select {
		case <-time.After(backOff):
		case <-ctx.Done():
		}
		backOff = min(2*backOff, maxBackOff)
	}
}

// A burst is clients that come one right after the other. Their first log lines are written together.
type burst struct {
	log  *logx.Logger
	held bool
}

// next waits for a client.
func (b *burst) next(listener syscall.RawConn) (fd int, client netip.AddrPort, err error) {
	var errno syscall.Errno
	err = listener.Read(func(l uintptr) bool {
		if fd, client, errno = accept(int(l)); errno == unix.EAGAIN {
			b.end()
			return false
		}
		return true
	})
	if err != nil {
		return -1, netip.AddrPort{}, err
	}
	if errno != 0 {
		return -1, netip.AddrPort{}, errno
	}
	if !b.held {
		b.held = true
		b.log.Hold()
	}
	return fd, client, nil
}

// end is when nobody else comes for now.
func (b *burst) end() {
	if b.held {
		b.held = false
		b.log.Release()
	}
}

// temporary tells whether accept(2) failed for a reason that concerns one client only.
func temporary(err error) bool {
	switch err {
	case unix.ECONNABORTED, unix.EINTR, unix.EPROTO, unix.ENETDOWN, unix.EHOSTUNREACH, unix.ENETUNREACH:
		return true
	}
	return false
}

// ownAddress is the address that all clients of a listener connect to; invalid when there are several.
func ownAddress(listener syscall.RawConn) (own netip.AddrPort) {
	_ = listener.Control(func(l uintptr) { own, _ = localAddress(int(l)) })
	if own.Addr().IsUnspecified() {
		return netip.AddrPort{}
	}
	return own
}

// begin starts the session of an accepted descriptor. With own invalid it is asked what the client has connected to.
func (w *Worker) begin(ctx context.Context, fd int, client, own netip.AddrPort) {
	w.counts.accepted.Add(1)
	s := &session{snap: w.snapshot.Load(), ctx: ctx, fd: fd, outward: -1, client: client, local: own, since: time.Now()}
	if !own.IsValid() {
		var errno syscall.Errno
		if s.local, errno = localAddress(fd); errno != 0 { // the client is gone already
			closeDescriptor(fd)
			w.leave(s)
			return
		}
	}
	s.stage = w.stages(accepted{s})
	w.advance(s)
}
