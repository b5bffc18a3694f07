package sockd

import (
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/socks/wire"
	"github.com/rustsocks/rustsocks/sockd/kernel"
)

// The client's connection of a session is a bare descriptor, watched by the event loop whose guest the session is, or,
// for what waits for it on a goroutine of its own, a file in the runtime's poller.

// incoming are the bytes that a client sends. It never waits.
type incoming struct{ *session }

// Read implements io.Reader, with wire.ErrMore when nothing has come.
func (i incoming) Read(p []byte) (int, error) {
	if i.guest == nil {
		return 0, wire.ErrMore
	}
	n, errno := i.guest.Recv(p)
	switch {
	case errno == unix.EAGAIN:
		return 0, wire.ErrMore
	case errno != 0:
		return 0, errno
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// send sends a client a message of the negotiation: so few bytes that its socket has room for them, or is broken.
func (s *session) send(message []byte) error {
	if s.conn != nil {
		_, err := s.conn.Write(message)
		return err
	}
	if _, errno := kernel.Send(s.fd, message); errno != 0 {
		return errno
	}
	return nil
}

// standAlone takes a session away from its event loop: from now on the client's connection is s.conn.
func (s *session) standAlone() {
	if s.guest != nil {
		s.guest.Leave()
		s.guest = nil
	}
	s.conn = os.NewFile(uintptr(s.fd), "client")
}

// bare undoes standAlone, but for the event loop. One session at a time has a copy of its descriptor for that.
func (w *Worker) bare(s *session) error {
	w.copying.Lock()
	defer w.copying.Unlock()
	fd, err := detach(s.conn)
	if err != nil {
		s.fd = -1
		return err
	}
	s.conn, s.fd = nil, fd
	return nil
}

// control does something with the descriptor of the client's connection, unless that is closed.
func (s *session) control(do func(fd int)) {
	if s.conn == nil {
		do(s.fd)
		return
	}
	if raw, err := s.conn.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { do(int(fd)) })
	}
}

// hangUp closes the client's connection, and what is on its way to the target.
func (s *session) hangUp() {
	switch {
	case s.awaiting:
		s.awaiting = false
		s.dial.Abandon()
	case s.outward >= 0:
		closeDescriptor(s.outward)
		s.outward = -1
	}
	switch {
	case s.conn != nil:
		s.conn.Close()
	case s.guest != nil:
		s.guest.Close()
	default:
		closeDescriptor(s.fd)
	}
}
