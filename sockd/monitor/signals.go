package monitor

import (
	"fmt"
	"os"
	"os/signal"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/privsep"
)

// drainLimit is how long sessions may go on after the server was told to stop.
const drainLimit = 30 * time.Second

// catchSignals gives the signals the loop acts on. Those that stop the server are caught only by stoppable.
func catchSignals() chan os.Signal {
	signal.Ignore(unix.SIGPIPE)
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, unix.SIGHUP, unix.SIGUSR1)
	return signals
}

// stoppable is for when there is something to put in order at the end. Until then, while host names are looked up and
// the loop does not run, signals to stop simply end the process.
func stoppable(signals chan os.Signal) {
	signal.Notify(signals, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM)
}

func (m *monitor) signalled(s os.Signal) {
	switch s {
	case unix.SIGHUP:
		m.reload()
	case unix.SIGUSR1:
		m.askStatus()
	default:
		m.stop(s.(unix.Signal))
	}
}

// stop ends the server. Sessions may go on for a while; told to stop again, it ends them.
func (m *monitor) stop(s unix.Signal) {
	w := m.worker
	m.stops++
	switch {
	case m.stops > 1 && w == nil:
		return
	case m.stops == 2 && w.serving:
		m.drain(w, 0)
		return
	case m.stops > 1:
		w.process.Kill()
		return
	}
	m.stopping = true
	m.log.Info(fmt.Sprintf("sigterm(): exiting on signal %d", int(s)))
	m.notify.stopping()
	switch {
	case w == nil:
		m.finish(0)
	case !w.serving:
		w.process.Kill()
	default:
		m.drain(w, drainLimit)
		m.current.listeners.closeExcept(nil)
	}
}

// drain has the worker end within the limit, and ends it otherwise.
func (m *monitor) drain(w *worker, limit time.Duration) {
	m.send(w, privsep.Drain{Limit: limit})
	time.AfterFunc(limit+exitLimit, func() { m.post(func() { w.process.Kill() }) })
}
