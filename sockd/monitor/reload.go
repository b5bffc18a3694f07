package monitor

import (
	"errors"
	"fmt"

	"github.com/rustsocks/rustsocks/pkg/logx"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/privsep"
)

// reload is SIGHUP: all of the file comes into force, or none of it does.
func (m *monitor) reload() {
	switch {
	case m.stopping:
		return
	case m.reloading || m.current == nil:
		m.reloadAgain = true // the file may have changed after it was read
		return
	}
	m.reloading = true
	m.notify.reloading()
	m.log.Info("SIGHUP [: reloading config")
	// Loading may wait for a resolver, and the loop must not.
	go func() {
		d, said, err := m.load()
		m.post(func() { m.loadedAgain(d, said, err) })
	}()
}

// loadedAgain continues with what the file says.
func (m *monitor) loadedAgain(d *deployment, said []Diagnostic, err error) {
	if m.stopping {
		return
	}
	if d == nil {
		m.reloadFailed(said, err)
		return
	}
	m.keepUsers(d.plan)
	if d.listeners, err = listenOn(d.plan, m.current.listeners, func(line string) {
		said = append(said, Diagnostic{Level: logx.Warning, Line: line})
	}); err != nil {
		var b *bindError
		if errors.As(err, &b) {
			said = append(said, Diagnostic{Level: logx.Warning, Line: b.warning()})
		}
		m.reloadFailed(said, err)
		return
	}
	d.logs = openLogs(d.plan, m.logOwner(), m.current.logs)
	done := func(err error) {
		if err != nil {
			d.listeners.closeExcept(m.current.listeners)
			d.logs.outputs.Close()
			m.reloadFailed(said, err)
			return
		}
		m.reloaded(d, said)
	}
	if m.worker == nil {
		if err := m.startWorker(d, done); err != nil {
			done(err)
		}
		return
	}
	if m.worker.offer != nil { // it was only just restarted; it is offered the newer one when it has taken that
		old := m.worker.offer.done
		w := m.worker
		m.worker.offer.done = func(err error) {
			old(err)
			if err == nil {
				m.offer(w, d, done)
				return
			}
			done(err)
		}
		return
	}
	m.offer(m.worker, d, done)
}

// reloaded makes the new configuration the one in force.
func (m *monitor) reloaded(d *deployment, said []Diagnostic) {
	old := m.current
	m.current = d
	old.listeners.closeExcept(d.listeners)
	m.log.SetOutputs(d.logs.outputs)
	m.log.SetDebug(d.plan.Debug)
	if m.worker != nil && needsHelpers(d.plan) {
		m.startHelpers(m.worker)
	}
	m.logAll(said)
	m.logLines(d.logs.said)
	d.listeners.setAgain(old.listeners, d.plan, m.log.Warning)
	m.log.Info("SIGHUP ]: config reloaded.  Broadcasting to children to do the same")
	m.reloadEnded("")
}

// reloadFailed keeps everything as it was. The log files are opened again all the same: whoever rotates logs has moved
// them away by now.
func (m *monitor) reloadFailed(said []Diagnostic, err error) {
	if m.stopping {
		return
	}
	m.reopenLogs()
	m.logAll(said)
	if err != nil {
		m.log.Error(err.Error())
	}
	m.log.Error("SIGHUP ]: config not reloaded because of the errors above.  Continuing with the configuration in force")
	m.reloadEnded("; the last reload failed")
}

func (m *monitor) reloadEnded(remark string) {
	m.reloading = false
	m.notify.ready(servingStatus(m.current.plan) + remark)
	if m.reloadAgain {
		m.reloadAgain = false
		m.reload()
	}
}

// reopenLogs opens the devices of the configuration in force again.
func (m *monitor) reopenLogs() {
	m.current.logs = openLogs(m.current.plan, m.logOwner(), m.current.logs)
	m.log.SetOutputs(m.current.logs.outputs)
	m.logLines(m.current.logs.said)
	if m.worker != nil && m.worker.serving {
		m.send(m.worker, privsep.Logs{Logs: m.current.logs.outputs})
	}
}

// keepUsers warns when the file names other users than those the processes run as.
func (m *monitor) keepUsers(p *plan.Plan) {
	now := usersOf(p)
	for _, u := range []struct {
		name      string
		now, then privsep.User
	}{
		{"privileged", now.privileged, m.users.privileged},
		{"unprivileged", now.unprivileged, m.users.unprivileged},
	} {
		if u.now != u.then {
			m.log.Warning(fmt.Sprintf("user.%s cannot be changed by a reload: uid %d, gid %d is kept, restart for uid %d, gid %d",
				u.name, u.then.UID, u.then.GID, u.now.UID, u.now.GID))
		}
	}
}

// logAll logs what was said about a file.
func (m *monitor) logAll(said []Diagnostic) {
	for _, d := range said {
		m.log.Log(d.Level, d.Line)
	}
}

func (m *monitor) logLines(lines []logLine) {
	for _, l := range lines {
		m.log.Log(l.level, l.text)
	}
}
