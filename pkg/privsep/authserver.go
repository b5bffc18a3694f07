package privsep

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/rustsocks/rustsocks/pkg/auth"
)

// Checker answers what an auth helper is asked.
type Checker interface {
	// Verify checks a password; it must not keep it. reason is the system's reason why there was no record.
	Verify(user string, password []byte) (why auth.Failure, reason string)
	// Exists tells whether the system has such a user.
	Exists(user string) (bool, error)
	// InGroup tells whether the user is a member of the group.
	InGroup(user, group string) (auth.Membership, error)
}

// ServeAuth answers the requests that come on ChildFD, one at a time, until the worker closes its end; then it
// returns nil. Passwords are wiped after each answer.
func ServeAuth(c Checker) error {
	s, err := inherited()
	if err != nil {
		return err
	}
	return serveAuth(s, c)
}

func serveAuth(s *socket, c Checker) error {
	defer s.Close()
	buf := make([]byte, authPacketSize)
	for {
		err := serveOne(s, c, buf)
		clear(buf)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func serveOne(s *socket, c Checker, buf []byte) error {
	packet, files, err := s.receive(buf)
	if err != nil {
		if gone(err) {
			return io.EOF
		}
		return fmt.Errorf("receiving an auth request: %w", err)
	}
	if len(files) > 0 {
		closeAll(files)
		return errors.New("auth request: descriptors nobody asked for")
	}
	q, err := decodeRequest(packet)
	if err != nil {
		return err
	}
	b, err := answer(c, q).append(nil)
	if err != nil {
		return err
	}
	if err := s.send(b, nil); err != nil {
		if gone(err) || errors.Is(err, os.ErrClosed) {
			return io.EOF
		}
		return fmt.Errorf("sending an auth reply: %w", err)
	}
	return nil
}

func answer(c Checker, q request) reply {
	p := reply{id: q.id}
	var err error
	switch q.operation {
	case verifyPassword:
		p.failure, p.reason = c.Verify(q.user, q.secret)
		return p
	case userExists:
		p.yes, err = c.Exists(q.user)
	case inGroup:
		p.member, err = c.InGroup(q.user, string(q.secret))
	}
	if err != nil {
		p.failure, p.reason = auth.Unavailable, err.Error()
	}
	return p
}
