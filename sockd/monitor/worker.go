package monitor

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/rustsocks/rustsocks/pkg/privsep"
)

// workerProgram is the name of the worker's file.
const workerProgram = "rustsocks-worker"

const (
	// offerLimit is how long a worker may take to load a configuration and put it into force.
	offerLimit = 30 * time.Second
	// exitLimit is how long a child may take to exit that has nothing left to do.
	exitLimit = 5 * time.Second
)

// worker is one worker process. All of it belongs to the loop.
type worker struct {
	process *os.Process
	link    *privsep.Monitor
	started time.Time
	serving bool // some configuration is in force in it
	offer   *offer

	alive   privsep.Alive
	seen    time.Time // when it last showed progress
	helpers [helperCount]*helper
	tries   [helperCount]backoff
}

// offer is a configuration a worker was sent that is not in force yet.
type offer struct {
	deployment *deployment
	done       func(error) // nil: it is in force
	limit      *time.Timer
}

// startWorker starts a worker with a configuration; done is called once it is in force, or cannot be. After an error
// there is no worker.
func (m *monitor) startWorker(d *deployment, done func(error)) error {
	link, far, err := privsep.NewMonitor()
	if err != nil {
		return err
	}
	defer far.Close()
	process, err := privsep.Start(privsep.Program{Name: workerProgram, User: m.users.unprivileged, Stderr: m.childStderr}, far)
	if err != nil {
		link.Close()
		return err
	}
	w := &worker{process: process, link: link, started: time.Now()}
	m.worker = w
	received := make(chan struct{})
	go func() {
		defer close(received)
		m.receive(w)
	}()
	m.children.Go(func() {
		state, err := process.Wait()
		<-received // its last words come before its end
		m.post(func() { m.workerExited(w, howEnded(state, err)) })
	})
	if needsHelpers(d.plan) {
		m.startHelpers(w)
	}
	m.offer(w, d, done)
	return nil
}

// receive passes the worker's messages to the loop.
func (m *monitor) receive(w *worker) {
	for {
		msg, err := w.link.Receive()
		if err != nil {
			m.post(func() { m.workerLost(w, err) })
			return
		}
		m.post(func() { m.workerSays(w, msg) })
	}
}

// offer sends a configuration to the worker.
func (m *monitor) offer(w *worker, d *deployment, done func(error)) {
	m.generation++
	o := &offer{deployment: d, done: done}
	w.offer = o
	o.limit = time.AfterFunc(offerLimit, func() {
		m.post(func() {
			if w.offer == o {
				m.log.Warning(fmt.Sprintf("worker %d does not take a configuration", w.process.Pid))
				w.process.Kill()
			}
		})
	})
	m.send(w, privsep.Config{
		Generation: m.generation, Name: m.opt.config, Program: m.opt.program, Debug: m.opt.debug, KeepAlive: m.opt.keepAlive,
		Source: d.source, Facts: d.facts,
		Listeners: d.listeners.inOrder(d.plan.Internal), Logs: d.logs.outputs,
	})
}

// send sends a message; a worker that cannot be sent to is of no use any more.
func (m *monitor) send(w *worker, msg privsep.Message) {
	if err := w.link.Send(msg); err != nil {
		if !errors.Is(err, io.EOF) {
			m.log.Warning(fmt.Sprintf("worker %d: %s", w.process.Pid, err))
		}
		w.process.Kill()
	}
}

// settle ends the offer that the worker has.
func (w *worker) settle(err error) {
	if o := w.offer; o != nil {
		w.offer = nil
		o.limit.Stop()
		o.done(err)
	}
}

func (m *monitor) workerSays(w *worker, msg privsep.Message) {
	w.seen = time.Now()
	switch msg := msg.(type) {
	case privsep.Loaded:
		// Both sides loaded the same bytes with the same facts. If they differ, one of them does not run the program
		// the other one does.
		if msg.Digest == w.offer.deployment.digest {
			m.send(w, privsep.Commit{Generation: msg.Generation})
			return
		}
		m.send(w, privsep.Abort{Generation: msg.Generation})
		w.settle(errors.New("the worker understands the configuration differently: are all programs of one release?"))
	case privsep.Refused:
		w.settle(fmt.Errorf("the worker refuses the configuration: %s", msg.Text))
	case privsep.Committed:
		w.serving = true
		w.settle(nil)
	case privsep.Alive:
		w.alive = msg
		m.answerStatus()
	case privsep.AuthStuck:
		m.helperStuck(w, msg.Slot)
	case privsep.BindPort:
		m.bindPort(w, msg)
	case privsep.Drained:
		m.expectExit(w)
	}
}

// workerLost is called when nothing more comes from the worker.
func (m *monitor) workerLost(w *worker, err error) {
	if errors.Is(err, io.EOF) {
		m.expectExit(w)
		return
	}
	m.log.Warning(fmt.Sprintf("worker %d: %s.  Ending it", w.process.Pid, err))
	w.process.Kill()
}

// expectExit kills the worker unless it exits soon.
func (m *monitor) expectExit(w *worker) {
	time.AfterFunc(exitLimit, func() {
		m.post(func() {
			if m.worker == w {
				w.process.Kill()
			}
		})
	})
}

func (m *monitor) workerExited(w *worker, how string) {
	w.link.Close()
	for _, h := range w.helpers {
		if h != nil {
			h.process.Kill() // it works for nobody now
		}
	}
	m.worker = nil
	m.totals.add(w.alive)
	if m.stopping {
		m.finish(0)
		return
	}
	m.log.Warning(fmt.Sprintf("sigchld(): worker %d exited unexpectedly: %s", w.process.Pid, how))
	w.settle(fmt.Errorf("worker %d: %s", w.process.Pid, how))
	if m.current != nil {
		m.restartWorker(time.Since(w.started))
	}
}

// restartWorker starts a worker with the configuration in force, after a while if the last one did not live long. As
// long as there is no worker, one is going to be started.
func (m *monitor) restartWorker(lived time.Duration) {
	m.afterwards(m.workerTries.next(lived), func() {
		if m.worker != nil {
			return
		}
		err := m.startWorker(m.current, func(err error) {
			if err != nil && m.worker != nil {
				m.log.Error(fmt.Sprintf("restarting the worker: %s", err))
				m.worker.process.Kill() // and try again when it has exited
			}
		})
		if err != nil {
			m.log.Error(fmt.Sprintf("restarting the worker: %s", err))
			m.restartWorker(0)
		}
	})
}

// howEnded says how a process ended.
func howEnded(state *os.ProcessState, err error) string {
	if err != nil {
		return "cannot be waited for: " + err.Error()
	}
	return state.String()
}
