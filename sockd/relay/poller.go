package relay

import (
	"fmt"
	"math"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/sockd/kernel"
)

const (
	// interest is what is to be told of a socket: once, when it happens. That it is writable is told once it was not.
	interest = unix.EPOLLIN | unix.EPOLLRDHUP | unix.EPOLLPRI | unix.EPOLLET
	// maxEvents is how many events are taken at once.
	maxEvents = 256
	// wakeup marks the event of wake; those of sockets are not negative.
	wakeup = -1
)

// A poller is an epoll instance. The runtime's poller waits for it as for any file.
type poller struct {
	epoll int
	file  *os.File // of epoll
	raw   syscall.RawConn
	bell  int // an eventfd

	events []unix.EpollEvent
	found  int // how many events the last look has found
	look   func(uintptr) bool

	alarm atomic.Int64 // when the wait ends at the latest, in the loop's time; never when there is no such time
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
	p.alarm.Store(never)
	p.look = func(uintptr) bool { return len(p.poll()) > 0 }
	p.raw, err = p.file.SyscallConn()
	if err == nil {
		err = p.file.SetReadDeadline(time.Time{}) // which works if the runtime's poller has it
	}
	if err != nil {
		p.close()
		return nil, fmt.Errorf("poll epoll instance: %w", err)
	}
	if p.bell, err = unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC); err != nil {
		p.close()
		return nil, fmt.Errorf("create eventfd: %w", err)
	}
	event := unix.EpollEvent{Events: unix.EPOLLIN, Fd: wakeup}
	if err := unix.EpollCtl(epoll, unix.EPOLL_CTL_ADD, p.bell, &event); err != nil {
		p.close()
		return nil, fmt.Errorf("poll eventfd: %w", err)
	}
	return p, nil
}

func (p *poller) close() {
	p.file.Close()
	if p.bell >= 0 {
		unix.Close(p.bell)
	}
}

// watch has events of a socket told, with a mark and a generation. If it is to be told that the socket is writable,
// and it is, there is an event at once.
func (p *poller) watch(fd, mark, generation int32, writable bool) error {
	if err := p.control(unix.EPOLL_CTL_ADD, fd, mark, generation, writable); err != nil {
		return fmt.Errorf("poll socket: %w", err)
	}
	return nil
}

// watchWritable has it told that a watched socket is writable.
func (p *poller) watchWritable(fd, mark, generation int32) {
	p.control(unix.EPOLL_CTL_MOD, fd, mark, generation, true)
}

func (p *poller) control(op int, fd, mark, generation int32, writable bool) error {
	event := unix.EpollEvent{Events: interest, Fd: mark, Pad: generation}
	if writable {
		event.Events |= unix.EPOLLOUT
	}
	return kernel.EpollControl(p.epoll, op, int(fd), &event)
}

// unwatch ends that. Closing the socket does so too.
func (p *poller) unwatch(fd int32) { unix.EpollCtl(p.epoll, unix.EPOLL_CTL_DEL, int(fd), nil) }

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
	n, errno := epollPoll(p.epoll, p.events)
	if errno != 0 && errno != syscall.EINTR {
		panic("relay: epoll_wait: " + errno.Error()) // a descriptor that is not theirs has been closed by someone
	}
	p.found = n
	return p.events[:n]
}

// never is an alarm that does not come.
const never = math.MaxInt64

// sleepsUntil is when the loop will look at its timers even if nothing happens. Any goroutine may ask: it does not
// become later without the loop having taken what is new.
func (p *poller) sleepsUntil() time.Duration { return time.Duration(p.alarm.Load()) }

// wait gives the events there are, and waits until there are some, or, if limited, for so long: until alarm in the
// loop's time. It may return early, with none: an alarm that is set stays set when it need not be so early any more.
func (p *poller) wait(limit, alarm time.Duration, limited bool) []unix.EpollEvent {
	if limited && alarm < p.sleepsUntil() {
		p.alarm.Store(int64(alarm))
		p.file.SetReadDeadline(time.Now().Add(limit))
	}
	p.found = 0
	if err := p.raw.Read(p.look); err != nil {
		// The alarm. It is not looked for events then.
		p.alarm.Store(never)
		p.file.SetReadDeadline(time.Time{})
		return p.poll()
	}
	return p.events[:p.found]
}
