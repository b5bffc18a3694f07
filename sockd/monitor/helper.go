package monitor

import (
	"fmt"
	"os"
	"time"

	"github.com/rustsocks/rustsocks/pkg/privsep"
)

// helperProgram is the name of the auth helper's file.
const helperProgram = "rustsocks-auth"

// helperCount is how many auth helpers a worker has: one check of a password occupies a processor for a while.
const helperCount = 2

// helper is one auth helper process. It belongs to one worker, and exits when that is gone.
type helper struct {
	process *os.Process
	started time.Time
}

// startHelpers starts the auth helpers that the worker lacks.
func (m *monitor) startHelpers(w *worker) {
	for slot := range uint8(helperCount) {
		if w.helpers[slot] == nil {
			m.startHelper(w, slot)
		}
	}
}

func (m *monitor) startHelper(w *worker, slot uint8) {
	h, ours, err := m.newHelper()
	if err != nil {
		m.log.Error(fmt.Sprintf("passwords and groups cannot be checked: %s", err))
		m.restartHelper(w, slot, 0)
		return
	}
	defer ours.Close()
	w.helpers[slot] = h
	m.children.Go(func() {
		state, err := h.process.Wait()
		m.post(func() { m.helperExited(w, slot, h, howEnded(state, err)) })
	})
	m.send(w, privsep.Auth{Slot: slot, File: ours})
}

// newHelper starts a helper, and gives the worker's end of the pair.
func (m *monitor) newHelper() (*helper, *os.File, error) {
	ours, its, err := privsep.NewPair()
	if err != nil {
		return nil, nil, err
	}
	defer its.Close()
	process, err := privsep.Start(privsep.Program{Name: helperProgram, User: m.users.privileged, Stderr: m.childStderr}, its)
	if err != nil {
		ours.Close()
		return nil, nil, err
	}
	return &helper{process: process, started: time.Now()}, ours, nil
}

// helperStuck ends a helper that did not answer; its exit has another one started.
func (m *monitor) helperStuck(w *worker, slot uint8) {
	if int(slot) >= helperCount || w.helpers[slot] == nil {
		return
	}
	m.log.Warning(fmt.Sprintf("auth-helper %d did not answer in time.  Ending it", w.helpers[slot].process.Pid))
	w.helpers[slot].process.Kill()
}

func (m *monitor) helperExited(w *worker, slot uint8, h *helper, how string) {
	w.helpers[slot] = nil
	if m.worker != w || m.stopping {
		return
	}
	m.log.Warning(fmt.Sprintf("sigchld(): auth-helper %d exited unexpectedly: %s", h.process.Pid, how))
	m.restartHelper(w, slot, time.Since(h.started))
}

func (m *monitor) restartHelper(w *worker, slot uint8, lived time.Duration) {
	delay := w.tries[slot].next(lived)
	if lived == 0 {
		delay = max(delay, backoffFirst)
	}
	m.afterwards(delay, func() {
		if m.worker == w && w.helpers[slot] == nil {
			m.startHelper(w, slot)
		}
	})
}
