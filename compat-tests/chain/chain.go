// Package chain tests server chaining from end to end: a client, a daemon, a
// second proxy behind it, a target. Each of the two daemons is the real danted
// or ours, and what the client, the target and the logs of both see must be what
// they see when both are the real one.
package chain

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/logline"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
	"github.com/rustsocks/rustsocks/compat-tests/internal/target"
)

// The names of the daemons inside the sandbox: near the client, and far from it.
const (
	near = "near"
	far  = "far"
)

var (
	nearAt   = netip.MustParseAddrPort("127.0.0.1:1080")
	farAt    = netip.MustParseAddrPort("127.0.0.2:1081")
	webAt    = netip.MustParseAddrPort("127.0.0.2:8080") // an HTTP proxy
	targetAt = netip.MustParseAddrPort("127.0.0.3:80")   // three.test.example
	patience = daemon.Patience
)

const rules = `client pass { from: 0/0 to: 0/0 log: connect disconnect error }
socks block { from: 0/0 to: three.test.example port = 81 log: connect disconnect error }
socks pass { from: 0/0 to: 0/0 log: connect disconnect error }
`

// nearConfig is a configuration with routes for the daemon near the client.
func nearConfig(methods, routes string) string {
	return "logoutput: stderr\ninternal: 127.0.0.1 port = 1080\nexternal: 127.0.0.5\nuser.privileged: root\n" +
		"user.unprivileged: nobody\nsocksmethod: " + methods + "\n" +
		"client pass { from: 0/0 to: 0/0 log: connect disconnect error }\n" +
		"socks pass { from: 0/0 to: 0/0 log: connect disconnect error }\n" + routes
}

// farConfig is the configuration of the other.
func farConfig(methods string) string {
	return "logoutput: stderr\ninternal: 127.0.0.2 port = 1081\nexternal: 127.0.0.6\nuser.privileged: root\n" +
		"user.unprivileged: nobody\nsocksmethod: " + methods + "\n" + rules
}

// A Job is what a sandbox does: two daemons, and requests one after the other.
type Job struct {
	Near, Far string // configurations
	Env       []string
	Requests  []Request

	// UntilTriedAgain, unless 0, has the first request repeated until it has failed that often, worked, and fails again.
	UntilTriedAgain int
}

// A Request is a connection that a client asks for.
type Request struct {
	Name string // of a host; else Host
	Host netip.Addr
	Port uint16
	User string // with a password
	Pass string
	Ver4 bool
}

// An Exchange is what came of a request.
type Exchange struct {
	Outcome   []string
	Near, Far []string // what they logged
}

// play is the role.
func play(in *json.Decoder, results *json.Encoder) error {
	var job Job
	if err := in.Decode(&job); err != nil {
		return err
	}
	targets, err := target.Listen(targetAt)
	if err != nil {
		return err
	}
	defer targets.Close()
	web, err := net.Listen("tcp", webAt.String())
	if err != nil {
		return err
	}
	defer web.Close()
	go serveHTTP(web)
	second, err := daemon.StartBeside(far, sandbox.Program(far), job.Far)
	if err != nil {
		return err
	}
	first, err := daemon.StartBeside(near, sandbox.Program(near), job.Near, job.Env...)
	if err != nil {
		return err
	}
	first.Lines()
	second.Lines()
	failures := 0
	for i := 0; ; i++ {
		if job.UntilTriedAgain == 0 && i == len(job.Requests) || job.UntilTriedAgain != 0 && failures > job.UntilTriedAgain {
			break
		}
		if i > mostRequests {
			return errors.New("the route is not tried again")
		}
		request := job.Requests[i%len(job.Requests)]
		c := &client{targets: targets}
		from := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.4"), uint16(10000+i%20000))
		if err := c.ask(from, request); err != nil {
			c.note("%s", ending(err))
		}
		if err := first.AwaitRest(); err != nil {
			return err
		}
		if job.UntilTriedAgain != 0 {
			if len(c.outcome) <= 2 { // no talk
				failures++
			}
		}
		if err := results.Encode(Exchange{c.outcome, normal(first.Lines()), normal(second.Lines())}); err != nil {
			return err
		}
	}
	return first.Stop()
}

// mostRequests ends a run whose route never comes back.
const mostRequests = 20000

func normal(lines []string) []string {
	for i, line := range lines {
		lines[i] = logline.Normal(logline.Message(line))
	}
	return lines
}

// client is one request under way.
type client struct {
	targets *target.Servers
	outcome []string
}

func (c *client) note(format string, args ...any) {
	c.outcome = append(c.outcome, fmt.Sprintf(format, args...))
}

// ask asks for the connection and has the two ends talk.
func (c *client) ask(from netip.AddrPort, r Request) error {
	dialer := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(from), Timeout: patience}
	conn, err := dialer.Dial("tcp", nearAt.String())
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	to := netip.AddrPortFrom(r.Host, r.Port)
	var request []byte
	switch {
	case r.Ver4:
		request = socks.Request4(socks.Connect, to, "")
	case r.Name != "":
		request = socks.Request5Name(socks.Connect, r.Name, r.Port)
	default:
		request = socks.Request5(socks.Connect, to)
	}
	if !r.Ver4 {
		if err := greet(conn, r); err != nil {
			return err
		}
	}
	if _, err := conn.Write(request); err != nil {
		return err
	}
	reply, err := socks.ReadReply(conn)
	if err != nil {
		return err
	}
	bound := logline.Normal(fmt.Sprintf("%s.%d", reply.Bound.Addr(), reply.Bound.Port()))
	c.note("reply: % x %q %s", reply.Head, reply.Name, bound)
	if !reply.Success() {
		rest, err := io.ReadAll(conn)
		c.note("then: %q, %s", rest, ending(err))
		return nil
	}
	return c.talk(conn.(*net.TCPConn))
}

func greet(conn net.Conn, r Request) error {
	method := byte(socks.NoAuthentication)
	if r.User != "" {
		method = socks.UsernamePassword
	}
	conn.Write(socks.Greeting(method))
	answer := make([]byte, 2)
	if _, err := io.ReadFull(conn, answer); err != nil || answer[1] != method {
		return fmt.Errorf("greeting: % x, %w", answer, err)
	}
	if r.User == "" {
		return nil
	}
	conn.Write(socks.Login(r.User, r.Pass))
	if _, err := io.ReadFull(conn, answer); err != nil || answer[1] != 0 {
		return fmt.Errorf("login: % x, %w", answer, err)
	}
	return nil
}

// talk has the client say something and end, and the target answer after that.
func (c *client) talk(conn *net.TCPConn) error {
	end := c.targets.Next(patience)
	if end == nil {
		return errors.New("nothing comes to the target")
	}
	defer end.Close()
	end.SetDeadline(time.Now().Add(patience))
	c.note("target: from %s", end.RemoteAddr().(*net.TCPAddr).IP)
	conn.Write([]byte("there"))
	conn.CloseWrite()
	heard, err := io.ReadAll(end)
	c.note("target hears %q, %s", heard, ending(err))
	end.Write([]byte(strings.Repeat("and back ", 1000)))
	end.Close()
	heard, err = io.ReadAll(conn)
	c.note("client hears %d bytes, %s", len(heard), ending(err))
	return nil
}

func ending(err error) string {
	var timeout net.Error
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "eof"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "nothing happens"
	}
	return err.Error()
}
