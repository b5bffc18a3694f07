package bench

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
)

// patience is what one session may take, with all the others beside it.
const patience = 3 * time.Minute

// dial connects to an address.
func dial(to netip.AddrPort) (*net.TCPConn, error) {
	conn, err := net.DialTCP("tcp4", nil, net.TCPAddrFromAddrPort(to))
	if err != nil {
		return nil, err
	}
	return conn, conn.SetDeadline(time.Now().Add(patience))
}

// session is a connection to a target through the proxy.
func session(to netip.AddrPort) (*net.TCPConn, error) {
	conn, err := dial(proxy)
	if err != nil {
		return nil, err
	}
	if err := (socks.Session{Version: socks.Version5}).Connect(conn, to); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// ping sends a message to the echo target and waits until it is back.
func ping(conn net.Conn) error {
	message := [messageSize]byte{0: 'p', messageSize - 1: 'q'}
	if _, err := conn.Write(message[:]); err != nil {
		return err
	}
	var answer [messageSize]byte
	if _, err := io.ReadFull(conn, answer[:]); err != nil {
		return err
	}
	if !bytes.Equal(message[:], answer[:]) {
		return errors.New("the echo is not what was sent")
	}
	return nil
}

// connection is one whole session: connect, handshake, CONNECT, a message there
// and back, close.
func connection() error {
	conn, err := session(echoTarget)
	if err != nil {
		return err
	}
	defer conn.Close()
	return ping(conn)
}

// sessions opens a number of sessions, some at the same time, and makes sure
// that each works.
func sessions(count, atOnce int, to netip.AddrPort) ([]*net.TCPConn, error) {
	all := make([]*net.TCPConn, count)
	var next atomic.Int64
	err := together(min(atOnce, count), func(int) error {
		for {
			i := next.Add(1) - 1
			if i >= int64(count) {
				return nil
			}
			conn, err := session(to)
			if err != nil {
				return err
			}
			all[i] = conn
			if to != echoTarget {
				continue
			}
			if err := ping(conn); err != nil {
				return err
			}
		}
	})
	if err != nil {
		closeAll(all)
	}
	return all, err
}

func closeAll(all []*net.TCPConn) {
	for _, conn := range all {
		if conn != nil {
			conn.Close()
		}
	}
}

// together runs a function a number of times at once.
func together(count int, work func(i int) error) error {
	errs := make([]error, count)
	var running sync.WaitGroup
	for i := range count {
		running.Go(func() { errs[i] = work(i) })
	}
	running.Wait()
	return errors.Join(errs...)
}

// shared does something a number of times in all, some of them at once. The
// function gets the number of the one who does it.
func shared(count, atOnce int, work func(i int) error) error {
	var next atomic.Int64
	return together(atOnce, func(i int) error {
		for next.Add(1) <= int64(count) {
			if err := work(i); err != nil {
				return err
			}
		}
		return nil
	})
}
