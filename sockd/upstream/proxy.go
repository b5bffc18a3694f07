package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
)

// ProxyRequest is what a proxy is asked for.
type ProxyRequest struct {
	Protocol acl.VersionSet // the one to speak
	Target   socks.Addr     // to connect to

	Methods []socks.Method // SOCKS5: to offer
	Login   wire.Credentials
}

// Granted is what a proxy says of a connection it has made.
type Granted struct {
	Bound  socks.Addr // its address towards the target; unset when the protocol does not tell (HTTP)
	Method socks.Method
}

// ProxyError is a request that a proxy did not grant.
type ProxyError struct {
	Reply   socks.Reply // for the client
	Text    string      // for the log
	Bad     bool        // the proxy is of no use; otherwise only this request was refused
	Warning string      // a line of its own for the log, when the administrator should look at it
}

func (e *ProxyError) Error() string { return e.Text }

// bad is a proxy that does not do what proxies do.
func bad(format string, args ...any) *ProxyError {
	return &ProxyError{Reply: socks.ConnectionRefused, Text: fmt.Sprintf(format, args...), Bad: true}
}

// refused is a proxy that does not grant the request, which says nothing about the next one.
func refused(reply socks.Reply, format string, args ...any) *ProxyError {
	return &ProxyError{Reply: reply, Text: fmt.Sprintf(format, args...)}
}

// AskProxy asks the proxy at the other end of fd to connect to the target. fd remains the caller's. What follows the
// proxy's last answer stays in the socket, so that it is the relay's. The error is a *ProxyError, unless ctx ended.
// A limit of 0 is none.
func AskProxy(ctx context.Context, fd int, q ProxyRequest, limit time.Duration) (Granted, error) {
	copied, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return Granted{}, refused(socks.GeneralFailure, "could not talk to proxy server: %v", err)
	}
	f := os.NewFile(uintptr(copied), "proxy")
	defer f.Close()
	if limit > 0 {
		if err := f.SetDeadline(time.Now().Add(limit)); err != nil {
			return Granted{}, refused(socks.GeneralFailure, "could not talk to proxy server: %v", err)
		}
	}
	stop := context.AfterFunc(ctx, func() { f.SetDeadline(time.Unix(1, 0)) })
	defer stop()

	c := &proxyTalk{file: f}
	var g Granted
	var failed *ProxyError
	switch q.Protocol {
	case acl.VerSocks4:
		g, failed = c.socks4(q)
	case acl.VerSocks5:
		g, failed = c.socks5(q)
	case acl.VerHTTP:
		failed = c.http(q)
	default:
		failed = refused(socks.GeneralFailure, "no proxy protocol that this server speaks")
	}
	switch {
	case failed == nil:
		return g, nil
	case ctx.Err() != nil:
		return Granted{}, ctx.Err()
	case c.late:
		failed = bad("proxy server did not answer within %d seconds", int64((limit+time.Second-1)/time.Second))
		failed.Reply = socks.TTLExpired
	}
	return Granted{}, failed
}

// proxyTalk is the conversation with a proxy.
type proxyTalk struct {
	file *os.File
	got  int  // bytes
	late bool // the time was up
}

// Read gives one byte at a time: whoever reads more at once can have taken what is behind the message.
func (c *proxyTalk) Read(p []byte) (int, error) {
	n, err := c.file.Read(p[:1])
	c.got += n
	return n, c.note(err)
}

// Write implements io.Writer.
func (c *proxyTalk) Write(p []byte) (int, error) {
	n, err := c.file.Write(p)
	return n, c.note(err)
}

func (c *proxyTalk) note(err error) error {
	c.late = c.late || errors.Is(err, os.ErrDeadlineExceeded)
	return err
}

// send sends a message.
func (c *proxyTalk) send(message []byte) *ProxyError {
	if _, err := c.Write(message); err != nil {
		return bad("could not send request to proxy server: %s", reasonOf(err))
	}
	return nil
}

// reasonOf gives the system's words for an error of a socket.
func reasonOf(err error) string {
	var e syscall.Errno
	if errors.As(err, &e) {
		return capital(e.Error())
	}
	return err.Error()
}

// ended tells whether the proxy has closed the connection.
func ended(err error) bool { return errors.Is(err, wire.ErrTruncated) || errors.Is(err, io.EOF) }

// answerError words what was wrong with the answer to a request.
func (c *proxyTalk) answerError(err error, expected int) *ProxyError {
	version, kind := (*wire.VersionError)(nil), (*wire.AddressTypeError)(nil)
	switch {
	case errors.As(err, &version):
		return bad("unexpected protocol version in response from proxy server.  Expected version %d, received version %d",
			expected, version.Got)
	case errors.As(err, &kind):
		return bad("unknown address type %d in response from proxy server", kind.Got)
	case ended(err):
		return bad("premature eof from proxy server while waiting for response")
	}
	return bad("error reading proxy server response: %s", reasonOf(err))
}

// capital begins a text of the system as the C library does.
func capital(s string) string {
	if s != "" && s[0] >= 'a' && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}
