package plan

import (
	"time"

	"github.com/rustsocks/rustsocks/pkg/acl"
)

// Rule is a rule with what applies to the sessions it matches.
type Rule struct {
	acl.Rule
	Timeouts  Timeouts
	Session   SessionLimits
	Bandwidth int64     // bytes per second that all sessions of the rule share; 0 is no limit
	Redirect  Redirect  // where to send from and to instead
	Libwrap   string    // hosts_options(5) to run when the rule matches
	UDPPorts  PortRange // socks rules: ports for the client's side of UDP relays

	SocketOptions []SocketOption // in addition to the global ones
	ErrorLogs     []ErrorLog     // in addition to the global ones
}

// SessionLimits bound the sessions of a rule. 0 is no limit everywhere.
type SessionLimits struct {
	Max      int64    // at a time
	Throttle Throttle // new ones
	// Key is what State* counts by: "" is nothing, "from" is the client's address.
	Key           string
	StateMax      int64
	StateThrottle Throttle
	// Inheritable limits of a client rule hold for the whole session if its socks rule has none; others until a socks
	// rule has let the request pass.
	Inheritable bool
}

// IsSet tells whether there is any limit.
func (l SessionLimits) IsSet() bool {
	return l.Max != 0 || l.Throttle.Sessions != 0 || l.StateMax != 0 || l.StateThrottle.Sessions != 0
}

// Throttle allows a number of new sessions in each stretch of time. The zero Throttle is no limit.
type Throttle struct {
	Sessions int64
	Every    time.Duration
}

// PortRange is a range of ports, ends included. The zero PortRange is any port.
type PortRange struct{ First, Last uint16 }

// Timeouts are a rule's or the global time limits; 0 is no limit (Connect: the kernel's own).
type Timeouts struct {
	Negotiate  time.Duration
	Connect    time.Duration
	TCPIO      time.Duration
	UDPIO      time.Duration
	TCPFinWait time.Duration
}
