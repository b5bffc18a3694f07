package differential

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// talk makes the moves of the request, then closes what is still open.
func (c *conversation) talk() {
	c.target.SetDeadline(time.Now().Add(3 * patience))
	if early := c.request.Early; len(early) > 0 && !c.arrives("early payload", c.target, early) {
		return
	}
	for _, move := range c.request.Talk {
		if !c.move(move) {
			return
		}
	}
}

// move makes one move and checks that the other end sees it.
func (c *conversation) move(move Move) bool {
	from, to := c.client, c.target
	if move.End == Target {
		from, to = to, from
	}
	what := fmt.Sprintf("%s %s", move.End, move.Do)
	switch move.Do {
	case Send:
		if _, err := from.Write(move.Data); err != nil {
			c.note("%s: %s", what, ending(err))
			return false
		}
		return c.arrives(what, to, move.Data)
	case Urge:
		if err := urge(from, move.Data); err != nil {
			c.note("%s: %s", what, ending(err))
			return false
		}
		return c.arrives(what, to, move.Data)
	case Shutdown:
		from.CloseWrite()
	case Reset:
		from.SetLinger(0)
		from.Close()
	case Close:
		from.Close()
	}
	rest, err := io.ReadAll(to)
	if len(rest) > 0 {
		what += fmt.Sprintf(", %d unexpected bytes", len(rest))
	}
	c.note("%s: %s", what, ending(err))
	return true
}

// arrives reads what must have been relayed to an end.
func (c *conversation) arrives(what string, end *net.TCPConn, data []byte) bool {
	got := make([]byte, len(data))
	n, err := io.ReadFull(end, got)
	switch {
	case err != nil:
		c.note("%s: %d of %d bytes arrive, then %s", what, n, len(data), ending(err))
	case !bytes.Equal(got, data):
		c.note("%s: other bytes arrive", what)
	default:
		c.note("%s: %d bytes", what, n)
		return true
	}
	return false
}

// urge sends data in three pieces, the last byte of each of them urgent, the
// first of them of one byte.
func urge(end *net.TCPConn, data []byte) error {
	raw, err := end.SyscallConn()
	if err != nil {
		return err
	}
	cut := []int{0, min(1, len(data)), (len(data) + 1) / 2, len(data)}
	for i, at := range cut[:3] {
		var sendErr error
		err := raw.Write(func(fd uintptr) bool {
			for at < cut[i+1] && sendErr == nil {
				var n int
				n, sendErr = unix.SendmsgN(int(fd), data[at:cut[i+1]], nil, nil, unix.MSG_OOB)
				at += n
			}
			if sendErr == unix.EAGAIN {
				sendErr = nil
				return false
			}
			return true
		})
		if err := errors.Join(err, sendErr); err != nil {
			return err
		}
	}
	return nil
}
