package syntax

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

func lineText(t Token) string { return strconv.Itoa(t.Pos.Line) }

// unexpected says that no statement can begin here, and goes on behind it.
func (p *parser) unexpected(scope keyword.Scope) {
	t := *p.lex.Peek()
	i := p.index(t)
	if t.Type == tokOpener && t.Value == "" {
		i++ // the word that was taken for the old way to start a rule
	}
	word := p.word(i)
	near := `syntax error near "` + word + `": `
	if scope == keyword.Global && p.brokenOpener(i, word) {
		p.last = nil
		return
	}
	switch last := p.last; {
	case last != nil && last.Row == nil && !p.newLine(last.Last+1, i):
		// What it belongs to was refused already.
	case last != nil && !p.firstOfLine(i) && !p.newLine(last.Last+1, i):
		p.trailing(last, i, near)
	case t.Type == tokOpen:
		p.failWord(i, codeStrayBrace, near+"no rule, route or monitor begins here", `write for instance "client pass {"`)
	default:
		p.unknownKeyword(scope, i, word)
	}
	p.last = nil
	p.resync(i + 1)
}

// trailing says that there is more on the line than the statement can have.
func (p *parser) trailing(last *Node, i int, near string) {
	name := last.Key.Value
	_, isKeyword := keyword.Named(p.word(i))
	switch {
	case last.Address != nil && last.Address.Value.Port == nil && p.file.Tokens[i].Type == tokPort:
		last.Bad = true
		p.broken(last.Row)
		p.badPort(i, near)
	case last.Address != nil && last.Address.Value.Port != nil && last.Address.Value.Port.NotEqual():
		// The value is refused as a whole; what is left of it is not another mistake.
	case last.Row != nil && last.Row.Words != nil && last.Words != nil:
		hint := "its words are: " + wordList(last.Row)
		if isKeyword {
			hint = "start a new line before it"
		}
		p.failWord(i, codeUnknownWord, near+`the words of "`+name+`" go on to the end of the line, and it knows none of this name`, hint)
	case last.Text != nil && p.file.Tokens[i].Type == tokColon && p.swallowed(last):
	case last.Address != nil && last.Address.Value.Mask != nil && p.file.Tokens[i].Type == tokDot:
		last.Bad = true
		p.broken(last.Row)
		p.failWord(last.Last, codeDottedNetmask, near+"a netmask is written as a number of bits", "write for instance /16 for /255.255.0.0")
	default:
		p.failWord(i, codeUnexpectedText, near+`the value of "`+name+`" ends before it`, "start a new line before it, or remove it")
	}
}

// swallowed says that a keyword was taken for a word of the value before it.
func (p *parser) swallowed(last *Node) bool {
	word := last.Text.Values[len(last.Text.Values)-1]
	r, ok := keyword.Named(word.Value)
	if !ok {
		return false
	}
	last.Bad = true
	p.broken(r)
	p.fail(word, codeUnexpectedText, `syntax error near ":": "`+word.Value+`" is taken for a word of "`+last.Key.Value+`", which goes on to the end of the line`,
		"start a new line before it")
	return true
}

// broken notes that a statement of the keyword was not understood, so that it is not said to be missing.
func (p *parser) broken(r *keyword.Row) {
	if r != nil {
		p.file.Broken[r.ID] = true
	}
}

// unknownKeyword says that a word is no keyword, or not written as one.
func (p *parser) unknownKeyword(scope keyword.Scope, i int, word string) {
	near := `syntax error near "` + word + `": `
	if r, ok := keyword.Named(word); ok {
		p.broken(r)
		message, hint := `"`+word+`" is not followed by a colon`, "write "+r.Example
		if r.Follow == keyword.GluedColon {
			message, hint = `the colon must follow "`+word+`" at once`, "write "+r.Example
		}
		p.failWord(i, codeMissingColon, near+message, hint)
		return
	}
	hint := ""
	if best, ok := nearestKeyword(word, scope); ok {
		hint = `did you mean "` + best + `"?`
		if r, ok := keyword.Named(best); ok {
			p.broken(r)
		}
	}
	p.failWord(i, codeUnknownKeyword, near+"unknown keyword", hint)
}

// nearestKeyword gives the keyword that was probably meant: one that can be used here before any other.
func nearestKeyword(word string, scope keyword.Scope) (string, bool) {
	lower := strings.ToLower(word)
	if _, ok := keyword.Named(lower); ok && lower != word {
		return lower, true
	}
	if better, ok := elsewhere[word]; ok {
		return better, true
	}
	if best, ok := keyword.Nearest(lower, keyword.Names(scope)); ok {
		return best, true
	}
	all := keyword.Global | keyword.AnyRule | keyword.Route | keyword.Monitor
	return keyword.Nearest(lower, keyword.Names(all))
}

// elsewhere are words of other versions of Dante and of its documentation that no spelling distance finds.
var elsewhere = map[string]string{
	"maxsessions": "session.max",
	"sessions":    "session.max",
	"users":       "user",
	"groups":      "group",
	"nat":         "external",
}

// misplaced says that a keyword cannot be used where it stands.
func (p *parser) misplaced(key Token, row *keyword.Row, scope keyword.Scope) {
	code, message := codeWrongPlace, `syntax error near "`+key.Value+`": this keyword cannot be used `
	if scope == keyword.Global {
		message += "outside a block"
	} else {
		message += "in a " + scope.String()
	}
	if row.ID == keyword.Protocol && scope&keyword.AnyRule != 0 {
		code, message = codeUnsupported, `unsupported option: "`+key.Value+`" cannot be used in a `+scope.String()
	}
	hint := "it belongs to: " + row.Where.String()
	if key.Value == keyword.Get(keyword.RouteMethod).Name {
		message = `syntax error near "method": "method" is not known in a route that does not begin on a line of its own`
		hint = `start a new line before "route"`
		if scope != keyword.Route && p.inRoute {
			message = `syntax error near "method": behind a line that begins with "route" it is the keyword of routes`
			hint = `write the current name of the keyword, or move "route" to the end of the line before`
		}
	}
	p.fail(key, code, message, hint)
	p.broken(row)
}

// explain says why a statement was not understood, and goes on behind it. first is its first token, at the one that
// does not fit.
func (p *parser) explain(scope keyword.Scope, first, at int) {
	tokens := p.file.Tokens
	key := tokens[first]
	if key.Type == tokSide && first+1 < len(tokens) {
		key = tokens[first+1]
	}
	rows := keyword.ByLexed(key.Value)
	var row *keyword.Row
	for _, r := range rows {
		if key.Type == tokKeyCPU && first+2 < len(tokens) && strings.Contains(r.Name, "."+tokens[first+2].Value+".") {
			row = r
			break
		}
		if row == nil || r.Where&scope != 0 && row.Where&scope == 0 {
			row = r
		}
	}
	name := key.Value
	defer func() {
		p.broken(row)
		p.resync(max(at, first+1))
	}()

	// What was there just before the token that does not fit.
	prev := at - 1
	for prev > first && isTrivia(tokens[prev].Type) {
		prev--
	}
	glued := at < len(tokens) && prev == at-1
	end := at >= len(tokens)
	near := `syntax error near "` + p.word(at) + `": `
	if end {
		near = "syntax error at end of file: "
	}

	switch {
	case row == nil:
		p.failWord(first, codeUnknownKeyword, `syntax error near "`+p.word(first)+`": unknown keyword`, "")
	case prev == first && glued && wordByte(tokens[at].Value[0]) && tokens[at].Type != tokDot:
		// More letters at the end of a keyword: danted's scanner saw a keyword, a person wrote another word.
		word := p.word(first)
		p.unknownKeyword(scope, first, word)
	case !slices.ContainsFunc(rows, func(r *keyword.Row) bool { _, ok := p.stands(r, key.Value, scope); return ok }):
		p.misplaced(key, row, scope)
	case !end && tokens[at].Type == tokAddress && strings.HasPrefix(tokens[at].Value, ":") && prev == first:
		// COMPAT: the colon is taken for a part of the address.
		p.failWord(at, codeBlankAfterColon, near+`there must be a blank between "`+name+`:" and the address`,
			"write "+name+": "+tokens[at].Value[1:])
	case prev == first && !p.takesDot(row):
		p.failWord(first, codeMissingColon, `syntax error near "`+p.word(at)+`": "`+name+`" must be followed by a colon`, "write "+row.Example)
	case end || tokens[at].Type == tokClose || p.newLine(prev, at):
		if !end && !isKey(tokens[at].Type) {
			defer func() { p.skipValue(at) }()
		}
		p.failWord(prev, codeMissingValue, near+`a value is missing behind "`+name+`": `+expects(row), "write for instance "+row.Example)
	case tokens[at].Type == tokDash && row.Shape == keyword.Number:
		p.failWord(at, codeNegative, near+"a number cannot be negative here", "write for instance "+row.Example)
	case tokens[at].Type == tokPort || tokens[prev].Type == tokPort:
		p.badPort(at, near)
	default:
		p.badValue(row, at, near)
	}
}

// badPort says how a port is written.
func (p *parser) badPort(i int, near string) {
	p.failWord(i, codeBadPort, near+"this is no port condition", "write for instance port = 80, port gt 1023 or port 6000-6010; the operators are = != < > <= >= eq ne lt gt le ge")
}

// skipValue goes on behind a line that holds the value danted wanted on the line before.
func (p *parser) skipValue(at int) {
	switch p.file.Tokens[at].Type {
	case tokClose, tokOpener, tokOpen:
		return
	}
	if p.index(*p.lex.Peek()) <= at {
		p.resync(at + 1)
	}
}

// badValue says that a word is none of those the keyword takes.
func (p *parser) badValue(row *keyword.Row, at int, near string) {
	word := p.word(at)
	code, hint := codeBadValue, "write for instance "+row.Example
	if len(row.Words) > 0 {
		code, hint = codeUnknownWord, "its words are: "+wordList(row)
		var all []string
		for _, w := range row.Words {
			all = append(all, w.Text)
		}
		if best, ok := keyword.Nearest(strings.ToLower(word), all); ok {
			hint = `did you mean "` + best + `"? ` + hint
		}
	}
	p.failWord(at, code, near+expects(row), hint)
}

// takesDot tells whether a keyword goes on with a dot instead of a colon.
func (p *parser) takesDot(r *keyword.Row) bool {
	switch r.Shape {
	case keyword.LogSpecial, keyword.SocketOption, keyword.CPU, keyword.RouteOption, keyword.TestAlarm, keyword.StateKey,
		keyword.Redirection, keyword.Bouncing:
		return true
	}
	return false
}

func wordList(r *keyword.Row) string {
	var all []string
	for _, w := range r.Words {
		if w.Old == "" {
			all = append(all, w.Text)
		}
	}
	return strings.Join(all, " ")
}

// expects says what a keyword takes.
func expects(r *keyword.Row) string {
	name := `"` + r.Name + `" takes `
	if len(r.Words) > 0 && r.Shape != keyword.CPU && r.Shape != keyword.StateKey {
		return name + "one of: " + wordList(r)
	}
	switch r.Shape {
	case keyword.Address:
		return name + "an address, a host name or an interface"
	case keyword.Number, keyword.SignedNumber, keyword.RouteOption, keyword.HostIndex:
		return name + "a number"
	case keyword.Ratio:
		return name + "a number of clients and a number of seconds: 10/1"
	case keyword.Range:
		return name + "two port numbers: 40000-45000"
	case keyword.Devices:
		return name + "stderr, stdout, syslog, syslog/FACILITY or file names"
	case keyword.Users, keyword.Groups:
		return name + "names, to the end of the line"
	}
	return name + "a value as in: " + r.Example
}
