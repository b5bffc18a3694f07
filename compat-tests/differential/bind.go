package differential

import (
	"io"
	"net"
	"time"
)

// awaitPeer is a session of BIND: the daemon listens, a peer may connect, and
// a second reply tells the client.
func (c *conversation) awaitPeer() {
	if !c.request.Peer.IsValid() {
		c.note("nobody connects")
		return
	}
	dialer := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(c.request.Peer), Timeout: patience}
	conn, err := dialer.Dial("tcp", c.reply.Bound.String())
	if err != nil {
		c.note("peer: %s", ending(err))
		return
	}
	c.target = conn.(*net.TCPConn)
	defer c.target.Close()
	if c.readReply("second reply") {
		c.talk()
		return
	}
	c.awaitClose()
	c.target.SetDeadline(time.Now().Add(patience))
	rest, err := io.ReadAll(c.target)
	c.note("peer: %d bytes, %s", len(rest), ending(err))
}
