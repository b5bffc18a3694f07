package sockd

import (
	"context"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/sockd/kernel"
)

// visited is a session whose peer has connected: s.outward is its connection. Whether it may is not known yet.
type visited struct{ listening }

// await waits for the peer, as long as the client does: there is no limit. What the client says meanwhile is heard.
func (w *Worker) await(ctx context.Context, l listening) (visited, *failure) {
	s := l.session
	began := time.Now()
	s.awaits.Store(&began)
	defer s.awaits.Store(nil)
	both, err := newPair(s, l.fd)
	if err != nil {
		return visited{}, &failure{kind: clientFailed, text: "could not wait for a bindreply: " + cause(err)}
	}
	defer both.close()
	defer context.AfterFunc(ctx, both.wake)()
	ear := ear{session: s}
	for {
		ready, err := both.wait()
		if err != nil {
			return visited{}, &failure{kind: stopping}
		}
		if ready.client {
			if f := ear.hear(); f != nil {
				return visited{}, f
			}
		}
		if !ready.peer {
			continue
		}
		fd, peer, errno := kernel.Accept(l.fd)
		switch {
		case errno == 0:
			s.outward, s.peer = fd, peer
			return visited{l}, nil
		case errno == unix.EAGAIN, temporary(errno): // that one is gone again
			continue
		}
		return visited{}, &failure{kind: clientFailed, text: "failed to accept(2) bindreply: " + cause(errno)}
	}
}
