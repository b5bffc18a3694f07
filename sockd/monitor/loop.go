package monitor

import (
	"os"
	"sync"
	"time"

	"github.com/rustsocks/rustsocks/pkg/logx"
	"github.com/rustsocks/rustsocks/pkg/privsep"
)

// monitor is a running server. All fields belong to the loop; other goroutines post what they want done.
type monitor struct {
	opt     options
	program Program
	log     *logx.Logger
	started time.Time
	notify  notifier

	users       users
	pid         *pidFile
	childStderr *os.File // what children print when they crash

	first       *deployment // of the start
	current     *deployment // in force; nil until the start has succeeded
	generation  uint64
	worker      *worker
	workerTries backoff
	totals      totals // of workers that are gone

	reloading   bool
	reloadAgain bool
	asked       bool // for the status
	stopping    bool
	stops       int // how often it was told to
	finished    bool
	status      int // of exit

	calls    chan func()
	ended    chan struct{}  // closed when the loop has ended
	children sync.WaitGroup // processes
}

// users are whom the others run as. A reload cannot change them.
type users struct {
	privileged, unprivileged privsep.User
}

func newMonitor(o options, p Program, log *logx.Logger) *monitor {
	return &monitor{
		opt: o, program: p, log: log, started: time.Now(), childStderr: os.Stderr,
		calls: make(chan func(), 16), ended: make(chan struct{}),
	}
}

// loop does what signals and posts ask for, until finish.
func (m *monitor) loop(signals <-chan os.Signal) int {
	defer close(m.ended)
	watchdog := m.notify.watchdog()
	for !m.finished {
		select {
		case s := <-signals:
			m.signalled(s)
		case call := <-m.calls:
			call()
		case <-watchdog:
			m.petWatchdog()
		}
	}
	return m.status
}

// post has the loop call something. After the loop has ended it does nothing.
func (m *monitor) post(call func()) {
	select {
	case m.calls <- call:
	case <-m.ended:
	}
}

// afterwards has the loop call something after a while, at once if that is nothing; not when the server stops.
func (m *monitor) afterwards(d time.Duration, call func()) {
	time.AfterFunc(d, func() {
		m.post(func() {
			if !m.stopping && !m.finished {
				call()
			}
		})
	})
}

// finish ends the loop.
func (m *monitor) finish(status int) {
	m.status = status
	m.finished = true
}
