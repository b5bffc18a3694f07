package lint

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
)

// reason is why a rule never matches.
type reason struct {
	about keyword.ID
	text  string
	hint  string
}

func neverMatches(l *linter) {
	like := interfaceLike()
	for _, list := range [][]*rule{l.client, l.socks} {
		for _, r := range list {
			why := l.impossible(r, like)
			if why == nil {
				continue
			}
			r.dead = true
			consequence := ""
			if r.Verdict == acl.Block {
				consequence = ", so it blocks nothing"
			}
			l.about(r, diag.Warning, fmt.Sprintf("%s never matches%s: %s", r, consequence, why.text), why.hint, why.about)
		}
	}
}

// impossible gives the first reason why nothing can fulfil the conditions of a rule.
func (l *linter) impossible(r *rule, like *regexp.Regexp) *reason {
	for _, c := range []struct {
		id   keyword.ID
		spec addr.Spec
	}{{keyword.From, r.From}, {keyword.To, r.To}} {
		if text, hint := l.impossibleAddress(c.spec, like); text != "" {
			return &reason{c.id, text, hint}
		}
	}
	if r.stage == acl.Client {
		return l.impossibleClient(r)
	}
	if r.commands == 0 {
		if r.Versions&(acl.VerSocks4|acl.VerSocks5) == 0 {
			return &reason{keyword.ProxyProtocol, "clients speak SOCKS version 4 or 5 only", "write proxyprotocol: socks_v4 socks_v5, or remove the line"}
		}
		if r.Versions&acl.VerSocks5 == 0 && r.Commands&r.udp() != 0 {
			return &reason{keyword.ProxyProtocol, "SOCKS version 4 has no UDP", "write proxyprotocol: socks_v5"}
		}
		return &reason{keyword.Protocol, "its commands are not of its protocol", "remove the protocol line: the commands imply it"}
	}
	if v4 := r.From.Prefix.Addr().Is4(); r.From.Kind == addr.Prefix && !l.internalHas(v4) && (r.commands&replies == 0 || !l.externalHas(v4)) {
		return &reason{keyword.From, "no internal address is of family " + family(v4), "add an internal address of that family, or remove the rule"}
	}
	return nil
}

// udp gives the UDP commands if the rule has the protocol.
func (r *rule) udp() acl.CommandSet {
	if r.Protocols&acl.ProtoUDP == 0 {
		return 0
	}
	return udpCommands
}

// impossibleAddress tells why nothing has such an address.
func (l *linter) impossibleAddress(s addr.Spec, like *regexp.Regexp) (text, hint string) {
	switch {
	case noPort(s.Ports):
		return fmt.Sprintf("no port number is %s", strings.TrimPrefix(s.Ports.String(), "port ")), "correct the port condition"
	case s.Kind != addr.Host && s.Kind != addr.Domain:
		return "", ""
	case strings.Contains(s.Name, "*"):
		hint := "write the name of the host, or the end of it: .example.com"
		if domain := strings.TrimLeft(s.Name, "*."); strings.Trim(s.Name, "*.") == "" {
			hint = "write 0/0 for any address"
		} else if !strings.Contains(domain, "*") {
			hint = "write ." + domain
		}
		return fmt.Sprintf("names have no wildcards, and no host is called %q", s.Name), hint
	case s.Kind == addr.Host && like.MatchString(s.Name):
		if _, exists := l.facts.Interface(s.Name); !exists {
			return fmt.Sprintf("there is no interface %q here, so it is taken for a host name", s.Name),
				"write a network, for instance 127.0.0.0/8 or 192.168.1.0/24"
		}
	}
	return "", ""
}

// interfaceLike is what interfaces are called on the systems that examples come from.
func interfaceLike() *regexp.Regexp {
	return regexp.MustCompile(`^(lo|(lo|eth|en|em|eno|ens|bge|igb|fxp|vtnet|wlan|tun|utun|tap|ppp|wg|bond|venet)[0-9]+([:.][0-9]+)?|(en|wl)p[0-9]+s[0-9]+[a-z0-9]*)$`)
}

// impossibleClient tells why no client fulfils a client-rule.
func (l *linter) impossibleClient(r *rule) *reason {
	from, to := r.From.Kind == addr.Prefix, r.To.Kind == addr.Prefix
	v4, to4 := r.From.Prefix.Addr().Is4(), r.To.Prefix.Addr().Is4()
	switch {
	case from && to && v4 != to4:
		return &reason{keyword.To, fmt.Sprintf("a client with an %s address does not connect to an %s one", family(v4), family(to4)), "write to: 0/0"}
	case from && !l.internalHas(v4):
		return &reason{keyword.From, "no internal address is of family " + family(v4), "add an internal address of that family, or remove the rule"}
	}
	internal := l.internal()
	if len(internal) < len(l.cfg.Internal) {
		return nil
	}
	var are []string
	for _, a := range internal {
		if holds(r.To, a) {
			return nil
		}
		are = append(are, a.String())
	}
	return &reason{
		keyword.To, fmt.Sprintf(`the "to" of a client-rule is the internal address a client connects to, and %s is none of them (%s)`, r.To, strings.Join(are, ", ")),
		"write to: 0/0; where clients may connect to is a matter of socks-rules",
	}
}

func interfaceIsNotNetwork(l *linter) {
	for _, list := range [][]*rule{l.client, l.socks} {
		for _, r := range list {
			if r.dead {
				continue
			}
			l.ownAddresses(r, keyword.From, r.From)
			// The target of a client-rule is one of our addresses, and so is that of bind.
			if r.stage == acl.Socks && r.commands != acl.CmdBind {
				l.ownAddresses(r, keyword.To, r.To)
			}
		}
	}
}

const loopbackHint = "write two rules, for 127.0.0.0/8 and for ::1/128"

func (l *linter) ownAddresses(r *rule, id keyword.ID, s addr.Spec) {
	if s.Kind != addr.Interface {
		return
	}
	addrs, _ := l.facts.Interface(s.Name)
	hint := "write the network"
	if l.isLoopback(s.Name, netip.Addr{}) {
		hint = loopbackHint
	}
	for _, p := range addrs {
		if p.Addr().IsLoopback() {
			hint = loopbackHint
			break
		}
		if !l.madeUp && p.Bits() < p.Addr().BitLen() {
			hint = "write the network: " + p.Masked().String()
			break
		}
	}
	l.about(r, diag.Warning, fmt.Sprintf("%q stands for the addresses of this server on that interface, not for its network", s.Name), hint, id)
}
