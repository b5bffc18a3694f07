package config

import (
	"fmt"
	"slices"

	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// draft is a rule while it is read.
type draft struct {
	Rule
	kind  keyword.Block
	block *syntax.Block

	clientMethods auth.Methods // as written in the rule
	socksMethods  auth.Methods
	from, to      host
	broken        bool // an error was found: what follows from it is not said
}

// ruleHandler reads one statement of a rule.
type ruleHandler func(*reader, *draft, *syntax.Node)

// ruleHandlers read the options of client- and socks-rules. Every row of the table that is valid there and not refused
// has one; a test checks it.
var ruleHandlers = map[keyword.ID]ruleHandler{
	keyword.From: func(r *reader, d *draft, n *syntax.Node) { d.From, d.from = r.ruleAddress(d, n) },
	keyword.To:   func(r *reader, d *draft, n *syntax.Node) { d.To, d.to = r.ruleAddress(d, n) },
	keyword.ClientMethod: func(r *reader, d *draft, n *syntax.Node) {
		d.clientMethods = r.methods(n, d.clientMethods)
	},
	keyword.SocksMethod: func(r *reader, d *draft, n *syntax.Node) {
		d.socksMethods = r.methods(n, d.socksMethods)
	},
	keyword.RuleUser:             func(r *reader, d *draft, n *syntax.Node) { d.Users = r.names(n, d.Users) },
	keyword.RuleGroup:            func(r *reader, d *draft, n *syntax.Node) { d.Groups = r.names(n, d.Groups) },
	keyword.Log:                  readLog,
	keyword.Libwrap:              readLibwrap,
	keyword.PAMServiceName:       readPAMService,
	keyword.GSSAPIEncType:        readEncType,
	keyword.RuleBandwidth:        readBandwidth,
	keyword.RedirectFrom:         readRedirect,
	keyword.RedirectTo:           readRedirect,
	keyword.SessionMax:           readSession,
	keyword.SessionThrottle:      readSession,
	keyword.SessionStateKey:      readSession,
	keyword.SessionStateMax:      readSession,
	keyword.SessionStateThrottle: readSession,
	keyword.SessionInheritable:   readSession,
	keyword.Command: func(_ *reader, d *draft, n *syntax.Node) {
		d.Commands |= commandSet(n.Words.Values)
	},
	keyword.Protocol: func(_ *reader, d *draft, n *syntax.Node) {
		d.Protocols |= protocolSet(n.Words.Values)
	},
	keyword.ProxyProtocol: func(_ *reader, d *draft, n *syntax.Node) {
		d.Versions |= versionSet(n.Words.Values)
	},
	keyword.UDPPortRange:        readUDPPortRange,
	keyword.TimeoutConnect:      readRuleTimeout,
	keyword.TimeoutNegotiate:    readRuleTimeout,
	keyword.TimeoutIO:           readRuleTimeout,
	keyword.TimeoutIOTCP:        readRuleTimeout,
	keyword.TimeoutIOUDP:        readRuleTimeout,
	keyword.TimeoutFinWait:      readRuleTimeout,
	keyword.InternalLogError:    readRuleSpecial,
	keyword.InternalLogDisabled: readRuleSpecial,
	keyword.InternalLogEnabled:  readRuleSpecial,
	keyword.ExternalLogError:    readRuleSpecial,
	keyword.ExternalLogDisabled: readRuleSpecial,
	keyword.ExternalLogEnabled:  readRuleSpecial,
	keyword.InternalSocket:      readRuleOption,
	keyword.ExternalSocket:      readRuleOption,
}

// rule reads a client- or socks-rule.
func (r *reader) rule(b *syntax.Block) {
	d := &draft{kind: b.Kind, block: b, broken: b.Broken}
	d.Pos = syntax.Pos(b.Verdict)
	d.Line = d.Pos.Line
	d.Written = Written{}
	d.Timeouts = r.cfg.Timeouts.Plan()
	d.Session.Inheritable = true
	if b.Verdict.Value == "pass" {
		d.Verdict = acl.Pass
	}
	for _, n := range b.Nodes {
		before := r.errors
		if r.statement(n) {
			d.Written[n.Row.ID] = syntax.Pos(n.Key)
			if h, ok := ruleHandlers[n.Row.ID]; ok {
				h(r, d, n)
			}
		}
		if r.errors > before {
			d.broken = true
		}
	}
	list := &r.cfg.ClientRules
	if d.kind.Scope == keyword.SocksRule {
		list = &r.cfg.SocksRules
	}
	d.Number = len(*list) + 1
	r.complete(d)
	r.checkRule(d)
	*list = append(*list, d.Rule)
}

// end is where danted notices what is wrong with a rule as a whole. Where there is no end, the rule was refused before.
func (d *draft) end() syntax.Token {
	if d.block.Close.Value != "" {
		return d.block.Close
	}
	return d.block.Verdict
}

// at gives the statement a check is about, or the end of the rule when there is none.
func (d *draft) at(ids ...keyword.ID) syntax.Token {
	for _, id := range ids {
		for _, n := range d.block.Nodes {
			if n.Row.ID == id {
				return n.Key
			}
		}
	}
	return d.end()
}

// known gives the protocols the rule has named so far.
func (d *draft) known() transport {
	return transport{tcp: d.Protocols.Has(socks.TCP), udp: d.Protocols.Has(socks.UDP)}
}

func (r *reader) ruleAddress(d *draft, n *syntax.Node) (addr.Spec, host) {
	s, h, _ := r.spec(n.Address.Value, d.known())
	return s, h
}

// names reads user or group names. COMPAT: they go on to the end of the line, whatever is there.
func (r *reader) names(n *syntax.Node, list []string) []string {
	for _, t := range n.Text.Values {
		r.checkCarriageReturn(t)
		r.checkSwallowedBrace(n, t)
		list = append(list, r.text(t))
	}
	return list
}

// checkSwallowedBrace warns of a brace among names.
func (r *reader) checkSwallowedBrace(n *syntax.Node, t syntax.Token) {
	if name := r.text(t); (name == "}" || name == "{") && !r.covering(n) {
		r.warn(t, codeBraceInValue, `"`+name+`" is taken for one of the names of "`+n.Key.Value+`"`, "write it on a line of its own")
	}
}

// covering tells whether a statement is in a block that was refused for having no end, which says the same.
func (r *reader) covering(n *syntax.Node) bool {
	for _, item := range r.file.Items {
		if b := item.Block; b != nil && b.Broken && b.Close.Value == "" && slices.Contains(b.Nodes, n) {
			return true
		}
	}
	return false
}

func readRuleSpecial(r *reader, d *draft, n *syntax.Node) {
	if l, ok := r.special(n); ok {
		d.ErrorLogs = append(d.ErrorLogs, l)
	}
}

// readEncType accepts gssapi.enctype, which danted accepts without GSSAPI too.
func readEncType(*reader, *draft, *syntax.Node) {}

var logSet = map[string]acl.LogSet{
	"connect": acl.LogConnect, "disconnect": acl.LogDisconnect, "data": acl.LogData, "error": acl.LogError,
	"ioop": acl.LogIOOp, "iooperation": acl.LogIOOp, "tcpinfo": acl.LogTCPInfo,
}

func readLog(_ *reader, d *draft, n *syntax.Node) {
	for _, w := range n.Words.Values {
		d.Log |= logSet[w.Value]
	}
}

func readPAMService(r *reader, d *draft, n *syntax.Node) {
	if r.checkLength(n.Text.Values[0], serviceLimit) {
		d.PAMService = r.text(n.Text.Values[0])
	}
}

func readUDPPortRange(r *reader, d *draft, n *syntax.Node) {
	first, ok := r.portNumber(n.Range.First)
	last, ok2 := r.portNumber(n.Range.Last)
	if ok && ok2 && r.checkPortOrder(n.Range.Last, first, last) {
		d.UDPPorts = plan.PortRange{First: first, Last: last}
	}
}

// readRuleOption reads a socket option of a rule.
func readRuleOption(r *reader, d *draft, n *syntax.Node) {
	o, ok, add := r.socketOption(n)
	if !ok || !r.checkOptionBlocked(d, n, o) {
		return
	}
	r.checkOptionEarly(n, o)
	if add && r.checkOptionClient(d, n, o) {
		d.SocketOptions = append(d.SocketOptions, o)
	}
}

// checkOptionBlocked refuses options for a side that is never reached.
func (r *reader) checkOptionBlocked(d *draft, n *syntax.Node, o plan.SocketOption) bool {
	if o.Side == plan.External && d.Verdict == acl.Block {
		r.fail(n.Key, codeOptionBlocked, "it does not make sense to set a socket option for the external side in a rule that blocks access", "remove the line")
		return false
	}
	return true
}

// checkOptionEarly warns of options of connections that exist already.
func (r *reader) checkOptionEarly(n *syntax.Node, o plan.SocketOption) {
	if o.Side == plan.Internal && o.Early {
		r.warn(n.Key, codeOptionEarly, fmt.Sprintf("to our knowledge the socket option %q can only be correctly applied at pre-connection establishment time, but by the time this rule is matched, the connection will already have been established", o.Name),
			"set it as a global option")
	}
}

// checkOptionClient refuses options for a side that a client-rule does not have.
func (r *reader) checkOptionClient(d *draft, n *syntax.Node, o plan.SocketOption) bool {
	if o.Side == plan.External && d.kind.Scope != keyword.SocksRule {
		r.fail(n.Key, codeOptionClient, "can not set socket options for the external side in a client-rule, as there is no external side set up yet at this point",
			"set it in the corresponding socks-rule")
		return false
	}
	return true
}

var commandBits = map[string]acl.CommandSet{
	"bind": acl.CmdBind, "connect": acl.CmdConnect, "udpassociate": acl.CmdUDPAssociate,
	"bindreply": acl.CmdBindReply, "udpreply": acl.CmdUDPReply,
}

func commandSet(words []syntax.Token) acl.CommandSet {
	var set acl.CommandSet
	for _, w := range words {
		set |= commandBits[w.Value]
	}
	return set
}

func protocolSet(words []syntax.Token) acl.ProtocolSet {
	var set acl.ProtocolSet
	for _, w := range words {
		switch w.Value {
		case "tcp":
			set |= acl.ProtoTCP
		case "udp":
			set |= acl.ProtoUDP
		}
	}
	return set
}

var versionBits = map[string]acl.VersionSet{
	"socks_v4": acl.VerSocks4, "socks_v5": acl.VerSocks5,
	"http": acl.VerHTTP, "http_v1.0": acl.VerHTTP, "upnp": acl.VerUPNP,
}

func versionSet(words []syntax.Token) acl.VersionSet {
	var set acl.VersionSet
	for _, w := range words {
		set |= versionBits[w.Value]
	}
	return set
}
