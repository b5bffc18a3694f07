package syntax

// Scan gives the tokens of a text, trivia included.
func Scan(text string) []Token {
	s := newScanner("", text)
	var all []Token
	for {
		t, _ := s.Next() // a scanner never fails
		if t.EOF() {
			return all
		}
		all = append(all, t)
	}
}

// IsTrivia tells whether a token means nothing to the grammar.
func IsTrivia(t Token) bool { return isTrivia(t.Type) }

// IsComment tells whether a token is a comment.
func IsComment(t Token) bool { return t.Type == tokComment }

// IsIgnored tells whether a token is a line that danted skips because of an old keyword.
func IsIgnored(t Token) bool { return t.Type == tokIgnored }

// IsContinued tells whether a token is the end of a line that goes on in the next one.
func IsContinued(t Token) bool { return t.Type == tokContinued }

// EndsLine tells whether a token is the end of a line, continued or not.
func EndsLine(t Token) bool { return t.Type == tokNewline || t.Type == tokContinued }

// Glued tells whether people write two tokens of a statement that follow each other without a blank between them.
func Glued(a, b Token) bool {
	switch b.Type {
	case tokColon, tokDot, tokSlash, tokDirection, tokLine:
		return true
	case tokDash:
		return a.Type == tokNumber
	case tokService:
		// "neq" is one word to its writer.
		return a.Value == "ne" && b.Value == "q" && a.Pos.Offset+len(a.Value) == b.Pos.Offset
	}
	switch a.Type {
	case tokDot, tokSlash, tokDash, tokSide, tokKeySocket, tokKeyRoute:
		return true
	case tokOpener:
		return a.Value == "" // the old way to start a socks-rule
	}
	return false
}
