// Package differential runs the real danted and ours on the same random
// configurations, sends both the same random requests, and compares everything
// that can be seen from outside: each reply byte, what arrives at the target
// and how each connection ends, and each log line.
//
// Each daemon lives in a sandbox of its own (package sandbox) with the same
// addresses, names and users, so that nothing has to differ. What differs all
// the same is either a row of the deviation table or a bug.
//
// The parts: generate*.go make trials, side.go performs them in a sandbox,
// converse.go is one request of a trial, compare.go and deviations.go judge,
// report.go tells, conditions.go counts what was tried at all.
package differential

import (
	"encoding/hex"
	"net/netip"
)

// A Job is what one side does: all trials, one after the other.
type Job struct {
	Trials []Trial
}

// A Trial is one configuration and the requests made under it.
type Trial struct {
	Seed     uint64
	Number   int
	Config   string
	Files    map[string]string `json:",omitempty"` // by path, there before the daemon starts
	Requests []Request

	// What the conditions of the rules are, in the order of the rules, and
	// those that hold for all; for the tally.
	Client, Socks [][]string `json:",omitempty"`
	Global        []string   `json:",omitempty"`
}

// A Request is one client connection, from its first byte to its end.
type Request struct {
	Title string         // what it is after, for people
	From  netip.AddrPort // where the client binds
	Via   netip.AddrPort // where the daemon listens

	Files map[string]string `json:",omitempty"` // by path, changed before

	Greeting Bytes // SOCKS5 only
	Login    Bytes // sent if the daemon asks for a password
	Ask      Bytes // the request proper
	Early    Bytes // payload in the same segment as the request

	Together bool  // everything above in one segment, without waiting
	EndAfter Phase // after this message the client sends EOF and nothing else

	Peer      netip.AddrPort // BIND: where the peer connects from; nobody connects if not valid
	Meanwhile []Move         // BIND: what the client does before the peer connects
	Second    netip.AddrPort // BIND: another peer, after the first; nobody if not valid
	Taken     netip.AddrPort // BIND: what somebody else listens on
	Datagrams []Datagram     // UDP ASSOCIATE: what is sent once there is a relay
	Senders   []netip.AddrPort

	Talk []Move // what happens once there is a session of two ends
}

// A Datagram goes through a UDP relay, or does not.
type Datagram struct {
	From   int   // which of the senders sends it
	Frame  Bytes // with its SOCKS header
	Answer Bytes // what the target sends back if it gets the datagram
	By     AnsweredBy
}

// AnsweredBy says who answers a datagram.
type AnsweredBy string

// Who may answer.
const (
	Nobody    AnsweredBy = ""
	Addressee AnsweredBy = "addressee"
	Stranger  AnsweredBy = "stranger" // another target, which nobody has sent anything to
)

// A Phase is a message of the client.
type Phase string

// The phases.
const (
	Never    Phase = ""
	Connect  Phase = "connect"
	Greeting Phase = "greeting"
	Login    Phase = "login"
	Ask      Phase = "ask"
)

// A Move is one thing one end of an established session does. The other end
// must see it before the next move.
type Move struct {
	End  End
	Do   Deed
	Data Bytes // of Send and Urge
}

// An End of a session.
type End string

// The ends.
const (
	Client End = "client"
	Target End = "target"
)

// A Deed is something an end does.
type Deed string

// The deeds.
const (
	Send     Deed = "send"
	Urge     Deed = "urge"     // send, with urgent bytes at the begin, in the middle and at the end
	Shutdown Deed = "shutdown" // end of own data, still listening
	Close    Deed = "close"
	Reset    Deed = "reset"
)

// A Result is what one side saw of a trial.
type Result struct {
	Accepted  bool   // by danted -V
	Verdict   string // what -V printed
	Failure   string // why the trial could not be finished, if so
	Exchanges []Exchange
}

// An Exchange is what came of a request.
type Exchange struct {
	Outcome []string // what the two ends saw, line by line
	Log     []string // what the daemon logged, normalised
	Seconds float64  // how long it took; not compared
}

// Bytes are written as hexadecimal digits, to be read in a report.
type Bytes []byte

// MarshalText implements encoding.TextMarshaler.
func (b Bytes) MarshalText() ([]byte, error) {
	return []byte(hex.EncodeToString(b)), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *Bytes) UnmarshalText(text []byte) (err error) {
	*b, err = hex.DecodeString(string(text))
	return err
}
