// Package cases makes whole configuration files from the keyword table, right ones and wrong ones, each about one
// statement: every keyword in every place, every word of every vocabulary, every old spelling, and the mistakes people
// make. The tests of the language and the comparison with the real danted read it. It knows what is right, not who
// judges: it parses nothing, and no program needs it.
package cases

import (
	"slices"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// Kind is what a case tries.
type Kind string

// The kinds.
const (
	Example     Kind = "example"      // as the table shows it
	Vocabulary  Kind = "word"         // a word the keyword knows
	Spelling    Kind = "old-spelling" // an old spelling
	Continued   Kind = "continued"    // the value behind a backslash, on the next line
	NextLine    Kind = "next-line"    // the value on the next line
	NextKeyword Kind = "next-keyword" // another statement on the same line
	Repeated    Kind = "repeated"
	WrongPlace  Kind = "wrong-place"
	OutOfOrder  Kind = "out-of-order"
	Missing     Kind = "missing" // the whole statement, where it must be
	BadValue    Kind = "bad-value"
	NoValue     Kind = "no-value"
	NoColon     Kind = "no-colon"
	Surplus     Kind = "surplus" // a value too many
)

// Case is a file with one statement under test.
type Case struct {
	Name  string // keyword, place, kind and what else tells it from the others, with slashes between
	Text  string
	Line  int // of the statement
	First int // where the mistake can be said: Line, or in the block when it concerns all of that
	Last  int
	Kind  Kind
	Row   keyword.ID
	Place keyword.Scope
	Wrong bool
}

// All gives the cases of every row, in the order of the table.
func All() []Case {
	var all []Case
	for _, r := range keyword.All() {
		all = append(all, Of(r)...)
	}
	return all
}

// Of gives the cases of a row.
func Of(r *keyword.Row) []Case {
	m := maker{row: r}
	for _, scope := range places.Each() {
		switch b, _ := keyword.ByScope(scope); {
		case r.Where&scope == 0 && stands(r, scope):
			// It is an old spelling there, and among the cases of its row.
		case r.Where&scope == 0, b.Status == keyword.Refused:
			m.wrongPlace(scope)
		default:
			m.right(scope)
			m.wrong(scope)
		}
	}
	if r.Where&keyword.Global != 0 {
		m.afterRules()
	}
	return m.cases
}

const places = keyword.Global | keyword.AnyRule | keyword.Route | keyword.Monitor

// stands tells whether a row's example is understood in a place: as the row itself, or as the old spelling of another.
func stands(r *keyword.Row, scope keyword.Scope) bool {
	if r.Where&scope != 0 {
		return true
	}
	return slices.ContainsFunc(keyword.ByLexed(r.Name), func(other *keyword.Row) bool {
		return slices.ContainsFunc(other.Old, func(s keyword.Spelling) bool {
			return s.Text == r.Name && where(other, s)&scope != 0
		})
	})
}

func where(r *keyword.Row, s keyword.Spelling) keyword.Scope {
	if s.Where != 0 {
		return s.Where
	}
	return r.Where
}

// maker collects the cases of one row.
type maker struct {
	row   *keyword.Row
	cases []Case
}

// add makes a case. detail tells cases of the same kind and place apart.
func (m *maker) add(f file, kind Kind, detail string, wrong bool) {
	c := Case{Name: m.row.Name + "/" + f.scope.String() + "/" + string(kind), Kind: kind, Row: m.row.ID, Place: f.scope, Wrong: wrong}
	if detail != "" {
		c.Name += "/" + detail
	}
	if slices.ContainsFunc(m.cases, func(other Case) bool { return other.Name == c.Name }) {
		return // a word that is the example as well
	}
	p := f.place()
	c.Text, c.Line, c.First, c.Last = p.text, p.line, p.line, p.line
	if b, ok := keyword.ByScope(f.scope); f.whole || ok && b.Status == keyword.Refused {
		c.First, c.Last = p.start, p.end
	}
	if refused(m.row, f.scope) && !f.harmless {
		c.Wrong = true
	}
	m.cases = append(m.cases, c)
}

// refused tells whether a statement of a row is refused in a place, whatever its value is.
func refused(r *keyword.Row, scope keyword.Scope) bool {
	if b, ok := keyword.ByScope(scope); ok && b.Status == keyword.Refused {
		return true
	}
	// COMPAT: routes take an address to send from, and nothing asks for the licence there.
	if r.ID == keyword.RedirectFrom && scope == keyword.Route {
		return false
	}
	// When a client-rule is used, there is no target yet.
	return r.Status == keyword.Refused || r.ID == keyword.ExternalSocket && scope == keyword.ClientRule
}
