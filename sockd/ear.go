package sockd

import (
	"bytes"
	"errors"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
)

// ear is for what a client says while its peer is waited for. That should be nothing before its end.
//
// COMPAT: danted takes it for questions about peers of the bind extension, which have the form of requests, and knows
// of none: a question gets an empty answer, a part of one is ignored, and everything else ends the session. It reads
// ahead: a second question that comes with the first is answered when the client says something more, or ends.
type ear struct {
	*session
	held []byte // read, but not listened to
}

// questionsMost is how much is read at a time. No question is longer.
const questionsMost = 1024

// hear is for a client that has something to say.
func (e *ear) hear() *failure {
	version, err := e.question()
	switch {
	case err == nil:
	case errors.Is(err, unix.EAGAIN):
		e.held = nil
		return nil
	case errors.Is(err, errLeft):
		return &failure{kind: clientLeft, text: errLeft.Error()}
	default:
		return &failure{kind: clientFailed, text: "receiving request from client failed (" + errnoText(err) + ")"}
	}
	answer := wire.AppendReply5(nil, socks.Succeeded, socks.Addr{})
	if version == socks.V4 {
		answer = wire.AppendReply4(nil, 0, socks.Addr{})
	}
	if err := e.send(answer); err != nil {
		return &failure{kind: clientFailed, text: "sending bind-response to client failed: " + cause(err)}
	}
	return nil
}

var errLeft = errors.New("eof from client")

// question takes a question, for which it reads if it must, and tells its version.
func (e *ear) question() (socks.Version, error) {
	for {
		in := wire.NewReader(bytes.NewReader(e.held))
		in.SOCKS4A = false
		q, err := in.Request()
		if err == nil {
			e.held = e.held[in.Taken():]
			return q.Version, nil
		}
		if !errors.Is(err, wire.ErrTruncated) || len(e.held) >= questionsMost {
			return 0, err
		}
		if err := e.read(); err != nil {
			return 0, err
		}
	}
}

// read reads more, once.
func (e *ear) read() error {
	more := make([]byte, questionsMost)
	n, err := 0, error(unix.EBADF)
	e.control(func(fd int) {
		for {
			if n, err = unix.Read(fd, more); err != unix.EINTR {
				return
			}
		}
	})
	if err == nil && n == 0 {
		err = errLeft
	}
	if err == nil {
		e.held = append(e.held, more[:n]...)
	}
	return err
}

// errnoText is the text of the kernel's error.
//
// COMPAT: where there is none danted says so, and nothing else.
func errnoText(err error) string {
	if e := errno(err); e != nil {
		return strerror(e)
	}
	return "no system error"
}
