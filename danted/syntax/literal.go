package syntax

import (
	"cmp"
	"slices"
	"strings"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// literal is a keyword or another fixed word of the conditions in which keywords are recognised.
type literal struct {
	text      string
	typ       lexer.TokenType
	next      condition
	follow    keyword.Follow
	lineStart bool // at the start of a line only, blanks before it belong to it
	only      condition
	onlySet   bool // not everywhere where keywords are recognised, but only in that condition
}

// literals are sorted by their first byte, the longest first.
var literals = func() [256][]literal {
	var all []literal
	seen := map[string]bool{}
	add := func(l literal) {
		key := l.text + "\x00" + string(rune(l.follow)) + string(rune(l.typ))
		if !seen[key] {
			seen[key] = true
			all = append(all, l)
		}
	}
	for _, r := range keyword.All() {
		f := forms[r.Shape]
		spellings := []string{r.Lexed()}
		for _, old := range r.Old {
			spellings = append(spellings, old.Text)
		}
		for _, text := range spellings {
			add(literal{
				text: text, typ: f.key, next: f.next, follow: r.Follow,
				only: condInitial, onlySet: r.Shape == keyword.HostIndex,
			})
		}
		switch r.Shape {
		case keyword.Switch, keyword.Choice, keyword.Flags:
			for _, w := range r.Words {
				if !slices.ContainsFunc(keyword.Blocks(), func(b keyword.Block) bool { return b.Name == w.Text }) {
					add(literal{text: w.Text, typ: tokPlain, next: stay})
				}
			}
		case keyword.RouteOption:
			add(literal{text: strings.TrimPrefix(r.Name, r.Head), typ: tokPlain, next: stay})
		case keyword.DataAlarm, keyword.CountAlarm:
			add(literal{text: "in", typ: tokIn, next: stay})
			add(literal{text: "internal.", typ: tokSide, next: stay, follow: keyword.AlarmDot})
			add(literal{text: "external.", typ: tokSide, next: stay, follow: keyword.AlarmDot})
			add(literal{text: ".recv", typ: tokDirection, next: stay, follow: keyword.Colon})
			add(literal{text: ".send", typ: tokDirection, next: stay, follow: keyword.Colon})
		}
	}
	for _, b := range keyword.Blocks() {
		add(literal{text: b.Name, typ: tokOpener, next: stay, follow: b.Follow, lineStart: b.LineStart})
	}
	for _, v := range keyword.OldSocksBlocks {
		add(literal{text: v, typ: tokVerdict, next: stay})
	}
	for _, o := range []string{"eq", "=", "ne", "!=", "ge", ">=", "le", "<=", "gt", ">", "lt", "<"} {
		add(literal{text: o, typ: tokOperator, next: condService})
	}

	var index [256][]literal
	for _, l := range all {
		index[l.text[0]] = append(index[l.text[0]], l)
	}
	for i := range index {
		slices.SortStableFunc(index[i], func(a, b literal) int { return cmp.Compare(len(b.text), len(a.text)) })
	}
	return index
}()

// ahead gives the length of what must follow a keyword at the start of s, which comes right behind the keyword;
// negative when it does not follow.
func ahead(f keyword.Follow, s string) int {
	switch f {
	case keyword.Colon:
		if n := len(s) - len(strings.TrimLeft(s, " \t\n\v\f\r")); n < len(s) && s[n] == ':' {
			return n + 1
		}
		return -1
	case keyword.GluedColon:
		return prefix(s, ":")
	case keyword.GluedDot:
		return prefix(s, ".")
	case keyword.AlarmDot:
		return prefix(s, "alarm.")
	case keyword.LevelDot:
		for _, l := range keyword.SocketLevels() {
			if n := prefix(s, l.Text+"."); n > 0 {
				return n
			}
		}
		return -1
	case keyword.Verdict:
		n := len(s) - len(strings.TrimLeft(s, " "))
		if n == 0 {
			return -1
		}
		for _, v := range keyword.OldSocksBlocks {
			if m := prefix(s[n:], v); m > 0 {
				return n + m
			}
		}
		return -1
	}
	return 0
}

func prefix(s, p string) int {
	if strings.HasPrefix(s, p) {
		return len(p)
	}
	return -1
}
