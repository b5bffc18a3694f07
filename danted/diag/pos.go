// Package diag holds what can be said about a configuration file: where (positions), what (diagnostics with a stable
// code) and how it is shown (text with the source line and a caret, one line for logs, JSON). It knows no keyword and
// no grammar, and it decides nothing.
package diag

import "strconv"

// Pos is a place in a file. The zero Pos is "the file as a whole".
type Pos struct {
	File   string `json:"file"`
	Offset int    `json:"offset"` // in bytes from 0
	Line   int    `json:"line"`   // from 1; 0 when there is no line
	Col    int    `json:"col"`    // from 1, in characters
}

// IsValid tells whether the position names a line.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String gives file:line:col, without what is not known.
func (p Pos) String() string {
	s := p.File
	if !p.IsValid() {
		return s
	}
	if s != "" {
		s += ":"
	}
	return s + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Col)
}
