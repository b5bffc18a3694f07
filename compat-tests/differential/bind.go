package differential

import (
	"io"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/target"
)

// occupy listens on an address that the daemon may want, until the returned function is called.
func (c *conversation) occupy(at netip.AddrPort) (leave func()) {
	if !at.IsValid() {
		return func() {}
	}
	l, err := net.Listen(target.Network(at.Addr()), at.String())
	if err != nil {
		return func() {} // a session of before may still have it
	}
	return func() { l.Close() }
}

// awaitPeer is a session of BIND: the daemon listens, a peer may connect, and
// a second reply tells the client.
func (c *conversation) awaitPeer() {
	for _, move := range c.request.Meanwhile {
		if !c.meanwhile(move) {
			return
		}
	}
	if !c.request.Peer.IsValid() {
		c.note("nobody connects")
		return
	}
	conn, err := c.knock(c.request.Peer)
	if err != nil {
		c.note("peer: %s", ending(err))
		return
	}
	c.target = conn
	defer c.target.Close()
	if !c.readReply("second reply") {
		c.awaitClose()
		c.target.SetDeadline(time.Now().Add(patience))
		rest, err := io.ReadAll(c.target)
		c.note("peer: %d bytes, %s", len(rest), ending(err))
		return
	}
	if c.request.Second.IsValid() {
		c.second()
	}
	c.talk()
}

// knock connects to the address of the first reply. A peer of another family
// comes from anywhere.
func (c *conversation) knock(from netip.AddrPort) (*net.TCPConn, error) {
	dialer := net.Dialer{Timeout: patience}
	if from.Addr().Is4() == c.reply.Bound.Addr().Is4() {
		dialer.LocalAddr = net.TCPAddrFromAddrPort(from)
	}
	conn, err := dialer.Dial("tcp", c.reply.Bound.String())
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// second has another peer connect when there is one already.
func (c *conversation) second() {
	if err := c.world.rest(); err != nil {
		c.note("second peer: %v", err)
		return
	}
	conn, err := c.knock(c.request.Second)
	c.note("second peer: %s", ending(err))
	if err == nil {
		conn.Close()
	}
}

// meanwhile has the client do something while the daemon waits for a peer, and
// notes what comes back.
func (c *conversation) meanwhile(move Move) bool {
	switch move.Do {
	case Send:
		if _, err := c.client.Write(move.Data); err != nil {
			c.note("meanwhile: %s", ending(err))
			return false
		}
	case Shutdown: // of which both daemons make the end
		c.client.CloseWrite()
		said, err := io.ReadAll(c.client)
		c.note("meanwhile: % x, %s", said, ending(err))
		return false
	case Reset:
		c.client.SetLinger(0)
		c.client.Close()
		return false
	case Close:
		c.client.Close()
		return false
	}
	if err := c.world.rest(); err != nil {
		c.note("meanwhile: %v", err)
		return false
	}
	said, over := c.waiting()
	c.note("meanwhile: % x", said)
	if over {
		c.note("closed")
	}
	return !over
}

// waiting reads what has come to the client, and tells whether that was all.
func (c *conversation) waiting() (said []byte, over bool) {
	raw, err := c.client.SyscallConn()
	if err != nil {
		return nil, true
	}
	raw.Read(func(fd uintptr) bool {
		for {
			buffer := make([]byte, 4096)
			n, err := syscall.Read(int(fd), buffer)
			if err == syscall.EAGAIN {
				return true
			}
			if n <= 0 {
				over = true
				return true
			}
			said = append(said, buffer[:n]...)
		}
	})
	return said, over
}
