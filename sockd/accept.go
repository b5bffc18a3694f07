package sockd

import (
	"context"
	"net/netip"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/sockd/kernel"
	"github.com/rustsocks/rustsocks/sockd/relay"
)

// accepted is a client's connection before any rule has seen it.
type accepted struct{ *session }

// Accept errors such as a full descriptor table do not go away by asking again at once.
const (
	firstBackOff = 5 * time.Millisecond
	maxBackOff   = time.Second
)

// acceptMost is how many clients are taken before others in the event loop have their turn.
const acceptMost = 32

// A door is a listener: the guest of an event loop, that lets clients in.
type door struct {
	*Worker
	ctx     context.Context // ends with the sessions
	fd      int             // owned
	own     netip.AddrPort  // the address that all clients connect to; invalid when there are several
	guest   *relay.Guest
	backOff time.Duration
	shut    bool // until a slot is free
	closed  bool // for good
}

// open lets the clients of a listener in until the door is closed. It takes the descriptor over. The sessions live on
// until ctx ends.
func (w *Worker) open(ctx context.Context, l *os.File) (*door, error) {
	fd, err := detach(l)
	if err != nil {
		return nil, err
	}
	d := &door{Worker: w, ctx: ctx, fd: fd, backOff: firstBackOff}
	if own, errno := kernel.LocalAddress(fd); errno == 0 && !own.Addr().IsUnspecified() {
		d.own = own
	}
	err = unix.SetNonblock(fd, true)
	if err == nil {
		err = w.relays.Begin(fd, 0, d, d.turn, func(g *relay.Guest) { d.guest = g })
	}
	if err != nil {
		closeDescriptor(fd)
		return nil, err
	}
	return d, nil
}

// close lets nobody in any more once it returns. As the monitor has the same socket open, closing the descriptor alone
// would leave it with the event loop, which could not have it again after a reload.
func (d *door) close() {
	done := make(chan struct{})
	if d.guest.Post(func() { d.closed = true; d.guest.Leave(); closeDescriptor(d.fd); close(done) }) {
		<-done
	}
}

// turn is what the event loop calls.
func (d *door) turn(e relay.Event) {
	if e == relay.Ended || d.shut || d.closed {
		return
	}
	for range acceptMost {
		if !d.slots.take(d) {
			d.shut = true
			d.sayFull()
			return
		}
		fd, client, errno := kernel.Accept(d.fd)
		if errno == 0 {
			d.backOff = firstBackOff
			d.begin(d.ctx, fd, client, d.own)
			continue
		}
		d.slots.giveBack()
		switch {
		case errno == unix.EAGAIN:
			return
		case temporary(errno):
			continue
		}
		if d.failed.heard(time.Now()) {
			d.log.Warning("accept(2) failed: " + strerror(errno) + ".  New clients have to wait until it works again")
		}
		d.guest.Limit(d.backOff)
		d.backOff = min(2*d.backOff, maxBackOff)
		return
	}
	d.guest.Again()
}

// reopen is for when a slot is free again.
func (d *door) reopen() {
	d.shut = false
	d.turn(relay.Ready)
}

// temporary tells whether accept(2) failed for a reason that concerns one client only.
func temporary(errno syscall.Errno) bool {
	switch errno {
	case unix.ECONNABORTED, unix.EINTR, unix.EPROTO, unix.ENETDOWN, unix.EHOSTUNREACH, unix.ENETUNREACH:
		return true
	}
	return false
}

// begin starts the session of an accepted descriptor. With own invalid it is asked what the client has connected to.
func (w *Worker) begin(ctx context.Context, fd int, client, own netip.AddrPort) {
	w.counts.accepted.Add(1)
	s := &session{
		snap: w.snapshot.Load(), ctx: ctx, fd: fd, outward: -1, client: client, local: own, since: time.Now(),
	}
	if !own.IsValid() {
		var errno syscall.Errno
		if s.local, errno = kernel.LocalAddress(fd); errno != 0 { // the client is gone already
			closeDescriptor(fd)
			w.leave(s)
			return
		}
	}
	s.stage = w.stages(accepted{s})
	w.advance(s)
}
