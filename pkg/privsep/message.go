package privsep

import (
	"net/netip"
	"os"
	"time"

	"github.com/rustsocks/rustsocks/pkg/logx"
)

// Message is one message between monitor and worker: one of the types below, never a pointer to one.
type Message interface{ kind() kind }

// Config offers a configuration. The worker answers with Loaded or Refused. Monitor to worker.
type Config struct {
	Generation uint64 // larger than that of any earlier Config
	Name       string // of the file, as the user gave it
	Program    string // the name in log lines
	Debug      *int   // the debug level of the command line, if it had one
	KeepAlive  bool   // TCP keep-alive is on

	Source []byte // the file
	Facts  []byte // a snapshot of the host facts it was loaded with

	Listeners []*os.File // in the order of the plan's Internal
	Logs      logx.Outputs
}

// Close closes all descriptors that came with the Config.
func (c Config) Close() {
	closeAll(c.Listeners)
	c.Logs.Close()
}

// listeners carries some of a Config's listeners: a packet cannot carry all of a large machine's.
type listeners struct{ files []*os.File }

// Commit puts the loaded configuration into force. The worker answers with Committed. Monitor to worker.
type Commit struct{ Generation uint64 }

// Abort drops the loaded configuration. Monitor to worker.
type Abort struct{ Generation uint64 }

// Logs replaces the log outputs. Monitor to worker.
type Logs struct{ Logs logx.Outputs }

// Auth hands over the socket to a fresh auth helper, in the place of any earlier one of that slot. Monitor to worker.
type Auth struct {
	Slot uint8
	File *os.File
}

// Status asks for an Alive at once or, with Print, for the lines about sessions in the log. Monitor to worker.
type Status struct{ Print bool }

// Drain ends accepting; sessions may go on until the limit, then they are ended. The worker sends Drained when none is
// left, and exits. A second Drain only shortens the limit. Monitor to worker.
type Drain struct{ Limit time.Duration }

// Loaded tells that the worker loaded the configuration, and the digest of the plan. Worker to monitor.
type Loaded struct {
	Generation uint64
	Digest     string // 64 hexadecimal digits
}

// Refused tells why the worker cannot use the configuration. Worker to monitor.
type Refused struct {
	Generation uint64
	Text       string
}

// Committed tells that the configuration is in force: new clients get it, and listeners it does not have are closed.
// Worker to monitor.
type Committed struct{ Generation uint64 }

// Alive shows progress: the worker sends one every AliveInterval from what really serves clients. Worker to monitor.
type Alive struct {
	Sessions uint32 // now
	Accepted uint64 // clients, since the start
	Handled  uint64 // clients whose session ended
}

// AuthStuck asks for the replacement of an auth helper that did not answer in time. Worker to monitor.
type AuthStuck struct{ Slot uint8 }

// BindPort asks for a TCP socket that is bound to a low port of an external address: the worker may not do that itself.
// The monitor answers with BoundPort. Worker to monitor.
type BindPort struct {
	ID uint32 // the answer has it too
	At netip.AddrPort
}

// BoundPort answers a BindPort. Monitor to worker.
type BoundPort struct {
	ID   uint32
	File *os.File // nil when the port is taken, or not for the worker
}

// LowPorts is where ports begin that everybody may bind.
const LowPorts = 1024

// Drained tells that no session is left after Drain. Worker to monitor.
type Drained struct{}

// AliveInterval is how often a worker sends Alive.
const AliveInterval = 2 * time.Second
