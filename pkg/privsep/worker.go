package privsep

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// ErrNotStarted is given to a program that was not started by the monitor.
var ErrNotStarted = errors.New("this program is started by danted, not by hand")

// ChildFD is the descriptor on which a child finds its end of the pair.
const ChildFD = 3

// Worker is the worker's end of the pair. One goroutine receives; any may send.
type Worker struct {
	socket *socket
	talk   *talk
	buf    [packetSize]byte
}

// OpenWorker takes over the pair that the monitor left on ChildFD.
func OpenWorker() (*Worker, error) {
	s, err := inherited()
	if err != nil {
		return nil, err
	}
	return newWorker(s), nil
}

func newWorker(s *socket) *Worker { return &Worker{socket: s, talk: newTalk()} }

func inherited() (*socket, error) {
	s, err := newSocket(os.NewFile(ChildFD, "pair"))
	if err != nil {
		return nil, ErrNotStarted
	}
	return s, nil
}

// Receive gives the next message: Config, Commit, Abort, Logs, Auth, Status, Drain or BoundPort. The descriptors in it are the
// caller's to close. io.EOF means that the monitor is gone; after any error the worker must exit.
func (w *Worker) Receive() (Message, error) {
	m, err := w.receive()
	if err != nil {
		return nil, err
	}
	o, ok := m.(offer)
	if !ok {
		return m, nil
	}
	c := o.Config
	err = w.complete(&c, o)
	o.memory.Close()
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// complete fills in what did not fit into the packet.
func (w *Worker) complete(c *Config, o offer) (err error) {
	if c.Source, c.Facts, err = readMemory(o.memory); err != nil {
		return err
	}
	for len(c.Listeners) < o.listeners {
		m, err := w.receive()
		if err != nil {
			return err
		}
		c.Listeners = append(c.Listeners, m.(listeners).files...) // the phase lets nothing else through
	}
	return nil
}

func (w *Worker) receive() (Message, error) { return receive(w.socket, w.talk, w.buf[:], true) }

// receive gives the next message as it crossed.
func receive(s *socket, t *talk, buf []byte, toWorker bool) (Message, error) {
	packet, files, err := s.receive(buf)
	if err != nil {
		if gone(err) {
			return nil, io.EOF
		}
		return nil, fmt.Errorf("receiving a message: %w", err)
	}
	m, err := decode(packet, files, toWorker)
	if err == nil {
		err = t.step(m)
	}
	if err != nil {
		closeAll(files)
		return nil, err
	}
	return m, nil
}

// Send sends Loaded, Refused, Committed, Alive, AuthStuck, BindPort or Drained.
func (w *Worker) Send(m Message) error {
	if row, ok := rowOf(m.kind()); !ok || row.toWorker {
		return fmt.Errorf("%T is not for the monitor", m)
	}
	return send(w.socket, w.talk, m)
}

func send(s *socket, t *talk, m Message) error {
	p, err := encode(m)
	if err != nil {
		return err
	}
	if err := t.step(m); err != nil {
		return err
	}
	if err := s.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if err := s.send(p.b, p.files); err != nil {
		if gone(err) {
			return io.EOF
		}
		return fmt.Errorf("sending a message: %w", err)
	}
	return nil
}

// Close closes the pair.
func (w *Worker) Close() error { return w.socket.Close() }
