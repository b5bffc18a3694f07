package syntax

import (
	"sort"
	"strings"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
)

// File is the text of a configuration file with its structure.
type File struct {
	Name    string
	Source  string
	Tokens  []Token             // all of them, trivia included: together they are the source
	Items   []Item              // what could be understood, in file order
	Ignored []Token             // lines danted skips because of an old keyword
	CRLF    bool                // lines end in CR LF
	Broken  map[keyword.ID]bool // keywords of which a statement was not understood

	late  bool  // a global option came behind a rule
	lines []int // where lines begin
}

// Item is one thing at the top of a file: a statement or a block.
type Item struct {
	Node  *Node
	Block *Block
}

// Node is a statement in its place.
type Node struct {
	Row *keyword.Row
	Old keyword.Spelling // the spelling, when an old one was used
	Key Token
	*Statement
	First, Last int  // tokens of the statement
	Bad         bool // a mistake in it was said: its value means nothing
}

// Block is a rule, route or monitor.
type Block struct {
	Kind    keyword.Block
	Opener  Token // empty for the old way to start a socks-rule
	Verdict Token // empty for routes and monitors
	Open    Token
	Close   Token
	Old     bool // a socks-rule without "socks"
	Nodes   []*Node
	Broken  bool // something inside was not understood

	brokenAt int // where the first of that is
}

// breaks notes that something in a block was not understood.
func (b *Block) breaks(t Token) {
	if !b.Broken {
		b.Broken, b.brokenAt = true, t.Pos.Offset
	}
}

// String gives the source back.
func (f *File) String() string {
	var b strings.Builder
	b.Grow(len(f.Source))
	for _, t := range f.Tokens {
		b.WriteString(t.Value)
	}
	return b.String()
}

// Pos gives the position of a token.
func Pos(t Token) diag.Pos {
	return diag.Pos{File: t.Pos.Filename, Offset: t.Pos.Offset, Line: t.Pos.Line, Col: t.Pos.Column}
}

// LineAt gives the source line around an offset, without its end.
func (f *File) LineAt(offset int) string {
	if f.lines == nil {
		f.lines = []int{0}
		for i := 0; i < len(f.Source); i++ {
			if f.Source[i] == '\n' {
				f.lines = append(f.lines, i+1)
			}
		}
	}
	n := sort.SearchInts(f.lines, offset+1) - 1
	start, end := f.lines[max(n, 0)], len(f.Source)
	if n+1 < len(f.lines) {
		end = f.lines[n+1] - 1
	}
	return strings.TrimSuffix(f.Source[start:end], "\r")
}

// Keyword gives the keyword of a statement as it was written, with all its parts: cpu.mask.io.
func (f *File) Keyword(n *Node) Token {
	t := f.Tokens[n.First]
	for _, next := range f.Tokens[n.First+1 : n.Last+1] {
		if next.Type == tokColon || isTrivia(next.Type) {
			break
		}
		t.Value += next.Value
	}
	return t
}

// At makes a diagnostic about a token.
func (f *File) At(t Token, severity diag.Severity, code, message, hint string) diag.Diagnostic {
	return diag.Diagnostic{
		Code: code, Severity: severity, Pos: Pos(t), Span: len(strings.TrimRight(t.Value, "\r\n")),
		Message: message, Hint: hint, Source: f.LineAt(t.Pos.Offset),
	}
}
