package syntax

import (
	"strconv"
	"strings"
)

// wordByte tells whether a byte can be inside what a person takes for one word.
func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-' || c >= 0x80
}

// span gives the word a token is in: danted's scanner stops inside words, people do not.
func (p *parser) span(i int) (start, end int) {
	src := p.file.Source
	if i >= len(p.file.Tokens) {
		return len(src), len(src)
	}
	t := p.file.Tokens[i]
	start, end = t.Pos.Offset, t.Pos.Offset+len(t.Value)
	if t.Value == "" || strings.ContainsAny(t.Value, "\n") {
		return start, end
	}
	if wordByte(src[start]) {
		for start > 0 && wordByte(src[start-1]) {
			start--
		}
	}
	if wordByte(src[end-1]) {
		for end < len(src) && wordByte(src[end]) {
			end++
		}
	}
	return start, end
}

// word gives the text of the word a token is in.
func (p *parser) word(i int) string {
	start, end := p.span(i)
	return p.file.Source[start:end]
}

// failWord says what is wrong with the word a token is in.
func (p *parser) failWord(i int, code, message, hint string) {
	start, end := p.span(i)
	t := Token{Value: p.file.Source[start:end]}
	t.Pos.Filename = p.file.Name
	t.Pos.Line, t.Pos.Column = 1, 1
	if i < len(p.file.Tokens) {
		t.Pos = p.file.Tokens[i].Pos
		t.Pos.Column -= len([]rune(p.file.Source[start:t.Pos.Offset]))
		t.Pos.Offset = start
	} else {
		t.Pos.Advance(p.file.Source)
	}
	if c, ok := strange(t.Value); ok {
		code = codeStrayByte
		message = "syntax error: " + c + " outside a comment, at which danted stops reading the file"
		hint = "remove it; only comments, names and file names may have such bytes"
	}
	p.fail(t, code, message, hint)
}

// strange describes a byte that ends the file for danted's parser.
func strange(word string) (string, bool) {
	for i := 0; i < len(word); i++ {
		if c := word[i]; c >= 0x80 || c == 0 {
			return "byte 0x" + strconv.FormatUint(uint64(c)+0x100, 16)[1:], true
		}
	}
	return "", false
}

// firstOfLine tells whether nothing but blanks is before a token on its line.
func (p *parser) firstOfLine(i int) bool {
	for i--; i >= 0; i-- {
		switch p.file.Tokens[i].Type {
		case tokBlank:
		case tokNewline, tokContinued:
			return true
		default:
			return false
		}
	}
	return true
}

// newLine tells whether a line ends between two tokens.
func (p *parser) newLine(from, to int) bool {
	for i := from; i < to && i < len(p.file.Tokens); i++ {
		if p.file.Tokens[i].Type == tokNewline {
			return true
		}
	}
	return false
}
