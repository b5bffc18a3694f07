package sockd

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
)

// negotiated is a client that told its version and, with SOCKS5, agreed on a method.
type negotiated struct {
	admitted
	chosen socks.Method
}

// errNoMethod is the log's text for a greeting without a method we take.
var errNoMethod = errors.New("client offered no acceptable authentication method")

// greet reads what the client opens with. The whole negotiation, to the last byte of the request, has one deadline.
func (w *Worker) greet(a admitted) (negotiated, halt) {
	n := negotiated{admitted: a}
	if a.version == 0 {
		version, err := n.in.Version()
		if err != nil {
			return n, n.failure(err)
		}
		a.version = version
	}
	if a.version == socks.V4 {
		return w.greet4(n)
	}
	offered, err := n.in.Greeting(nil)
	if err != nil {
		return n, n.failure(err)
	}
	var ok bool
	n.chosen, ok = acl.ChooseMethod(a.clientRule.SocksMethods, offered)
	if err := a.send(wire.AppendMethod(nil, n.chosen)); err != nil {
		return n, n.failure(err)
	}
	if !ok {
		return n, n.failure(errNoMethod)
	}
	return n, nil
}

// greet4 lets a SOCKS4 client in, which can have no method but none.
func (w *Worker) greet4(n negotiated) (negotiated, halt) {
	n.chosen = socks.MethodNoAuth
	if err := n.snap.plan.CheckSocks4(n.clientRule); err != nil {
		return n, n.failure(err)
	}
	return n, nil
}

// negotiationLimit is what is left for the negotiation; 0 is no limit.
func (s *session) negotiationLimit() time.Duration {
	limit := s.clientRule.Timeouts.Negotiate
	if limit == 0 {
		return 0
	}
	return max(limit-time.Since(s.since), time.Nanosecond)
}

// failure makes a failed negotiation of what reading or judging the client gave, or a wait when it has not sent all.
func (a admitted) failure(err error) halt {
	if err == wire.ErrMore {
		return forClient
	}
	return a.negotiationFailure(a.in, err)
}

// negotiationFailure words the error as the log has it: with what was read so far, or as the timeout.
func (s *session) negotiationFailure(in *wire.Reader, err error) *failure {
	seconds := int64(time.Since(s.since) / time.Second)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &failure{kind: negotiationTimeout, text: "negotiate timeout after " + plural(seconds, "second")}
	}
	var read int64
	if in != nil {
		read = in.Taken()
	}
	return &failure{
		kind: badNegotiation,
		text: fmt.Sprintf("error after reading %s in %s: %s", plural(read, "byte"), plural(seconds, "second"), cause(err)),
	}
}

// cause gives the log's words for an error: Dante's own for what we judged, the C library's for what the kernel said.
func cause(err error) string {
	if e := errno(err); e != nil {
		return strerror(e)
	}
	return err.Error()
}
