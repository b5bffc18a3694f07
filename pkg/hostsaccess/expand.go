package hostsaccess

import (
	"strconv"
	"strings"

	"github.com/rustsocks/rustsocks/pkg/acl"
)

// Expand replaces the %<letter> of hosts_access(5) in the text of a banner, and ends lines as terminals want it. With a
// non-empty ask the text means nothing, and the caller comes back with the answers in c.Known. What is put in has no
// byte but those of names and addresses.
func Expand(text string, c Connection, pid int) (expanded string, ask []acl.Question) {
	e := &evaluation{connection: &c}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\n':
			b.WriteString("\r\n")
		case text[i] != '%' || i+1 == len(text):
			b.WriteByte(text[i])
		default:
			i++
			b.WriteString(strings.Map(harmless, e.expansion(text[i], pid)))
		}
	}
	return b.String(), e.ask
}

// expansion is what stands for a letter. One without a meaning gives nothing.
func (e *evaluation) expansion(letter byte, pid int) string {
	switch letter {
	case 'a':
		return e.client().address().String()
	case 'A':
		return e.server().address().String()
	case 'c', 'h': // there is no user
		return e.client().host()
	case 'H':
		return e.server().host()
	case 'd':
		return e.connection.Daemon
	case 'n':
		name, _ := e.client().name()
		return name
	case 'N':
		name, _ := e.server().name()
		return name
	case 'p':
		return strconv.Itoa(pid)
	case 'r':
		return strconv.Itoa(int(e.connection.Client.Port()))
	case 'R':
		return strconv.Itoa(int(e.connection.Server.Port()))
	case 's':
		return e.connection.Daemon + "@" + e.server().host()
	case 'u':
		return unknown
	case '%':
		return "%"
	}
	return ""
}

// host is the name, or the address when there is none.
func (p peer) host() string {
	name, _ := p.name()
	if name == unknown {
		return p.address().String()
	}
	return name
}

func harmless(r rune) rune {
	if r < 0x80 && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!@%-_=+:,./", r)) {
		return r
	}
	return '_'
}
