// Package config turns the statements of sockd.conf into typed values: it decides what words mean, fills in defaults
// and inheritance, and makes every check danted makes, with danted's verdict. Each value keeps where it came from. What
// it must know about the machine it asks a hostfacts.Facts; it opens no file, resolves no name and starts nothing.
package config

import (
	"net/netip"
	"time"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

// Mode is what a configuration is read for.
type Mode uint8

// The modes. Features that danted has and this server has not yet are warnings when verifying, as `danted -V` accepts
// them, and errors when starting, as nothing may be ignored in silence.
const (
	Verify Mode = iota
	Start
)

// Options is what influences the reading besides the file.
type Options struct {
	Mode      Mode
	Debug     *int // -d of the command line; it wins over the file
	KeepAlive bool
}

// Origin says where a value comes from.
type Origin uint8

// The origins.
const (
	Default     Origin = iota // nobody said anything
	File                      // written where Pos says
	Inherited                 // of a rule: the global value, written where Pos says
	CommandLine               // given to the program
)

// Value is a value that knows where it comes from.
type Value[T any] struct {
	V      T
	Pos    diag.Pos
	Origin Origin
	Name   string // of an address: the interface or host name it was found by
}

// at makes a value that was written in a statement.
func at[T any](n *syntax.Node, v T) Value[T] {
	if n.Key.Pos.Filename == builtin {
		return Value[T]{V: v, Origin: Default}
	}
	return Value[T]{V: v, Pos: syntax.Pos(n.Key), Origin: File}
}

// Config is everything a file says, with defaults.
type Config struct {
	Internal []Value[netip.AddrPort]
	External []Value[netip.Addr]

	// IdleExternal are interfaces none of whose addresses is of a family in use.
	IdleExternal []Value[string]

	InternalFamilies Families
	ExternalFamilies Families
	Rotation         Value[string]

	ClientMethods Value[auth.Methods]
	SocksMethods  Value[auth.Methods]

	Privileged   Value[plan.User]
	Unprivileged Value[plan.User]
	Libwrap      Value[plan.User]

	LogOutput []Value[plan.LogOutput]
	ErrorLog  []Value[plan.LogOutput]
	Debug     Value[int]

	Timeouts   Timeouts
	Resolver   Value[string]
	ConnectDst Value[bool]
	KeepAlive  bool

	SourceChecks  []Value[string] // srchost
	Compatibility []Value[string]
	Extensions    []Value[string]
	MaxFail       Value[int64]
	BadExpire     Value[time.Duration]
	HostsAccess   Value[bool]
	LibwrapAllow  Value[string]
	LibwrapDeny   Value[string]
	SocketOptions []Value[plan.SocketOption]
	ErrorLogs     []Value[plan.ErrorLog]

	// Services are the service names in the file that stand for one port with TCP and another with UDP.
	Services map[[2]uint16]string

	ClientRules []Rule
	SocksRules  []Rule
	Routes      []Route
	Monitors    []Monitor
}

// Families are the address families in use on one side; none set means both.
type Families struct {
	IPv4, IPv6 bool
	Pos        diag.Pos
}

// Enabled tells whether addresses of the family of a are used.
func (f Families) Enabled(a netip.Addr) bool {
	if !f.IPv4 && !f.IPv6 {
		return true
	}
	return a.Is4() && f.IPv4 || a.Is6() && f.IPv6
}

// Timeouts are the time limits a rule has when it does not set its own.
type Timeouts struct {
	Connect, Negotiate, TCPIO, UDPIO, FinWait Value[time.Duration]
}

// Plan gives the limits without their origins.
func (t Timeouts) Plan() plan.Timeouts {
	return plan.Timeouts{
		Negotiate: t.Negotiate.V, Connect: t.Connect.V, TCPIO: t.TCPIO.V, UDPIO: t.UDPIO.V, TCPFinWait: t.FinWait.V,
	}
}

// Written is what a block says itself, and where: the position of the last statement of each keyword. What is not in it
// was inherited, derived from something else, or is a default.
type Written map[keyword.ID]diag.Pos

// Rule is a client- or socks-rule.
type Rule struct {
	plan.Rule
	Pos     diag.Pos
	Written Written
}

// Route is how to reach some targets.
type Route struct {
	plan.Route
	Pos     diag.Pos
	Written Written
}

// Monitor is when to raise an alarm.
type Monitor struct {
	plan.Monitor
	Pos     diag.Pos
	Written Written
}
