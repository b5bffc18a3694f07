package sockd

import (
	"context"
	"net/netip"
	"os"
	"sync"
	"time"

	"github.com/rustsocks/rustsocks/pkg/privsep"
	"github.com/rustsocks/rustsocks/sockd/upstream"
)

// The monitor is asked for so many ports at a time, and an answer is waited for so long; beyond it any port will do.
const (
	portsAsked = 64
	portLimit  = 5 * time.Second
)

// lowPorts asks the monitor for sockets on ports that this process may not bind (compatibility: sameport).
type lowPorts struct {
	send func(privsep.BindPort) error // set before there are sessions

	mu      sync.Mutex
	last    uint32
	waiting map[uint32]chan *os.File
}

// claimFor gives what to claim the client's own port with, nil if that is not to be.
func (w *Worker) claimFor(s *session) upstream.Claim {
	if s.client.Port() >= privsep.LowPorts || !s.snap.plan.KeepsPort(s.client.Port()) {
		return nil
	}
	return w.ports.claim
}

// claim implements upstream.Claim.
func (l *lowPorts) claim(ctx context.Context, at netip.AddrPort) (fd int, ok bool) {
	id, answer := l.expect()
	if answer == nil {
		return -1, false
	}
	defer l.forget(id, answer)
	if err := l.send(privsep.BindPort{ID: id, At: at}); err != nil {
		return -1, false // without a monitor we end anyway
	}
	limit := time.NewTimer(portLimit)
	defer limit.Stop()
	select {
	case f := <-answer:
		if f == nil {
			return -1, false
		}
		fd, err := detach(f)
		return fd, err == nil
	case <-limit.C:
	case <-ctx.Done():
	}
	return -1, false
}

// expect makes a place for one more answer, nil when there are too many.
func (l *lowPorts) expect() (uint32, chan *os.File) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.waiting) >= portsAsked {
		return 0, nil
	}
	if l.waiting == nil {
		l.waiting = map[uint32]chan *os.File{}
	}
	l.last++
	answer := make(chan *os.File, 1)
	l.waiting[l.last] = answer
	return l.last, answer
}

// forget ends the wait for an answer. One that came after all is closed.
func (l *lowPorts) forget(id uint32, answer chan *os.File) {
	l.mu.Lock()
	delete(l.waiting, id)
	l.mu.Unlock()
	select {
	case f := <-answer:
		if f != nil {
			f.Close()
		}
	default:
	}
}

// answered hands an answer to who asked.
func (l *lowPorts) answered(m privsep.BoundPort) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if answer, ok := l.waiting[m.ID]; ok {
		delete(l.waiting, m.ID) // a second answer is nobody's
		answer <- m.File
	} else if m.File != nil {
		m.File.Close()
	}
}
