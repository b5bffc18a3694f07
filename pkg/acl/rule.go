package acl

import (
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// Verdict is what a rule says.
type Verdict uint8

// The verdicts.
const (
	Block Verdict = iota
	Pass
)

func (v Verdict) String() string {
	if v == Pass {
		return "pass"
	}
	return "block"
}

// Stage is the list of rules that is asked.
type Stage uint8

// The stages of a connection.
const (
	Client Stage = iota // at accept, before a byte was read
	Socks               // at the request
)

func (s Stage) String() string {
	if s == Client {
		return "client"
	}
	return "socks"
}

// CommandSet is a set of commands of socks rules.
type CommandSet uint8

// The members of a CommandSet.
const (
	CmdBind CommandSet = 1 << iota
	CmdConnect
	CmdUDPAssociate
	CmdBindReply
	CmdUDPReply
	CmdAll = CmdBind | CmdConnect | CmdUDPAssociate | CmdBindReply | CmdUDPReply
)

// Has tells whether c is in the set. Accept is in every set: client rules have no commands.
func (s CommandSet) Has(c socks.Command) bool {
	switch c {
	case socks.Accept:
		return true
	case socks.Bind:
		return s&CmdBind != 0
	case socks.Connect:
		return s&CmdConnect != 0
	case socks.UDPAssociate:
		return s&CmdUDPAssociate != 0
	case socks.BindReply:
		return s&CmdBindReply != 0
	case socks.UDPReply:
		return s&CmdUDPReply != 0
	}
	return false
}

// ProtocolSet is a set of transport protocols.
type ProtocolSet uint8

// The members of a ProtocolSet.
const (
	ProtoTCP ProtocolSet = 1 << iota
	ProtoUDP
)

// Has tells whether p is in the set.
func (s ProtocolSet) Has(p socks.Protocol) bool {
	return p == socks.TCP && s&ProtoTCP != 0 || p == socks.UDP && s&ProtoUDP != 0
}

// VersionSet is the set of proxy protocols of a rule.
type VersionSet uint8

// The members of a VersionSet. Clients never speak HTTP or UPNP here; the words are legal all the same.
const (
	VerSocks4 VersionSet = 1 << iota
	VerSocks5
	VerHTTP
	VerUPNP
)

// Has tells whether v is in the set.
func (s VersionSet) Has(v socks.Version) bool {
	return v == socks.V4 && s&VerSocks4 != 0 || v == socks.V5 && s&VerSocks5 != 0
}

// LogSet is what a rule's `log` selects (dante-reference 8.3).
type LogSet uint8

// The members of a LogSet.
const (
	LogConnect LogSet = 1 << iota
	LogDisconnect
	LogData
	LogError
	LogIOOp
	LogTCPInfo
)

// SourceChecks are conditions on the addresses of peers, checked after a rule has let them pass.
type SourceChecks struct {
	Mismatch       bool // nodnsmismatch: block when the peer's address has a name that does not resolve to it
	Unknown        bool // nodnsunknown: block when the peer's address has no name
	CheckReplyAuth bool // replies must fulfil the conditions of rules on methods
}

// Rule is one rule with all defaults filled in: what is written here is what is decided by.
type Rule struct {
	Number  int // 1, 2, … within its stage, in file order; 0 is the built-in default block
	Line    int `json:"-"` // where it starts in the file it came from, 0 when it came from none
	Verdict Verdict

	From, To  addr.Spec
	Commands  CommandSet  // socks rules; empty for client rules
	Protocols ProtocolSet // client rules: tcp
	Versions  VersionSet  // socks rules

	ClientMethods auth.Methods // methods of the client stage that this rule covers
	SocksMethods  auth.Methods // client rule: offered to the client, in order; socks rule: methods it covers
	Users, Groups []string     // empty: no condition. OR within a list, AND across the two
	PAMService    string       // service name for pam.* methods

	Log LogSet
}
