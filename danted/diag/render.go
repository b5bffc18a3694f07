package diag

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// excerptMax is how much of a source line an excerpt shows; configuration lines are shorter, broken files are not.
const excerptMax = 160

// Text gives the diagnostic for people: position and message, the source line with a caret line below it, the hint.
func (d Diagnostic) Text() string {
	var b strings.Builder
	b.WriteString(d.head())
	b.WriteByte('\n')
	if d.Pos.IsValid() && d.Source != "" {
		line, caret := excerpt(d.Source, d.Pos.Col, d.Span)
		b.WriteString("    " + line + "\n")
		b.WriteString("    " + caret + "\n")
	}
	if d.Hint != "" {
		b.WriteString("hint: " + printable(d.Hint) + "\n")
	}
	return b.String()
}

// excerpt gives the printable form of a source line and the line of blanks and carets that goes below it. Tabs are
// kept in both, so that they line up however wide a tab is shown.
func excerpt(source string, col, span int) (line, caret string) {
	var l, c strings.Builder
	at, left := 1, span
	for i := 0; i < len(source); at++ {
		r, size := utf8.DecodeRuneInString(source[i:])
		shown := shown(r, source[i:i+size])
		if l.Len()+len(shown) > excerptMax {
			l.WriteString("…")
			break
		}
		l.WriteString(shown)
		mark := " "
		switch {
		case at == col, at > col && left > 0:
			mark = "^"
			left -= size
		case shown == "\t":
			mark = "\t"
		}
		if at <= col || mark == "^" {
			c.WriteString(strings.Repeat(mark, max(1, utf8.RuneCountInString(shown))))
		}
		i += size
	}
	if at <= col {
		// The place is behind the end of the line: something is missing there.
		c.WriteString("^")
	}
	return l.String(), c.String()
}

// printable replaces what must not reach a terminal or a log raw.
func printable(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == '\t' {
			b.WriteByte(' ')
		} else {
			b.WriteString(shown(r, s[i:i+size]))
		}
		i += size
	}
	return b.String()
}

// shown gives one character as it can be shown: escaped when it is not printable, as it is otherwise.
func shown(r rune, raw string) string {
	switch {
	case r == '\t':
		return raw
	case r == utf8.RuneError && len(raw) == 1:
		return `\x` + strconv.FormatUint(uint64(raw[0]), 16)
	case !unicode.IsPrint(r):
		q := strconv.QuoteRuneToASCII(r)
		return q[1 : len(q)-1]
	}
	return raw
}
