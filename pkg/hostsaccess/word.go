package hostsaccess

import (
	"net/netip"
	"strings"
)

// wordKind is how a word is compared.
type wordKind uint8

const (
	exact   wordKind = iota
	all              // ALL
	isKnown          // KNOWN: not unknown
	suffix           // .END
	prefix           // START.
	glob             // with * and ?
	ipv6             // [ADDRESS]
	nobody           // nothing is like it
)

// word is a pattern of one string: a name, an address or a user. Case never matters.
type word struct {
	kind wordKind
	text string // in lower case
	ip   netip.Addr
}

func newWord(text string) word {
	w := word{text: strings.ToLower(text)}
	switch {
	case text == "":
		w.kind = nobody
	case strings.ContainsAny(text, "*?"):
		w.kind = glob
		// COMPAT: stars at the end stand for at least one byte when they are several.
		if trimmed := strings.TrimRight(w.text, "*"); len(w.text)-len(trimmed) > 1 {
			w.text = trimmed + "?*"
		}
	case text[0] == '.':
		w.kind = suffix
	case w.text == "all":
		w.kind = all
	case w.text == "known":
		w.kind = isKnown
	case text[len(text)-1] == '.':
		w.kind = prefix
	case text[0] == '[':
		if ip, err := netip.ParseAddr(strings.TrimSuffix(text[1:], "]")); err == nil && strings.HasSuffix(text, "]") && ip.Is6() && ip.Zone() == "" {
			w.kind, w.ip = ipv6, ip
		}
	}
	return w
}

// matches tells whether a string is like the word.
func (w word) matches(s string) bool {
	s = strings.ToLower(s)
	switch w.kind {
	case all:
		return true
	case isKnown:
		return s != unknown
	case suffix:
		return len(s) > len(w.text) && strings.HasSuffix(s, w.text)
	case prefix:
		return strings.HasPrefix(s, w.text)
	case glob:
		return globMatches(w.text, s)
	case exact:
		return s == w.text
	}
	return false
}

// matchesAddress tells whether an address is like the word.
func (w word) matchesAddress(ip netip.Addr) bool {
	if w.kind == ipv6 {
		return w.ip == ip
	}
	return w.matches(ip.String())
}

// globMatches compares with * and ?, in time that both lengths bound.
func globMatches(pattern, s string) bool {
	p, i := 0, 0
	star, back := -1, 0 // where the last star is, and what of s it has taken
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, back = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			back++
			p, i = star+1, back
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
