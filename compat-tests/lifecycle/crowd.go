package lifecycle

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
)

// crowd is what became of more clients than there was room for.
type crowd struct {
	Sessions int // at a time
	Waiting  int // clients beyond
	Early    int // of those, how many were answered before there was room
	Served   int // of those, how many were served in the end
	CPU      time.Duration
	Lasted   time.Duration // how long CPU was looked at
	Log      []string
}

// waiting are clients that have said all they have to say and have got nothing for it.
type waiting []*net.TCPConn

// queue lets clients come that want a session.
func queue(n int) (w waiting, err error) {
	for range n {
		c, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(server))
		if err != nil {
			return w, err
		}
		w = append(w, c)
		if _, err := c.Write(append(socks.Greeting(socks.NoAuthentication), socks.Request5(socks.Connect, open)...)); err != nil {
			return w, err
		}
	}
	return w, nil
}

// answered counts those that have been answered, or closed, without waiting for it.
func (w waiting) answered() (n int) {
	for _, c := range w {
		raw, err := c.SyscallConn()
		if err != nil {
			return len(w)
		}
		raw.Control(func(fd uintptr) {
			if _, _, err := unix.Recvfrom(int(fd), make([]byte, 1), unix.MSG_DONTWAIT|unix.MSG_PEEK); err != unix.EAGAIN {
				n++
			}
		})
	}
	return n
}

// served waits until a client has its session.
func served(c *net.TCPConn) error {
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := c.Read(make([]byte, 2)); err != nil {
		return err
	}
	reply, err := socks.ReadReply(c)
	if err == nil && !reply.Success() {
		err = fmt.Errorf("refused with % x", reply.Head)
	}
	return err
}

// watch looks at what the server does while clients wait.
func (c *crowd) watch(w waiting) error {
	before, err := daemon.CPU()
	if err != nil {
		return err
	}
	begin := time.Now()
	time.Sleep(2 * time.Second) // it is what happens in this time, not what has happened after it
	after, err := daemon.CPU()
	c.CPU, c.Lasted, c.Waiting, c.Early = after-before, time.Since(begin), len(w), w.answered()
	return err
}

// fill takes all places with sessions, has more clients wait, and then ends session after session.
func fill(s *scene) (crowd, error) {
	var c crowd
	var ends []func()
	var w waiting
	for len(w) == 0 {
		clients, err := queue(1)
		if err != nil {
			return c, err
		}
		full := fmt.Sprintf("there are %d sessions", len(ends))
		if err := daemon.Until(func() (bool, error) {
			return clients.answered() > 0 || strings.Contains(s.Log(), full), nil
		}); err != nil {
			return c, err
		}
		if clients.answered() == 0 { // this one has found no place
			w = clients
			break
		}
		near := clients[0]
		if err := served(near); err != nil {
			return c, err
		}
		far := s.targets.Next(patience)
		if far == nil {
			return c, errors.New("granted, but nothing came to the target")
		}
		ends = append(ends, func() { near.Close(); far.Close() })
	}
	c.Sessions = len(ends)
	more, err := queue(19)
	if err != nil {
		return c, err
	}
	w = append(w, more...)
	if err := c.watch(w); err != nil {
		return c, err
	}
	for i, client := range w {
		if i < len(ends) {
			ends[i]()
		}
		if err := served(client); err != nil {
			return c, fmt.Errorf("client %d: %w", i, err)
		}
		c.Served++
		far := s.targets.Next(patience)
		if far == nil {
			return c, errors.New("granted, but nothing came to the target")
		}
		client.Close()
		far.Close()
	}
	c.Log = strings.Split(s.Log(), "\n")
	return c, nil
}
