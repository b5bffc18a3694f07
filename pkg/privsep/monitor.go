package privsep

import (
	"fmt"
	"os"
	"sync"
)

// Monitor is the monitor's end of the pair to one worker. One goroutine receives; any may send.
type Monitor struct {
	socket *socket
	talk   *talk
	sendMu sync.Mutex // keeps the packets of a Config together
	buf    [packetSize]byte
}

// NewMonitor makes a pair. The other end is for the worker's ChildFD.
func NewMonitor() (*Monitor, *os.File, error) {
	s, far, err := newPair()
	if err != nil {
		return nil, nil, err
	}
	return &Monitor{socket: s, talk: newTalk()}, far, nil
}

// Receive gives the next message: Loaded, Refused, Committed, Alive, AuthStuck, BindPort or Drained. io.EOF
// means that the worker is gone; after any other error it must be killed.
func (m *Monitor) Receive() (Message, error) {
	return receive(m.socket, m.talk, m.buf[:], false)
}

// Send sends a Config, Commit, Abort, Logs, Auth, Status, Drain or BoundPort. The descriptors in it stay the caller's. After an
// error the worker must be killed.
func (m *Monitor) Send(msg Message) error {
	if row, ok := rowOf(msg.kind()); !ok || !row.toWorker {
		return fmt.Errorf("%T is not for the worker", msg)
	}
	m.sendMu.Lock()
	defer m.sendMu.Unlock()
	c, ok := msg.(Config)
	if !ok {
		return send(m.socket, m.talk, msg)
	}
	memory, err := newMemory(c.Source, c.Facts)
	if err != nil {
		return err
	}
	defer memory.Close()
	if err := send(m.socket, m.talk, offer{c, memory, len(c.Listeners)}); err != nil {
		return err
	}
	for left := c.Listeners; len(left) > 0; {
		n := min(len(left), maxListeners)
		if err := send(m.socket, m.talk, listeners{left[:n]}); err != nil {
			return err
		}
		left = left[n:]
	}
	return nil
}

// Close closes the pair: the worker sees that its monitor is gone.
func (m *Monitor) Close() error { return m.socket.Close() }
