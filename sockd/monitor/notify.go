package monitor

import (
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// notifier tells a service manager about us, if there is one.
type notifier struct{}

func (notifier) send(state string) {
	// Nobody is helped by our complaining about a service manager that does not listen.
	_, _ = daemon.SdNotify(false, state)
}

func (n notifier) ready(status string) {
	n.send(daemon.SdNotifyReady + "\nSTATUS=" + status)
}

func (n notifier) reloading() {
	n.send(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec())
}

func (n notifier) stopping() { n.send(daemon.SdNotifyStopping + "\nSTATUS=draining sessions") }

// watchdog ticks twice in the time after which the service manager gives up on us; never when it does not watch.
func (notifier) watchdog() <-chan time.Time {
	limit, err := daemon.SdWatchdogEnabled(false)
	if err != nil || limit <= 0 {
		return nil
	}
	return time.Tick(limit / 2)
}

// stale is after how long without a sign of progress a worker does not count as alive.
const stale = 15 * time.Second

// petWatchdog passes the worker's progress on: a monitor that runs is no proof that anybody is served.
func (m *monitor) petWatchdog() {
	if w := m.worker; w != nil && w.serving && time.Since(w.seen) < stale {
		m.notify.send(daemon.SdNotifyWatchdog)
	}
}
