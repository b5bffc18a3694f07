package cases

import (
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// statement is a keyword and its value, as text.
type statement struct{ key, value string }

// exampleOf takes a row's example apart.
func exampleOf(r *keyword.Row) statement {
	// No keyword has a colon; values can have one.
	key, value, _ := strings.Cut(r.Example, ":")
	return statement{key, strings.TrimPrefix(value, " ")}
}

// bare tells whether a keyword has no value.
func (s statement) bare() bool { return s.value == "" }

func (s statement) String() string {
	if s.bare() {
		return s.key
	}
	return s.key + ": " + s.value
}
