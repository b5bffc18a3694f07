package diag

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// List is what was said about a file, in file order.
type List []Diagnostic

// Sort orders by position; what concerns the file as a whole comes last. Diagnostics of one place keep their order.
func (l List) Sort() {
	slices.SortStableFunc(l, func(a, b Diagnostic) int {
		switch {
		case a.Pos.IsValid() && !b.Pos.IsValid():
			return -1
		case !a.Pos.IsValid() && b.Pos.IsValid():
			return 1
		}
		return cmp.Compare(a.Pos.Offset, b.Pos.Offset)
	})
}

// Has tells whether there is a diagnostic with that code.
func (l List) Has(code string) bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Code == code })
}

// Count gives how many diagnostics have the severity.
func (l List) Count(s Severity) int {
	n := 0
	for _, d := range l {
		if d.Severity == s {
			n++
		}
	}
	return n
}

// HasErrors tells whether the file cannot be used.
func (l List) HasErrors() bool { return l.Count(Error) > 0 }

// Err gives the errors, one per line, as an error; nil when there are none.
func (l List) Err() error {
	var lines []string
	for _, d := range l {
		if d.Severity == Error {
			lines = append(lines, d.Line())
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return errors.New(strings.Join(lines, "\n"))
}

// Text gives all diagnostics for people.
func (l List) Text() string {
	var b strings.Builder
	for _, d := range l {
		b.WriteString(d.Text())
	}
	return b.String()
}

// Lines gives all diagnostics for logs, one line each.
func (l List) Lines() []string {
	lines := make([]string, len(l))
	for i, d := range l {
		lines[i] = d.Line()
	}
	return lines
}

// JSON gives an array of the diagnostics; an empty list is [], never null.
func (l List) JSON() []byte {
	if l == nil {
		l = List{}
	}
	b, err := json.MarshalIndent(l, "", "  ")
	if err != nil {
		// Strings and numbers only: encoding them cannot fail.
		panic("diag: " + err.Error())
	}
	return append(b, '\n')
}
