package sockd

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/socks"
)

// kind is why a connection ended before the relay. What the client and the log are told follows from it alone, by the
// table below.
type kind uint8

const (
	refusedByClientRule kind = iota
	badNegotiation           // not SOCKS, no acceptable method, wrong password, end of file
	negotiationTimeout
	badRequest     // a request that cannot be served whatever the rules say
	refusedByRule  // by a socks rule
	noOutgoing     // there is no address of ours to connect out from
	connectRefused // connect(2) itself failed
	connectFailed  // the attempt failed later
	connectTimeout
	chainFailed  // the proxy on the way could not be reached, or did not do what it was asked for
	listenFailed // BIND: nobody can connect to our address
	clientFailed // BIND: the client was lost, or said what it should not, while its peer was waited for
	clientLeft   // BIND: the client has closed meanwhile
	refusedReply // BIND: the peer is not the right one, or a socks rule does not let it through
	stopping     // we are shutting down; silent
)

// bound says what BND.ADDR and BND.PORT of an error reply hold (dante-reference 5.12).
type bound uint8

const (
	boundNone     bound = iota // no reply at all
	boundEcho                  // the address that was requested
	boundOutgoing              // our address towards the target
	boundPeer                  // who has connected
	boundZero                  // 0.0.0.0:0
)

// style is how the log tells of a failure.
type style uint8

const (
	logNothing    style = iota
	logAccept           // one line of the client rule
	logRequest          // a line of the client rule for the command, then its accept line
	logBlock            // the socks rule's block line, then the client rule's, which names it
	logOutgoing         // as logRequest, with the target
	logConnecting       // the socks rule's line with the target, then the client rule's accept line
	logLeft             // the socks rule's line with the target, then the client rule's accept line, in the same words
	logReply            // the line of bindreply, then those of the socks rule and the client rule, which name it
	logEnd              // the lines that close a session, with counters
)

// failures is the one table of what a kind of failure looks like from outside.
var failures = [...]struct {
	bound bound
	style style
	event event
}{
	refusedByClientRule: {boundNone, logAccept, blocked},
	badNegotiation:      {boundNone, logAccept, failed},
	negotiationTimeout:  {boundNone, logAccept, failed},
	badRequest:          {boundEcho, logRequest, failed},
	refusedByRule:       {boundEcho, logBlock, blocked},
	noOutgoing:          {boundEcho, logOutgoing, failed},
	connectRefused:      {boundOutgoing, logConnecting, failed},
	connectFailed:       {boundOutgoing, logEnd, failed},
	connectTimeout:      {boundZero, logEnd, failed},
	chainFailed:         {boundEcho, logConnecting, failed},
	listenFailed:        {boundEcho, logConnecting, failed},
	clientFailed:        {boundNone, logConnecting, failed},
	clientLeft:          {boundNone, logLeft, ended},
	refusedReply:        {boundPeer, logReply, blocked},
	stopping:            {boundNone, logNothing, failed},
}

// failure ends a connection before the relay.
type failure struct {
	kind  kind
	reply socks.Reply // of SOCKS5; SOCKS4 knows only "rejected"
	text  string      // the reason in Dante's words
}

// replyFor maps an error number to a reply code (Dante lib/util.c errno2reply).
func replyFor(err error) socks.Reply {
	var e unix.Errno
	if !errors.As(err, &e) {
		return socks.GeneralFailure
	}
	switch e {
	case unix.ENETDOWN, unix.ENETUNREACH:
		return socks.NetworkUnreachable
	case unix.EHOSTDOWN, unix.EHOSTUNREACH:
		return socks.HostUnreachable
	case unix.ECONNREFUSED, unix.ECONNRESET:
		return socks.ConnectionRefused
	case unix.ETIMEDOUT:
		return socks.TTLExpired
	}
	return socks.GeneralFailure
}

// reply4For gives the SOCKS4 code of a SOCKS5 one: granted or rejected, nothing between.
func reply4For(r socks.Reply) socks.Reply4 {
	if r == socks.Succeeded {
		return socks.Granted
	}
	return socks.Rejected
}
