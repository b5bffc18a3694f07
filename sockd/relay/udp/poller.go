package udp

import (
	"fmt"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	interest  = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLET
	maxEvents = 256
	wakeup    = -1 // marks the event of wake; those of sockets are not negative
)

// A poller is an epoll instance that the runtime's poller waits for as for any file: a loop without traffic keeps
// neither a thread nor a processor.
type poller struct {
	epoll int
	file  *os.File // of epoll
	raw   syscall.RawConn
	bell  int // an eventfd

	events []unix.EpollEvent
	found  int
	look   func(uintptr) bool

	armed bool          // there is a deadline
	alarm time.Duration // which, in the loop's time
}

func newPoller() (*poller, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("create epoll instance: %w", err)
	}
	// The flag has no effect on the instance, but files without it are not given to the runtime's poller.
	if err := unix.SetNonblock(epoll, true); err != nil {
		unix.Close(epoll)
		return nil, fmt.Errorf("poll epoll instance: %w", err)
	}
	p := &poller{epoll: epoll, file: os.NewFile(uintptr(epoll), "epoll"), bell: -1, events: make([]unix.EpollEvent, maxEvents)}
	p.look = func(uintptr) bool { return len(p.poll()) > 0 }
	p.raw, err = p.file.SyscallConn()
	if err == nil {
		err = p.file.SetReadDeadline(time.Time{}) // which works if the runtime's poller has it
	}
	if err == nil {
		p.bell, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	}
	if err == nil {
		event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: wakeup}
		err = unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, p.bell, &event)
	}
	if err != nil {
		p.close()
		return nil, fmt.Errorf("poll epoll instance: %w", err)
	}
	return p, nil
}

func (p *poller) close() {
	p.file.Close()
	if p.bell >= 0 {
		unix.Close(p.bell)
	}
}

// watch has it told, with a mark and a generation, when a socket becomes readable.
func (p *poller) watch(fd, mark, generation int32) error {
	event := unix.EpollEvent{Events: interest, Fd: mark, Pad: generation}
	if err := unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, int(fd), &event); err != nil {
		return fmt.Errorf("poll socket: %w", err)
	}
	return nil
}

// wake makes an event. Any goroutine may do that.
func (p *poller) wake() {
	one := [8]byte{1}
	unix.Write(p.bell, one[:])
}

// woken takes the event of wake.
func (p *poller) woken() {
	var count [8]byte
	unix.Read(p.bell, count[:])
}

// poll gives the events there are.
func (p *poller) poll() []unix.EpollEvent {
	n, errno := pollEvents(p.epoll, p.events)
	if errno != 0 && errno != syscall.EINTR {
		panic("relay: epoll_wait: " + errno.Error()) // a descriptor that is not theirs has been closed by someone
	}
	p.found = n
	return p.events[:n]
}

// wait gives the events there are, and waits until there are some or, if limited, for so long. Alarm tells limits
// apart: the same is not set again.
func (p *poller) wait(limit, alarm time.Duration, limited bool) []unix.EpollEvent {
	switch {
	case limited && (!p.armed || p.alarm != alarm):
		p.armed, p.alarm = true, alarm
		p.file.SetReadDeadline(time.Now().Add(limit))
	case !limited && p.armed:
		p.armed = false
		p.file.SetReadDeadline(time.Time{})
	}
	p.found = 0
	if err := p.raw.Read(p.look); err != nil {
		p.armed = false // the limit: it has not been looked for events
		p.file.SetReadDeadline(time.Time{})
		return p.poll()
	}
	return p.events[:p.found]
}
