package sockd

import (
	"context"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/sockd/upstream"
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
	backOff := firstBackOff
	for ctx.Err() == nil {
		fd, client, err := acceptOne(raw)
		switch {
		case err == nil:
			backOff = firstBackOff
			if !w.enter(sessions) {
				closeDescriptor(fd)
				return
			}
			w.begin(sessions, fd, client)
			continue
		case ctx.Err() != nil: // the listener was closed
			return
		case temporary(err):
			continue
		}
		w.log.Warning("accept(2) failed: " + strerror(err))
		select {
		case <-time.After(backOff):
		case <-ctx.Done():
		}
		backOff = min(2*backOff, maxBackOff)
	}
}

// acceptOne waits for a client.
func acceptOne(raw interface {
	Read(func(fd uintptr) bool) error
},
) (fd int, client netip.AddrPort, err error) {
	var sa unix.Sockaddr
	readErr := raw.Read(func(l uintptr) bool {
		fd, sa, err = unix.Accept4(int(l), unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC)
		return err != unix.EAGAIN
	})
	if readErr != nil {
		return -1, netip.AddrPort{}, readErr
	}
	if err != nil {
		return -1, netip.AddrPort{}, err
	}
	return fd, upstream.AddrPort(sa), nil
}

// temporary tells whether accept(2) failed for a reason that concerns one client only.
func temporary(err error) bool {
	switch err {
	case unix.ECONNABORTED, unix.EINTR, unix.EPROTO, unix.ENETDOWN, unix.EHOSTUNREACH, unix.ENETUNREACH:
		return true
	}
	return false
}

// begin starts the session of an accepted descriptor.
func (w *Worker) begin(ctx context.Context, fd int, client netip.AddrPort) {
	w.counts.accepted.Add(1)
	s := &session{snap: w.snapshot.Load(), client: client, since: time.Now()}
	sa, err := unix.Getsockname(fd)
	if err != nil { // the client is gone already
		unix.Close(fd)
		w.leave(s)
		return
	}
	s.local = upstream.AddrPort(sa)
	s.conn = os.NewFile(uintptr(fd), "client")
	go w.serve(ctx, accepted{s})
}
