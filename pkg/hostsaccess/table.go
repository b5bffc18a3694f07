package hostsaccess

import (
	"bytes"
	"fmt"
	"strings"
)

// Limits of what is read. The first is libwrap's own.
const (
	lineLimit = 2047 // bytes of a line with its continuation lines, the newline among them
	ruleLimit = 10_000
	// FileLimit is how long a file may be.
	FileLimit = 1 << 20
)

// Table is one access file.
type Table struct {
	Name       string
	Unreadable string // why the file could not be read; then it refuses everybody
	Problems   []Problem

	rules    []*rule
	cutShort int // the line from which on the file was not read, 0 when all of it was
	files    []string
}

// Problem is something in a file that does not do what its writer will have meant.
type Problem struct {
	Line int
	Text string
}

func (p Problem) String() string { return fmt.Sprintf("line %d: %s", p.Line, p.Text) }

// rule is one line of a table.
type rule struct {
	line    int
	daemons list[daemonPattern]
	clients list[clientPattern]
	options []Option
}

const noEnd = "the line is too long, or has no newline at its end: it and all lines after it are not read"

// Parse reads an access file. It always gives a Table: lines that are wrong are left out, as libwrap does, and told of.
func Parse(name string, text []byte) *Table {
	t := &Table{Name: name}
	switch {
	case len(text) > FileLimit:
		return &Table{Name: name, Unreadable: fmt.Sprintf("the file is longer than %d bytes", FileLimit)}
	case bytes.IndexByte(text, 0) >= 0:
		return &Table{Name: name, Unreadable: "the file has a NUL byte: it is no text"}
	}
	for rest, number := string(text), 0; rest != ""; {
		var line string
		var ended bool
		line, rest, number, ended = nextLine(rest, number)
		if !ended && line == "" {
			break // COMPAT: a continuation line that does not come is nothing, if it continues nothing
		}
		if !ended {
			t.problem(number, noEnd)
			t.cutShort = number
			break
		}
		if line != "" && line[0] == '#' || strings.Trim(line, " \t\r") == "" {
			continue
		}
		if len(t.rules) == ruleLimit {
			return &Table{Name: name, Unreadable: fmt.Sprintf("the file has more than %d rules", ruleLimit)}
		}
		t.addRule(line, number)
	}
	return t
}

func (t *Table) problem(line int, text string) { t.Problems = append(t.Problems, Problem{line, text}) }

// nextLine takes a line and what continues it. The number is that of its last line, as in libwrap's own messages. A line
// that is too long has not ended, as in libwrap's buffer, where the backslash and the newline need room too.
func nextLine(text string, number int) (line, rest string, last int, ended bool) {
	var b strings.Builder
	for text != "" {
		part, more, newline := strings.Cut(text, "\n")
		number++
		if fits := b.Len()+len(part) < lineLimit; !newline || !fits {
			b.WriteString(part)
			return b.String(), "", number, false
		}
		text = more
		part, continued := strings.CutSuffix(part, `\`)
		b.WriteString(part)
		if !continued {
			return b.String(), text, number, true
		}
	}
	return b.String(), "", number, false
}

func (t *Table) addRule(line string, number int) {
	daemons, rest, ok := cut(line, ':')
	if !ok {
		t.problem(number, `there is no ":" between daemons and clients: the line is left out`)
		return
	}
	clients, options, hasOptions := cut(rest, ':')
	r := &rule{line: number}
	say := func(text string) { t.problem(number, text) }
	for _, word := range words(daemons) {
		r.daemons = append(r.daemons, item[daemonPattern]{isExcept(word), t.daemon(word, say)})
	}
	for _, word := range words(clients) {
		r.clients = append(r.clients, item[clientPattern]{isExcept(word), t.clientOf(word, say)})
	}
	if hasOptions {
		r.options = ParseOptions(options + "\n")
		for _, o := range r.options {
			if o.Problem != "" {
				say(o.Problem + o.effect().consequence())
			}
		}
	}
	t.rules = append(t.rules, r)
}

// cut splits at a byte that is not in brackets, which hold addresses with colons.
func cut(s string, at byte) (before, after string, found bool) {
	depth := 0
	for i := range len(s) {
		switch {
		case s[i] == '[':
			depth++
		case s[i] == ']':
			depth--
		case s[i] == at && depth == 0:
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

func words(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(", \t\r", r) })
}

func isExcept(word string) bool { return strings.EqualFold(word, "EXCEPT") }
