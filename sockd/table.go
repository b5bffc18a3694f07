package sockd

import (
	"context"
	"sync"

	"github.com/rustsocks/rustsocks/sockd/relay/udp"
)

// table holds the sessions that no event loop has, so that they can be shown and ended. Its size is bounded by the
// worker's slots.
type table struct {
	mu       sync.Mutex
	sessions map[*session]context.CancelFunc
}

func (t *table) add(s *session, cancel context.CancelFunc) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sessions == nil {
		t.sessions = map[*session]context.CancelFunc{}
	}
	t.sessions[s] = cancel
}

func (t *table) remove(s *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.sessions, s)
}

func (t *table) each(do func(*session, context.CancelFunc)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for s, cancel := range t.sessions {
		do(s, cancel)
	}
}

// endAll ends every session there is: those that are still negotiating without a word, those at the relay with the
// lines that say so.
func (w *Worker) endAll() {
	w.table.each(func(_ *session, cancel context.CancelFunc) { cancel() })
	w.endInLoops(func(*session) bool { return true })
}

// endInLoops ends those that event loops have and that are wanted.
func (w *Worker) endInLoops(wanted func(*session) bool) {
	w.relays.Terminate(func(tag any) bool {
		s, is := tag.(*session)
		return is && wanted(s)
	})
	w.datagrams.Terminate(func(h udp.Handler) bool { return wanted(h.(*association).s) })
}
