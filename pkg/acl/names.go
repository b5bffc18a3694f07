package acl

import (
	"unicode/utf8"

	"github.com/rustsocks/rustsocks/pkg/addr"
)

// domains finds the rules for the ends of a name, without regard to the boundaries of labels.
type domains struct {
	lengths []domainLength
	all     members
}

// domainLength has the rules for ends of one length in bytes, by the folded end.
type domainLength struct {
	bytes int
	rules map[string]members
}

func (d *domains) add(end string, rule int) {
	d.all.add(rule)
	at := -1
	for i := range d.lengths {
		if d.lengths[i].bytes == len(end) {
			at = i
		}
	}
	if at < 0 {
		at = len(d.lengths)
		d.lengths = append(d.lengths, domainLength{len(end), map[string]members{}})
	}
	addName(d.lengths[at].rules, end, rule)
}

func addName(to map[string]members, name string, rule int) {
	key := string(addr.AppendFolded(nil, name))
	m := to[key]
	m.add(rule)
	to[key] = m
}

func settleNames(names map[string]members, words int) {
	for k, m := range names {
		names[k] = m.settled(words)
	}
}

func (d *domains) settle(words int) {
	for _, l := range d.lengths {
		settleNames(l.rules, words)
	}
	d.all = d.all.settled(words)
}

// find adds the rules that name ends with the domain of.
func (d *domains) find(name string, to bitset) {
	if len(d.lengths) == 0 {
		return
	}
	var buffer [256]byte
	folded := addr.AppendFolded(buffer[:0], name)
	ascii := isASCII(name)
	for _, l := range d.lengths {
		if l.bytes > len(name) {
			continue
		}
		at := len(name) - l.bytes
		end := folded
		if ascii {
			end = folded[at:]
		} else {
			// Elsewhere the folded form has another length, and an end may begin amid a letter.
			end = addr.AppendFolded(buffer[:0], name[at:])
		}
		if m, ok := l.rules[string(end)]; ok {
			m.addTo(to)
		}
	}
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// findName adds the rules for a name.
func findName(names map[string]members, name string, to bitset) {
	if len(names) == 0 {
		return
	}
	var buffer [256]byte
	if m, ok := names[string(addr.AppendFolded(buffer[:0], name))]; ok {
		m.addTo(to)
	}
}
