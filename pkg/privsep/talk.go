package privsep

import (
	"fmt"
	"sync"
)

// talk follows a conversation. Each end has one and takes every message through it, sent and received ones alike, so
// both ends agree on what may come next.
type talk struct {
	mu         sync.Mutex
	phase      phase
	life       life
	generation uint64 // of the configuration on offer, or the last one
	missing    int    // listeners that are still to come
}

func newTalk() *talk { return &talk{phase: idle, life: starting} }

// step checks that the message may come now, and moves on.
func (t *talk) step(m Message) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	row, _ := rowOf(m.kind())
	if t.phase&row.phases == 0 || t.life&row.lives == 0 {
		return fmt.Errorf("message %s: out of phase (%d, %d)", row.name, t.phase, t.life)
	}
	if g, has := generationOf(m); has && g != t.generation {
		return fmt.Errorf("message %s: generation %d, not %d", row.name, g, t.generation)
	}
	switch m := m.(type) {
	case offer:
		if m.Generation <= t.generation {
			return fmt.Errorf("message %s: generation %d after %d", row.name, m.Generation, t.generation)
		}
		t.generation, t.missing = m.Generation, m.listeners
		t.phase = offered
		if t.missing > 0 {
			t.phase = gathering
		}
	case listeners:
		if len(m.files) > t.missing {
			return fmt.Errorf("message %s: more listeners than announced", row.name)
		}
		if t.missing -= len(m.files); t.missing == 0 {
			t.phase = offered
		}
	case Loaded:
		t.phase = loaded
	case Refused, Abort:
		t.phase = idle
	case Commit:
		t.phase = committing
	case Committed:
		t.phase = idle
		if t.life == starting {
			t.life = serving
		}
	case Drain:
		t.life = draining
	}
	return nil
}

// generationOf gives the generation of a message about the configuration on offer.
func generationOf(m Message) (uint64, bool) {
	switch m := m.(type) {
	case Commit:
		return m.Generation, true
	case Abort:
		return m.Generation, true
	case Loaded:
		return m.Generation, true
	case Refused:
		return m.Generation, true
	case Committed:
		return m.Generation, true
	}
	return 0, false
}
