package soak

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// An endpoint is one end of a session: what it has sent and got. What is sent is
// the same text over and over, so that what comes can be checked.
type endpoint struct {
	conn  *net.TCPConn
	sent  atomic.Int64 // what the kernel took
	got   atomic.Int64
	ended atomic.Bool // the end of the stream has come
	wrong atomic.Bool // other bytes than were sent have come
	stuck atomic.Bool // nothing has come for too long
}

const (
	period  = 65521     // of the text: a prime, so that no block that is lost or comes twice goes unseen
	largest = 256 << 10 // piece that is written at once
)

// text is what is sent, from any place in the period.
var text = makeText()

func makeText() []byte {
	block := make([]byte, period)
	rand.NewChaCha8([32]byte{7}).Read(block)
	return bytes.Repeat(block, largest/period+2)
}

// write sends some bytes.
func (e *endpoint) write(size int) error {
	at := int(e.sent.Load() % period)
	n, err := e.conn.Write(text[at : at+size])
	e.sent.Add(int64(n))
	e.stuck.CompareAndSwap(false, errors.Is(err, os.ErrDeadlineExceeded))
	return err
}

// drain reads all that comes, with a pause after each read until it is told to
// stop that.
func (e *endpoint) drain(pause time.Duration, stop <-chan struct{}) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := e.conn.Read(buffer)
		at := int(e.got.Load() % period)
		if !bytes.Equal(buffer[:n], text[at:at+n]) {
			e.wrong.Store(true)
		}
		e.got.Add(int64(n))
		if err != nil {
			e.ended.Store(errors.Is(err, io.EOF))
			e.stuck.CompareAndSwap(false, errors.Is(err, os.ErrDeadlineExceeded))
			return
		}
		if pause == 0 {
			continue
		}
		select {
		case <-stop:
			pause = 0
		case <-time.After(pause):
		}
	}
}

// reset ends the connection with a reset.
func (e *endpoint) reset() {
	e.conn.SetLinger(0)
	e.conn.Close()
}
