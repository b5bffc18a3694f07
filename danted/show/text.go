package show

import (
	"strings"
	"unicode/utf8"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// widest is how far to the right origins are moved to stand below each other.
const widest = 72

// text gives the sections as a sockd.conf.
func text(s sections) string {
	var b strings.Builder
	lines(&b, "", s.Global)
	for _, blocks := range [][]block{s.ClientRules, s.SocksRules, s.Routes, s.Monitors} {
		for _, k := range blocks {
			b.WriteString("\n# " + k.title + "\n" + k.opener + " {\n")
			lines(&b, "    ", k.Settings)
			b.WriteString("}\n")
		}
	}
	return b.String()
}

// lines writes settings with their origins.
func lines(b *strings.Builder, indent string, settings []setting) {
	column := 0
	for _, s := range settings {
		if n := utf8.RuneCountInString(s.statement()); !s.swallows() && n <= widest {
			column = max(column, n)
		}
	}
	for _, s := range settings {
		statement := s.statement()
		if s.swallows() {
			b.WriteString(indent + "# " + s.origin.String() + "\n" + indent + statement + "\n")
			continue
		}
		gap := max(column-utf8.RuneCountInString(statement), 0)
		b.WriteString(indent + statement + strings.Repeat(" ", gap) + "  # " + s.origin.String() + "\n")
	}
}

// statement gives the setting as it is written in a file.
func (s setting) statement() string {
	text := s.key
	switch {
	case keyword.Get(s.id).Shape == keyword.Line:
		text += ":" + s.value // the blank before it is a part of the value
	case s.unwritable && s.value == "" && s.origin == derived:
		text += " has nothing left"
	case s.unwritable && s.value == "":
		text += " is not set"
	case s.value != "":
		text += ": " + s.value
	}
	if s.unwritable {
		text = "# " + text
	}
	return text
}

// swallows tells whether a comment behind the statement would be a part of its value, or the value a comment.
func (s setting) swallows() bool {
	return keyword.Get(s.id).Shape == keyword.Line || strings.Contains(" "+s.value, " #")
}
