package monitor

import (
	"fmt"
	"time"

	"github.com/rustsocks/rustsocks/pkg/privsep"
)

// totals are the counts of workers that are gone.
type totals struct{ accepted, handled uint64 }

func (t *totals) add(a privsep.Alive) {
	t.accepted += a.Accepted
	t.handled += a.Accepted // whom it had not handled, it took along
}

// askStatus is SIGUSR1: the worker is asked for fresh counts first.
func (m *monitor) askStatus() {
	m.asked = true
	if m.worker == nil || !m.worker.serving {
		m.answerStatus()
		return
	}
	m.send(m.worker, privsep.Status{})
}

// answerStatus writes the monitor's line and has the worker write those of its sessions (dante-reference 8.9).
func (m *monitor) answerStatus() {
	if !m.asked {
		return
	}
	m.asked = false
	var a privsep.Alive
	if m.worker != nil {
		a = m.worker.alive
	}
	m.log.Info(statusLine(time.Since(m.started), m.totals.accepted+a.Accepted, m.totals.handled+a.Handled, a.Sessions))
	if m.worker != nil && m.worker.serving {
		m.send(m.worker, privsep.Status{Print: true})
	}
}

func statusLine(up time.Duration, accepted, handled uint64, current uint32) string {
	minutes := int64(up / time.Minute)
	days := minutes / (24 * 60)
	plural := "s"
	if days == 1 {
		plural = ""
	}
	return fmt.Sprintf("Dante v%s up %d day%s, %d:%02d, a: %d, h: %d c: %d",
		DanteVersion, days, plural, minutes/60%24, minutes%60, accepted, handled, current)
}
