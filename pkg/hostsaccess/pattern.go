package hostsaccess

import (
	"net/netip"
	"strconv"
	"strings"
)

// matches tells whether a rule is about the connection. The clients are looked at only when the daemons match.
func (e *evaluation) matches(r *rule) bool {
	return r.daemons.matches(e, func(p daemonPattern) bool { return p.matches(e) }) &&
		r.clients.matches(e, func(p clientPattern) bool { return p.matches(e) })
}

// daemonPattern is DAEMON or DAEMON@HOST, where the host is our own address. A number is a port of ours.
type daemonPattern struct {
	word word
	port int // 0 is none
	host *hostPattern
}

func (t *Table) daemon(text string, say func(string)) daemonPattern {
	name, host, hasHost := cutAt(text)
	p := daemonPattern{word: newWord(name), port: decimal(name)}
	if hasHost {
		h := t.host(host, say)
		p.host = &h
	}
	return p
}

func (p daemonPattern) matches(e *evaluation) bool {
	if !p.word.matches(e.connection.Daemon) && (p.port == 0 || p.port != int(e.connection.Server.Port())) {
		return false
	}
	return p.host == nil || p.host.matches(e.server())
}

// decimal is a whole word that is a number, else 0.
func decimal(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// clientPattern is HOST or USER@HOST.
type clientPattern struct {
	host hostPattern
	user *word
}

func (t *Table) clientOf(text string, say func(string)) clientPattern {
	user, host, hasUser := cutAt(text)
	if !hasUser {
		return clientPattern{host: t.host(text, say)}
	}
	w := newWord(user)
	if w.kind != all {
		say("no ident server is asked who the user " + user + " of " + host + " is: every user is unknown")
	}
	return clientPattern{host: t.host(host, say), user: &w}
}

func (p clientPattern) matches(e *evaluation) bool {
	return p.host.matches(e.client()) && (p.user == nil || p.user.matches(unknown))
}

// cutAt splits at an @ that is not the first byte, which makes a netgroup.
func cutAt(text string) (before, after string, found bool) {
	before, after, found = cut(text[1:], '@')
	return text[:1] + before, after, found
}

// hostKind is what a hostPattern looks at.
type hostKind uint8

const (
	nameOrAddress hostKind = iota
	addressOnly
	netgroup
	hostFile
	known // both address and name
	local // a name without a dot
	net4
	net6
	nothing
)

// hostPattern is a condition on a host.
type hostPattern struct {
	kind hostKind
	text string // of a netgroup or file
	word word

	net, mask uint32
	prefix    netip.Prefix
}

func (t *Table) host(text string, say func(string)) hostPattern {
	p := newHost(text)
	switch p.kind {
	case netgroup:
		say("netgroups are not looked up: whom the rule could be about is refused")
	case hostFile:
		t.files = append(t.files, p.text)
	case nothing:
		say("no host can match " + strconv.Quote(text))
	}
	return p
}

func newHost(text string) hostPattern {
	switch {
	case text == "":
		return hostPattern{kind: nothing}
	case text[0] == '@':
		return hostPattern{kind: netgroup, text: text[1:]}
	case text[0] == '/':
		return hostPattern{kind: hostFile, text: text}
	case strings.EqualFold(text, "KNOWN"):
		return hostPattern{kind: known}
	case strings.EqualFold(text, "LOCAL"):
		return hostPattern{kind: local}
	}
	if network, mask, ok := cut(text, '/'); ok {
		return newNet(network, mask)
	}
	p := hostPattern{word: newWord(text)}
	if strings.Trim(text, "0123456789./") == "" {
		p.kind = addressOnly
	}
	return p
}

func (p *hostPattern) matches(h peer) bool {
	switch p.kind {
	case nothing:
		return false
	case netgroup:
		h.unknowable = "netgroups are not looked up: @" + p.text
		return false
	case hostFile:
		return h.isIn(p.text)
	case known:
		name, _ := h.name()
		return name != unknown
	case local:
		name, _ := h.name()
		return name != unknown && !strings.Contains(name, ".")
	case net4, net6:
		return p.covers(h.address())
	}
	if p.word.matchesAddress(h.address()) {
		return true
	}
	if p.kind == addressOnly || p.word.kind == nobody {
		return false
	}
	name, isKnown := h.name()
	return isKnown && p.word.matches(name)
}
