package monitor

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/logx"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/privsep"
)

// serve runs the server until it is told to stop. The order is danted's: read, open the logs, bind, write the pid file,
// start the others.
func serve(o options, p Program, log *logx.Logger) int {
	b := background{}
	if o.daemon {
		var err error
		if b, err = openBackground(); err != nil {
			log.Error(err.Error())
			log.Alert(shuttingDown)
			return 1
		}
		if !b.inside {
			return b.start(log)
		}
	}
	m := newMonitor(o, p, log)
	if o.daemon {
		m.childStderr = b.null
	}
	signals := catchSignals()
	d := m.begin(func() { stoppable(signals) })
	if d == nil {
		return m.end(1)
	}
	if err := m.startWorker(d, func(err error) { m.begun(d, b, err) }); err != nil {
		m.fail(err.Error())
		return m.end(1)
	}
	return m.end(m.loop(signals))
}

// begin does what comes before the others are started. It gives nil, and has said why, when the server cannot start.
// loaded is called when nothing is left that can take long.
func (m *monitor) begin(loaded func()) *deployment {
	d, said, err := m.load()
	if d == nil {
		m.logAll(said)
		if err != nil {
			m.log.Error(err.Error())
		}
		return nil
	}
	loaded()
	m.users = usersOf(d.plan)
	d.logs = openLogs(d.plan, m.logOwner(), nil)
	m.log.SetDebug(d.plan.Debug)
	m.logLines(d.logs.said) // to standard error: there is no other place yet
	m.log.SetOutputs(d.logs.outputs)
	m.first = d
	m.logAll(said)
	if d.listeners, err = listenOn(d.plan, nil, m.log.Warning); err != nil {
		var b *bindError
		if errors.As(err, &b) {
			m.log.Warning(b.warning())
		}
		m.fail("serverinit(): " + err.Error())
		return nil
	}
	if m.pid, err = writePidFile(m.opt.pidFile); err != nil {
		m.log.Warning(fmt.Sprintf("could not open pidfile %s for writing: %s", m.opt.pidFile, strerror(err)))
	}
	raiseDescriptors()
	if m.opt.servers > 1 {
		m.log.Notice(fmt.Sprintf("-N %d: one worker process does the job, no more are started", m.opt.servers))
	}
	return d
}

// begun is called when the first configuration is in force, or cannot be.
func (m *monitor) begun(d *deployment, b background, err error) {
	if err != nil {
		m.fail(err.Error())
		m.finish(1)
		return
	}
	m.current = d
	if m.opt.daemon {
		if err := b.detach(); err != nil {
			m.fail(err.Error())
			m.finish(1)
			return
		}
		m.reopenLogs() // standard streams are others now
	}
	m.log.Ready()
	m.log.Info(fmt.Sprintf("Dante/server[1/1] v%s running", DanteVersion))
	m.notify.ready(servingStatus(d.plan))
	b.succeeded()
	if m.reloadAgain {
		m.reloadAgain = false
		m.reload()
	}
}

// end says goodbye, with no process of ours left behind.
func (m *monitor) end(status int) int {
	if m.worker != nil {
		m.worker.process.Kill()
		for _, h := range m.worker.helpers {
			if h != nil {
				h.process.Kill()
			}
		}
	}
	m.children.Wait()
	m.log.Alert(shuttingDown)
	m.pid.empty()
	return status
}

// fail logs why the server does not start, also to standard error: whoever starts it by hand would otherwise see
// nothing at all when the log is a file.
func (m *monitor) fail(text string) {
	m.log.Error(text)
	if m.first != nil && !toStandard(m.first.plan) {
		logx.New(m.opt.program).Error(text)
	}
}

// logOwner is whom created log files belong to: nobody in particular unless we are root and there is somebody.
func (m *monitor) logOwner() *privsep.User {
	if os.Geteuid() != 0 {
		return nil
	}
	return &m.users.privileged
}

// usersOf gives the users a plan names, ourselves where it names none.
func usersOf(p *plan.Plan) users {
	u := users{privileged: privsep.Self(), unprivileged: privsep.Self()}
	if p.Privileged.IsSet() {
		u.privileged = privsep.User{UID: p.Privileged.UID, GID: p.Privileged.GID}
	}
	if p.Unprivileged.IsSet() {
		u.unprivileged = privsep.User{UID: p.Unprivileged.UID, GID: p.Unprivileged.GID}
	}
	return u
}

// raiseDescriptors raises our limit of open files as far as it goes.
func raiseDescriptors() {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) == nil {
		l.Cur = l.Max
		_ = unix.Setrlimit(unix.RLIMIT_NOFILE, &l)
	}
}

// servingStatus is what the service manager shows.
func servingStatus(p *plan.Plan) string {
	if len(p.Internal) == 1 {
		return "serving on " + p.Internal[0].String()
	}
	return fmt.Sprintf("serving on %d addresses", len(p.Internal))
}
