package sockd

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// pair waits until there is something to read from the client or somebody to accept. It costs a descriptor: an epoll
// instance that the runtime's poller waits for, so that one goroutine waits for two sockets.
type pair struct {
	epoll *os.File
}

// readable tells of which of the two there is news.
type readable struct{ client, peer bool }

// What stands for the sockets in events.
const (
	markClient int32 = iota
	markPeer
)

func newPair(s *session, listener int) (*pair, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	add := func(socket int, mark int32) error {
		return unix.EpollCtl(fd, unix.EPOLL_CTL_ADD, socket, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: mark})
	}
	err = unix.EBADF
	s.control(func(client int) { err = add(client, markClient) })
	if err == nil {
		err = add(listener, markPeer)
	}
	if err == nil {
		err = unix.SetNonblock(fd, true) // for the runtime to take it
	}
	if err != nil {
		closeDescriptor(fd)
		return nil, err
	}
	return &pair{os.NewFile(uintptr(fd), "bind")}, nil
}

// wait returns with at least one of them, or with an error once it was woken.
func (p *pair) wait() (r readable, err error) {
	raw, err := p.epoll.SyscallConn()
	if err != nil {
		return r, err
	}
	var pollErr error
	err = raw.Read(func(fd uintptr) bool {
		var events [2]unix.EpollEvent
		n, err := unix.EpollWait(int(fd), events[:], 0)
		for _, e := range events[:max(n, 0)] {
			r.client = r.client || e.Fd == markClient
			r.peer = r.peer || e.Fd == markPeer
		}
		if err != nil && err != unix.EINTR {
			pollErr = err
		}
		return n > 0 || pollErr != nil
	})
	if err == nil {
		err = pollErr
	}
	return r, err
}

// wake ends wait, now and for ever.
func (p *pair) wake() { _ = p.epoll.SetReadDeadline(time.Unix(1, 0)) }

func (p *pair) close() { p.epoll.Close() }
