package plan

import (
	"time"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
)

// Side is one side of a session.
type Side uint8

// The sides.
const (
	Internal Side = iota + 1 // the client's
	External                 // the target's
)

func (s Side) String() string {
	switch s {
	case Internal:
		return "internal"
	case External:
		return "external"
	}
	return ""
}

// Direction is one direction of the data of a side, seen from this server.
type Direction uint8

// The directions.
const (
	Received Direction = iota + 1
	Sent
)

// Monitor raises alarms about the sessions it matches.
type Monitor struct {
	Number    int // 1, 2, … in file order
	Line      int `json:"-"` // where it starts in the file it came from
	From, To  addr.Spec
	Commands  acl.CommandSet
	Protocols acl.ProtocolSet

	Data        []DataAlarm
	Disconnects []DisconnectAlarm
	MTU         []Side // sides on which to look for signs of MTU trouble
}

// DataAlarm is raised when at most Bytes have moved for Every.
type DataAlarm struct {
	Side      Side      // 0: both together
	Direction Direction // 0: both together
	Bytes     int64
	Every     time.Duration
}

// DisconnectAlarm is raised when within Every the peer has ended at least Count sessions, and they are at least the
// share Count of Sessions of all.
type DisconnectAlarm struct {
	Side            Side // 0: each
	Count, Sessions int64
	Every           time.Duration
}
