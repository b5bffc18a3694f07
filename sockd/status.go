package sockd

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/sockd/relay/udp"
)

// printStatus writes the worker's part of the answer to SIGUSR1 (dante-reference 8.9).
func (w *Worker) printStatus() {
	negotiating := func(s *session) {
		if since := s.awaits.Load(); since != nil {
			w.log.Info(fmt.Sprintf("%s: %s %s-request in progress for %ds",
				s.acceptor().peer, socks.TCP, socks.Bind, int64(time.Since(*since)/time.Second)))
			return
		}
		w.log.Info(fmt.Sprintf("%s: negotiating for %ds", s.acceptor().source(), int64(time.Since(s.since)/time.Second)))
	}
	w.table.each(func(s *session, _ context.CancelFunc) { negotiating(s) })
	for _, r := range w.relays.Snapshots() {
		s, is := r.Tag.(*session)
		if !is {
			continue // a listener
		}
		if r.Guest {
			negotiating(s)
			continue
		}
		// In the order in which the sides' bytes pass: client, us, target.
		to, counts := r.To, r.Counts
		if s.bindReply != nil { // there the peer comes first
			to[0], to[1] = to[1], to[0]
			counts.ClientWritten, counts.TargetWritten = counts.TargetWritten, counts.ClientWritten
		}
		w.log.Info(fmt.Sprintf("%s: %s <-> %s: age: %ds, idle: %ds, bytes transferred: %s <-> %s",
			socks.TCP, s.requester().source(), s.destination().target(),
			int64(r.Age/time.Second), int64(r.Idle/time.Second),
			transferred(counts.ClientWritten, to[0].Unread, to[0].Held, to[0].Unsent),
			transferred(counts.TargetWritten, to[1].Unread, to[1].Held, to[1].Unsent)))
	}
	w.datagrams.Each(func(ua *udp.Association, age, idle time.Duration) {
		for _, line := range ua.Handler.(*association).associationStatus(ua, age, idle) {
			w.log.Info(line)
		}
	})
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	w.log.Info(fmt.Sprintf("worker: %d sessions, %d goroutines, %d bytes of heap", w.slots.inUse(), runtime.NumGoroutine(), m.HeapInuse))
}

func transferred(n uint64, unread, held, unsent int) string {
	return fmt.Sprintf("%d (+ %d buffered (%d + %d + %d))", n, unread+held+unsent, unread, held, unsent)
}
