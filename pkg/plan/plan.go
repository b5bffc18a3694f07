// Package plan is the contract between the configuration languages and the engine: one immutable description of what
// the daemon must do, with every default and inheritance already applied. It knows no file syntax and no process; what
// reads a Plan cannot tell which language it came from.
package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"time"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/auth"
)

// Plan is what the daemon must do. Nobody changes a Plan after it was compiled.
type Plan struct {
	Name string `json:"-"` // of the configuration, as it was given

	Internal []netip.AddrPort // listening addresses, in file order, without duplicates
	External []netip.Addr     // addresses to connect out from, in file order

	ClientMethods auth.Methods // the global list; never empty
	SocksMethods  auth.Methods // the global list; may be empty

	Privileged   User // whose rights the auth helper, log files and pid file need
	Unprivileged User // whom the worker runs as
	Libwrap      User // whom libwrap commands run as

	LogOutput []LogOutput
	ErrorLog  []LogOutput // warnings and worse, in addition to LogOutput
	Debug     int

	Timeouts    Timeouts // before a rule has matched
	KeepAlive   bool
	FakeNames   bool // resolveprotocol: fake. Names are never resolved to match a rule
	ResolverTCP bool // resolveprotocol: tcp. Names are resolved over TCP

	Rotation      Rotation         // which of several external addresses to use
	SourceChecks  acl.SourceChecks // srchost
	SamePort      bool             // compatibility: sameport. Low ports of clients are kept on the external side too
	Draft505      bool             // compatibility: draft-5.05. The USECLIENTSPORT flag of UDP requests is honoured
	BindExtension bool             // extension: bind
	UDPConnect    bool             // udp.connectdst. UDP sockets are connected to their target

	HostsAccess bool   // every client must pass the hosts_access(5) files
	HostsAllow  string // "": the system's
	HostsDeny   string

	SocketOptions []SocketOption
	ErrorLogs     []ErrorLog

	ClientRules []Rule
	SocksRules  []Rule

	Routes         []Route
	RouteMaxFail   int64         // failures after which a route is not used any more; 0 is never
	RouteBadExpire time.Duration // until it is used again; 0 is never

	Monitors []Monitor
}

// Rotation is how one of several external addresses is chosen.
type Rotation uint8

// The rotations.
const (
	RotateNone     Rotation = iota // the first address of the target's family
	RotateRoute                    // the one the kernel would route from
	RotateSameSame                 // the one the client connected to
)

// User is a system user. A User with no Name is not configured: the caller's own ids are kept.
type User struct {
	Name string
	UID  uint32
	GID  uint32 // primary group
}

// IsSet tells whether the user was configured.
func (u User) IsSet() bool { return u.Name != "" }

// LogKind is the kind of a log device.
type LogKind uint8

// The kinds of log devices.
const (
	LogFile LogKind = iota
	LogStderr
	LogStdout
	LogSyslog
)

// LogOutput is one log device.
type LogOutput struct {
	Kind     LogKind
	Path     string // LogFile
	Facility string // LogSyslog: "daemon", "local0" …
}

// Digest identifies the Plan: two processes that compiled the same source under the same facts have equal digests.
func (p *Plan) Digest() string {
	// The Plan holds only exported values with a fixed encoding, so that encoding cannot fail.
	b, err := json.Marshal(p)
	if err != nil {
		panic("plan: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Policy gives the decision engine of the Plan's rules.
func (p *Plan) Policy() *acl.Policy {
	policy := acl.Policy{SourceChecks: p.SourceChecks, FakeNames: p.FakeNames}
	for i := range p.ClientRules {
		policy.Client = append(policy.Client, p.ClientRules[i].Rule)
	}
	for i := range p.SocksRules {
		policy.Socks = append(policy.Socks, p.SocksRules[i].Rule)
	}
	for _, a := range p.External {
		if a.Is4() {
			policy.External4 = true
		} else {
			policy.External6 = true
		}
	}
	policy.LogDefault = p.Debug > 0
	return &policy
}
