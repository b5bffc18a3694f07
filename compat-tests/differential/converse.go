package differential

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"syscall"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/logline"
	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
)

// patience is how long the daemon may take for one step.
const patience = 10 * time.Second

// A conversation is a request being made. Both ends of the session are driven
// from here, one step at a time, so that every byte is in a segment of its own
// making and each end sees things in a known order.
type conversation struct {
	request Request
	world   *world
	client  *net.TCPConn
	target  *net.TCPConn
	reply   *socks.Reply
	outcome []string
}

// converse makes a request and tells what the two ends saw. It returns with
// both of them closed.
func converse(request Request, w *world) []string {
	c := &conversation{request: request, world: w}
	defer c.occupy(request.Taken)()
	if err := c.connect(); err != nil {
		c.note("connect: %s", ending(err))
		return c.outcome
	}
	defer c.client.Close()
	if !c.negotiate() {
		c.awaitClose()
		return c.outcome
	}
	switch c.command() {
	case socks.UDPAssociate:
		c.associate()
	case socks.Bind:
		c.awaitPeer()
	default:
		c.awaitTarget()
	}
	return c.outcome
}

// command is the command of the request.
func (c *conversation) command() byte {
	if len(c.request.Ask) < 2 {
		return 0
	}
	return c.request.Ask[1]
}

// awaitTarget is a session of CONNECT.
func (c *conversation) awaitTarget() {
	c.target = c.world.targets.Next(patience)
	if c.target == nil {
		c.note("target: no connection")
		return
	}
	defer c.target.Close()
	c.note("target: from %s to %s", c.port(c.target.RemoteAddr()), c.port(c.target.LocalAddr()))
	c.talk()
}

func (c *conversation) note(format string, args ...any) {
	c.outcome = append(c.outcome, fmt.Sprintf(format, args...))
}

func (c *conversation) connect() error {
	dialer := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(c.request.From), Timeout: patience}
	conn, err := dialer.Dial("tcp", c.request.Via.String())
	if err != nil {
		return err
	}
	c.client = conn.(*net.TCPConn)
	return c.client.SetDeadline(time.Now().Add(3 * patience))
}

// negotiate goes as far as the reply to the request and says whether that was
// a success.
func (c *conversation) negotiate() bool {
	r := c.request
	if r.EndAfter == Connect {
		c.client.CloseWrite()
		return false
	}
	if r.Together {
		c.send(Ask, r.Greeting, r.Login, r.Ask, r.Early)
	}
	if len(r.Greeting) > 0 && !(c.greet() && c.authenticate()) {
		return false
	}
	if !r.Together {
		c.send(Ask, r.Ask, r.Early)
	}
	return c.readReply("reply")
}

// send sends the messages of a phase in one segment. That writing fails,
// because the daemon has closed already, shows when reading.
func (c *conversation) send(phase Phase, messages ...Bytes) {
	var segment []byte
	for _, message := range messages {
		segment = append(segment, message...)
	}
	c.client.Write(segment)
	if c.request.EndAfter == phase {
		c.client.CloseWrite()
	}
}

// greet sends the greeting, unless it is sent already, and reads the answer.
func (c *conversation) greet() bool {
	if !c.request.Together {
		c.send(Greeting, c.request.Greeting)
	}
	return c.readPair("method") && c.request.EndAfter != Greeting
}

// readPair reads an answer of two bytes.
func (c *conversation) readPair(what string) bool {
	var answer [2]byte
	n, err := io.ReadFull(c.client, answer[:])
	if n > 0 {
		c.note("%s: % x", what, answer[:n])
	}
	return err == nil
}

// authenticate does what the method answer asks for.
func (c *conversation) authenticate() bool {
	switch c.outcome[len(c.outcome)-1] {
	case "method: 05 00":
		return true
	case "method: 05 02":
	default:
		return false
	}
	if !c.request.Together {
		c.send(Login, c.request.Login)
	}
	return c.readPair("login") && c.request.EndAfter != Login &&
		c.outcome[len(c.outcome)-1] == "login: 01 00"
}

// readReply reads a reply and says whether it is a success.
func (c *conversation) readReply(what string) bool {
	reply, err := socks.ReadReply(c.client)
	c.reply = reply
	switch {
	case err != nil && len(reply.Head) == 0:
		return false
	case err != nil:
		c.note("%s: % x, then %s", what, reply.Head, ending(err))
		return false
	case reply.Name != "":
		c.note("%s: % x %q.%d", what, reply.Head, reply.Name, reply.Bound.Port())
	default:
		c.note("%s: % x %s", what, reply.Head, c.normal(reply.Bound))
	}
	return reply.Success()
}

// awaitClose reads to the end of a connection that has not become a session.
// Whether its end is a FIN or a RST depends on whether all bytes of the client
// had arrived and had been read when the daemon closed it; that is the
// kernel's business.
func (c *conversation) awaitClose() {
	rest, err := io.ReadAll(c.client)
	if len(rest) > 0 {
		c.note("then: % x", rest)
	}
	if how := ending(err); how == "eof" || how == "reset" {
		c.note("closed")
	} else {
		c.note("not closed: %s", how)
	}
}

// port writes an address with its port normalised.
func (c *conversation) port(address net.Addr) string {
	return c.normal(address.(*net.TCPAddr).AddrPort())
}

func (c *conversation) normal(address netip.AddrPort) string {
	if logline.IsEphemeral(address.Port()) {
		return address.Addr().String() + "." + logline.AnyPort
	}
	return fmt.Sprintf("%s.%d", address.Addr(), address.Port())
}

// ending is how a connection ended, in a word where there is one.
func ending(err error) string {
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "eof"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "nothing happens"
	}
	return strings.TrimSpace(err.Error())
}
