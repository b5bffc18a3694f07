package syntax

import (
	"slices"
	"strconv"
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

func lineText(t Token) string { return strconv.Itoa(t.Pos.Line) }

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

// unexpected says that no statement can begin here, and goes on behind it.
func (p *parser) unexpected(scope keyword.Scope) {
	t := *p.lex.Peek()
	i := p.index(t)
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
	case last.Text != nil && p.file.Tokens[i].Type == tokColon && p.swallowed(last, i):
	case last.Address != nil && last.Address.Value.Mask != nil && p.file.Tokens[i].Type == tokDot:
		last.Bad = true
		p.broken(last.Row)
		p.failWord(last.Last, codeDottedNetmask, near+"a netmask is written as a number of bits", "write for instance /16 for /255.255.0.0")
	default:
		p.failWord(i, codeUnexpectedText, near+`the value of "`+name+`" ends before it`, "start a new line before it, or remove it")
	}
}

// swallowed says that a keyword was taken for a word of the value before it.
func (p *parser) swallowed(last *Node, colon int) bool {
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

// brokenOpener recognises the start of a block that danted does not take for one: a line with a brace that begins with
// something else. The inside is parsed all the same, so that its mistakes are found and its end is none.
func (p *parser) brokenOpener(i int, word string) bool {
	tokens := p.file.Tokens
	open := i
	for open < len(tokens) && tokens[open].Type != tokOpen {
		if t := tokens[open].Type; t == tokNewline || t == tokClose || t == tokComment || t == tokColon {
			return false
		}
		open++
	}
	if open == len(tokens) {
		return false
	}
	verdict := -1
	for v := i; v < open; v++ {
		if tokens[v].Type == tokVerdict {
			verdict = v
		}
	}
	near := `syntax error near "` + word + `": `
	kind := blockOf(keyword.SocksRule)
	var names []string
	for _, k := range keyword.Blocks() {
		names = append(names, k.Name)
	}
	best, ok := keyword.Nearest(strings.ToLower(word), names)
	if slices.Contains(names, word) {
		best, ok = word, true
	}
	for _, k := range keyword.Blocks() {
		if k.Name == best && ok {
			kind = k
		}
	}
	start := kind.Name
	if kind.Verdict {
		start += " pass"
		if verdict >= 0 {
			start = kind.Name + " " + tokens[verdict].Value
		}
	}
	switch {
	case !p.firstOfLine(i):
		p.failWord(i, codeRuleStart, near+"a rule must begin at the start of a line", `write "`+start+` {" on a line of its own`)
	case best == word && verdict >= 0:
		p.failWord(i, codeRuleStart, near+`spaces, and nothing else, must be between "`+word+`" and "`+tokens[verdict].Value+`"`, `write "`+start+` {"`)
	case best == word && kind.Verdict:
		p.failWord(i, codeRuleStart, near+`"pass" or "block" is missing behind "`+word+`"`, `write "`+start+` {"`)
	default:
		p.failWord(i, codeUnknownKeyword, near+"no rule, route or monitor begins like this", `did you mean "`+start+` {"?`)
	}
	b := &Block{Opener: tokens[i], Kind: kind, Broken: true}
	if verdict >= 0 {
		b.Verdict = tokens[verdict]
	}
	p.moveTo(open)
	p.file.Items = append(p.file.Items, Item{Block: b})
	p.blockBody(b)
	return true
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
func (p *parser) misplaced(n *Node, row *keyword.Row, scope keyword.Scope) {
	message := `syntax error near "` + n.Key.Value + `": this keyword cannot be used `
	if scope == keyword.Global {
		message += "outside a block"
	} else {
		message += "in a " + scope.String()
	}
	if row.ID == keyword.Protocol && scope&keyword.AnyRule != 0 {
		message = `unsupported option: "` + n.Key.Value + `" cannot be used in a ` + scope.String()
	}
	hint := "it belongs to: " + row.Where.String()
	if scope == keyword.Route && n.Key.Value == keyword.Get(keyword.RouteMethod).Name {
		message = `syntax error near "method": "method" is not known in a route that does not begin on a line of its own`
		hint = `start a new line before "route"`
	}
	p.fail(n.Key, codeWrongPlace, message, hint)
	p.broken(row)
	if n.Gone != nil {
		p.resync(n.Last + 1)
	}
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
		p.failWord(at, codeBadNumber, near+"a number cannot be negative here", "write for instance "+row.Example)
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
