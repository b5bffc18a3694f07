package syntax

import (
	"io"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// definition is the lexer as participle wants it. It is not one of participle's stateful lexers because those have
// neither look-ahead nor line starts, and take the first of their patterns that matches; Dante's scanner takes the
// longest match, look-ahead included, and a dozen oddities of real files depend on that.
type definition struct{ symbols map[string]lexer.TokenType }

// Symbols gives the token types by name.
func (d definition) Symbols() map[string]lexer.TokenType { return d.symbols }

// Lex gives the tokens of a file.
func (definition) Lex(name string, r io.Reader) (lexer.Lexer, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return newScanner(name, string(b)), nil
}

// LexString gives the tokens of a text.
func (definition) LexString(name, text string) (lexer.Lexer, error) {
	return newScanner(name, text), nil
}

type scanner struct {
	src       string
	pos       lexer.Position
	cond      condition
	lineStart bool
	pending   []Token
	lineEnd   int // end of the current line and the last colon in it, as far as they were needed
	lastColon int
}

// byteOrderMark is what some editors put at the start of a file.
const byteOrderMark = "\xef\xbb\xbf"

func newScanner(name, src string) *scanner {
	s := &scanner{src: src, pos: lexer.Position{Filename: name, Line: 1, Column: 1}, lineStart: true}
	if strings.HasPrefix(src, byteOrderMark) {
		s.pending = []Token{s.take(tokBlank, len(byteOrderMark))}
		s.pos.Column = 1
	}
	return s
}

// match is a candidate for the next token.
type match struct {
	typ    lexer.TokenType
	next   condition
	lead   int // blanks at the start of the line that belong to the match, not to the token
	length int // of the token
	reach  int // of everything that was matched
}

// Next gives the next token. It never fails: what nothing recognises is a token of its own.
func (s *scanner) Next() (Token, error) {
	if len(s.pending) > 0 {
		t := s.pending[0]
		s.pending = s.pending[1:]
		return t, nil
	}
	rest := s.src[s.pos.Offset:]
	if rest == "" {
		return lexer.EOFToken(s.pos), nil
	}
	m := s.longest(rest)
	if m.lead > 0 {
		blank := s.take(tokBlank, m.lead)
		s.pending = append(s.pending, s.take(m.typ, m.length))
		s.lineStart = false
		return blank, nil
	}
	t := s.take(m.typ, m.length)
	if m.next != stay {
		s.cond = m.next
	}
	s.lineStart = strings.HasSuffix(t.Value, "\n")
	return t, nil
}

// take cuts a token off the source.
func (s *scanner) take(typ lexer.TokenType, length int) Token {
	t := Token{Type: typ, Value: s.src[s.pos.Offset : s.pos.Offset+length], Pos: s.pos}
	s.pos.Advance(t.Value)
	return t
}

// longest gives the longest match at the start of rest. Of matches of equal length the first one tried wins: values,
// then operators and keywords, then what is recognised everywhere.
func (s *scanner) longest(rest string) match {
	var best match
	try := func(m match) {
		if m.reach > best.reach {
			best = m
		}
	}
	st := &states[s.cond]
	for _, p := range st.patterns {
		if n, look := p.find(rest); n > 0 {
			try(match{typ: p.typ, next: p.next, length: n, reach: n + look})
		}
	}
	if st.keywords {
		s.keywords(rest, try)
	}
	everywhere(rest, s.cond, try)
	return best
}

// keywords tries the fixed words.
func (s *scanner) keywords(rest string, try func(match)) {
	if s.lineStart {
		lead := blanks(rest)
		word := rest[lead:]
		if word != "" {
			for _, l := range literals[word[0]] {
				// COMPAT: `route` is a keyword everywhere; at the start of a line it takes the blanks before it as well,
				// and so an indented `route.maxfail` is read as `route`, a syntax error.
				if (l.lineStart || l.typ == tokOpener && l.text == "route") && strings.HasPrefix(word, l.text) {
					if look := ahead(l.follow, word[len(l.text):]); look >= 0 {
						try(match{typ: l.typ, next: l.next, lead: lead, length: len(l.text), reach: lead + len(l.text) + look})
					}
				}
			}
			for _, v := range keyword.OldSocksBlocks {
				// The old way to start a socks-rule: the opener is not there, the verdict follows.
				if strings.HasPrefix(word, v) {
					try(match{typ: tokOpener, next: stay, lead: lead, reach: lead + len(v)})
				}
			}
		}
	}
	for _, l := range literals[rest[0]] {
		if l.lineStart || l.onlySet && l.only != s.cond || !begins(rest, l.text) {
			continue
		}
		if l.follow == keyword.Rest {
			if n, colon := s.line(); colon >= len(l.text) {
				try(match{typ: l.typ, next: l.next, length: n, reach: n})
			}
			continue
		}
		if look := ahead(l.follow, rest[len(l.text):]); look >= 0 {
			try(match{typ: l.typ, next: l.next, length: len(l.text), reach: len(l.text) + look})
		}
	}
}

// line gives the length of the rest of the line and where its last colon is, negative when there is none. It is looked
// for once a line: a line may have as many keywords that ask as it has room for.
func (s *scanner) line() (length, colon int) {
	at := s.pos.Offset
	if at >= s.lineEnd {
		length, _ := restOfLine(s.src[at:])
		s.lineEnd = at + length
		s.lastColon = at + strings.LastIndexByte(s.src[at:s.lineEnd], ':')
		if s.lastColon < at {
			s.lastColon = -1
		}
	}
	return s.lineEnd - at, s.lastColon - at
}

// everywhere tries what every condition recognises.
func everywhere(rest string, c condition, try func(match)) {
	if n := number(rest); n > 0 {
		next := stay
		switch c {
		case condService, condMask, condHostIndex:
			next = condInitial
		}
		try(match{typ: tokNumber, next: next, length: n, reach: n})
	}
	if n := blanks(rest); n > 0 {
		try(match{typ: tokBlank, next: stay, length: n, reach: n})
	}
	// A character of several bytes stays together; to danted its first byte is the end of the file.
	_, size := utf8.DecodeRuneInString(rest)
	one := match{typ: tokOther, next: stay, length: size, reach: 1}
	switch rest[0] {
	case '#':
		n, _ := restOfLine(rest)
		try(match{typ: tokComment, next: condInitial, length: n, reach: n})
	case '\n':
		one.typ, one.next = tokNewline, condInitial
	case '\r':
		// COMPAT: a CR is nothing for danted's scanner, and so a syntax error wherever a value does not swallow it. Here it
		// is a blank with a diagnostic of its own.
		if len(rest) == 1 || rest[1] == '\n' {
			one.typ = tokBlank
		}
	case '\\':
		if strings.HasPrefix(rest, "\\\n") {
			try(match{typ: tokContinued, next: stay, length: 2, reach: 2})
		}
	case ':':
		one.typ = tokColon
	case '/':
		one.typ = tokSlash
	case '-':
		one.typ = tokDash
	case '.':
		one.typ = tokDot
	case '{':
		one.typ = tokOpen
	case '}':
		one.typ = tokClose
	}
	try(one)
}

func blanks(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }

// number gives the length of a number. COMPAT: behind 0x one hexadecimal digit belongs to it, so 0x10 is a number and
// 0xff is none.
func number(s string) int {
	n := 0
	for n < len(s) {
		switch {
		case strings.HasPrefix(s[n:], "0x") && n+2 < len(s) && hexadecimal(s[n+2]):
			n += 3
		case s[n] >= '0' && s[n] <= '9':
			n++
		default:
			return n
		}
	}
	return n
}

func hexadecimal(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}
