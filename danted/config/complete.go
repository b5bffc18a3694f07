package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/auth"
	socks5 "github.com/rustsocks/rustsocks/pkg/socks"
)

const (
	tcpCommands = acl.CmdBind | acl.CmdConnect | acl.CmdBindReply
	udpCommands = acl.CmdUDPAssociate | acl.CmdUDPReply
)

// complete fills in what a rule does not say, with the checks danted makes on the way.
func (r *reader) complete(d *draft) {
	// COMPAT: a debug level in the file makes every rule log; one on the command line does not.
	if r.fileDebug != 0 {
		d.Log |= acl.LogConnect | acl.LogDisconnect | acl.LogError | acl.LogIOOp
	}
	socks := d.kind.Scope == keyword.SocksRule
	if socks {
		r.checkFinWait(d)
		d.Commands, d.Protocols = r.derive(d.kind, d.at(keyword.Command, keyword.Protocol), d.Commands, d.Protocols)
	} else {
		d.Protocols = acl.ProtoTCP
	}
	r.checkReplyMethods(d)
	d.ClientMethods = r.ruleClientMethods(d)
	d.SocksMethods = r.ruleSocksMethods(d)
	if d.Versions == 0 {
		for word := range strings.FieldsSeq(keyword.Get(keyword.ProxyProtocol).Default) {
			d.Versions |= versionBits[word]
		}
	}
	if d.PAMService == "" {
		d.PAMService = keyword.Get(keyword.PAMServiceName).Default
	}
}

// checkFinWait reduces a time limit that cannot be reached.
func (r *reader) checkFinWait(d *draft) {
	if t := &d.Timeouts; t.TCPIO != 0 && t.TCPFinWait > t.TCPIO {
		r.warn(d.at(keyword.TimeoutFinWait, keyword.TimeoutIOTCP, keyword.TimeoutIO), codeFinWait,
			fmt.Sprintf("it does not make sense to let the tcp-fin-wait timeout be longer than the tcp i/o timeout, so reducing tcp-fin-wait for this rule from %d to %d",
				int64(t.TCPFinWait.Seconds()), int64(t.TCPIO.Seconds())), "")
		t.TCPFinWait = t.TCPIO
	}
}

// replyOnly tells whether a rule is about replies only, which come without credentials.
func (d *draft) replyOnly() bool {
	replies := acl.CmdBindReply | acl.CmdUDPReply
	return d.Commands&replies != 0 && d.Commands&^replies == 0
}

// requiresName tells whether the rule can match clients with a name only.
func (d *draft) requiresName() bool { return len(d.Users) > 0 || len(d.Groups) > 0 }

// checkReplyMethods refuses methods that replies cannot have. COMPAT: danted counts the client methods and looks at the
// socks methods, so the check is made for as many of the latter as there are of the former.
func (r *reader) checkReplyMethods(d *draft) {
	if !d.replyOnly() || d.broken {
		return
	}
	for i := range d.clientMethods {
		m := auth.None
		if i < len(d.socksMethods) {
			m = d.socksMethods[i]
		}
		udp := d.Commands.Has(socks5.UDPReply)
		if udp && !worksWithReplies(m, true) || d.Commands.Has(socks5.BindReply) && !worksWithReplies(m, false) {
			kind := ""
			if udp {
				kind = "udp"
			}
			r.fail(d.at(keyword.SocksMethod), codeMethodReplies,
				fmt.Sprintf("socks-rule #%d specifies method %s, but this method can not be provided by %sreplies", d.Number, m, kind),
				"leave the methods of a rule for replies out")
			return
		}
	}
}

// worksWithReplies tells whether a reply can have a method. It differs from auth.Method.ForReplies in what danted's
// configuration check says of PAM and UDP.
func worksWithReplies(m auth.Method, udp bool) bool {
	switch m {
	case auth.None:
		return true
	case auth.PAMAny, auth.PAMAddress, auth.RFC931:
		return !udp
	}
	return false
}

// ruleClientMethods gives the client methods of a rule: its own, which must be among the file's, or the file's.
func (r *reader) ruleClientMethods(d *draft) auth.Methods {
	global := r.cfg.ClientMethods.V
	if len(d.clientMethods) == 0 {
		return slices.Clone(global)
	}
	r.checkMethodsGlobal(d, keyword.ClientMethod, "clientmethod", d.clientMethods, global)
	r.checkNoneShadows(syntax.Pos(d.at(keyword.ClientMethod)), d.clientMethods, "this clientmethod list")
	return d.clientMethods
}

// checkMethodsGlobal checks that the methods of a rule are among the file's.
func (r *reader) checkMethodsGlobal(d *draft, id keyword.ID, kind string, list, global auth.Methods) {
	name := keyword.Get(id).Name
	for _, m := range list {
		if !global.Has(m) && !d.broken && !r.file.Broken[id] {
			r.fail(d.at(id), codeMethodNotGlobal, fmt.Sprintf("%s %q is set in the rule, but not in the global %s specification (containing %s).  Only methods that are part of the global method specification can be part of the methods set in a local rule", kind, m, name, quoted(global)),
				"add it to the global "+name+" line")
			d.broken = true
		}
	}
}

// ruleSocksMethods gives the socks methods of a rule: its own, which must be among the file's, or those of the file
// that can fulfil the rule's conditions.
func (r *reader) ruleSocksMethods(d *draft) auth.Methods {
	global := r.cfg.SocksMethods.V
	socks := d.kind.Scope == keyword.SocksRule
	if len(d.socksMethods) == 0 {
		var list auth.Methods
		for _, m := range global {
			if socks {
				if d.replyOnly() && (d.Commands.Has(socks5.UDPReply) && !worksWithReplies(m, true) || d.Commands.Has(socks5.BindReply) && !worksWithReplies(m, false)) {
					continue
				}
				if d.requiresName() && !m.ProvidesName() {
					continue
				}
			}
			list = append(list, m)
		}
		return list
	}
	r.checkMethodsGlobal(d, keyword.SocksMethod, "method", d.socksMethods, global)
	if !socks {
		r.checkNoneShadows(syntax.Pos(d.at(keyword.SocksMethod)), d.socksMethods, "this socksmethod list")
	}
	return d.socksMethods
}

// derive fills in commands from protocols and the other way round.
func (r *reader) derive(kind keyword.Block, token syntax.Token, c acl.CommandSet, p acl.ProtocolSet) (acl.CommandSet, acl.ProtocolSet) {
	switch {
	case c == 0 && p == 0:
		return acl.CmdAll, acl.ProtoTCP | acl.ProtoUDP
	case c == 0:
		if p&acl.ProtoTCP != 0 {
			c |= tcpCommands
		}
		if p&acl.ProtoUDP != 0 {
			c |= udpCommands
		}
	case p == 0:
		if c&tcpCommands != 0 {
			p |= acl.ProtoTCP
		}
		if c&(udpCommands|acl.CmdConnect) != 0 {
			p |= acl.ProtoUDP
		}
	default:
		r.checkCommandProtocol(kind, token, c, p)
	}
	return c, p
}

// checkCommandProtocol warns of commands that no protocol is enabled for.
func (r *reader) checkCommandProtocol(kind keyword.Block, token syntax.Token, c acl.CommandSet, p acl.ProtocolSet) {
	missing := func(name string) {
		r.warn(token, codeCommandProtocol, kind.Scope.String()+" specifies "+name+"-based commands, but does not enable the "+name+" protocol.  This is probably not what was intended",
			"write protocol: tcp udp")
	}
	if c&udpCommands != 0 && p&acl.ProtoUDP == 0 {
		missing("UDP")
	}
	if c&tcpCommands != 0 && p&acl.ProtoTCP == 0 {
		missing("TCP")
	}
}
