package syntax

import (
	"errors"
	"slices"
	"sort"
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
)

// Parse reads a file. It always gives a tree, which holds everything that could be understood; what could not is said
// in the list, each mistake once.
func Parse(name, source string) (*File, diag.List) {
	p := &parser{file: &File{Name: name, Source: source, Broken: map[keyword.ID]bool{}}}
	p.scan()
	p.top()
	p.said.Sort()
	return p.file, p.said
}

// maxErrors is where reading stops: nobody reads on either.
const maxErrors = 500

type parser struct {
	file *File
	lex  *lexer.PeekingLexer // what is not trivia
	raw  []int               // where the tokens of lex are among all tokens
	last *Node               // the statement before, when nothing but trivia came since
	// inRoute is set from a `route` that begins a line to the next brace that closes. COMPAT: this is how danted's scanner
	// tells the keyword `method` of routes from the old name of other keywords, wherever it really is.
	inRoute bool
	said    diag.List
}

func (p *parser) say(t Token, severity diag.Severity, code, message, hint string) {
	p.said = append(p.said, p.file.At(t, severity, code, message, hint))
}

func (p *parser) fail(t Token, code, message, hint string) {
	p.say(t, diag.Error, code, message, hint)
}

// bytesPerToken is how many bytes a token of usual files has. It only decides how much room there is at first.
const bytesPerToken = 2

// replay gives some of the tokens that were scanned before.
type replay struct {
	tokens []Token
	which  []int
}

func (r *replay) Next() (Token, error) {
	t := r.tokens[r.which[0]]
	if !t.EOF() {
		r.which = r.which[1:]
	}
	t.Value = meant(t)
	return t, nil
}

// scan makes the tokens of the file and says what is wrong with its bytes.
func (p *parser) scan() {
	s := newScanner(p.file.Name, p.file.Source)
	all := make([]Token, 0, len(p.file.Source)/bytesPerToken+1)
	count := 1 // of what is not trivia, the end included
	for {
		t, _ := s.Next() // a scanner never fails
		all = append(all, t)
		if t.EOF() {
			break
		}
		if !isTrivia(t.Type) {
			count++
		}
		switch {
		case t.Type == tokIgnored:
			p.file.Ignored = append(p.file.Ignored, t)
		case t.Type == tokBlank && t.Value == byteOrderMark:
			// COMPAT: danted takes the first byte over 0x7f for the end of the file, and so finds nothing in this one.
			p.fail(t, codeByteOrderMark, "the file begins with a byte order mark, at which danted stops reading",
				"save the file as UTF-8 without a byte order mark")
		case t.Type == tokBlank && t.Value == "\r" && !p.file.CRLF:
			p.file.CRLF = true
			p.fail(t, codeCRLF, "lines end in CR LF; danted takes the CR for a part of the line",
				"save the file with Unix line ends, for instance with: sed -i 's/\\r$//' FILE")
		}
	}
	p.file.Tokens = all[:len(all)-1]
	p.raw = make([]int, 0, count)
	for i, t := range all {
		if t.EOF() || !isTrivia(t.Type) {
			p.raw = append(p.raw, i)
		}
	}
	// The lexer cannot fail, so upgrading it cannot either.
	p.lex, _ = lexer.Upgrade(&replay{all, p.raw})
}

// moveTo goes on at the given place among all tokens, or behind it when there is trivia only.
func (p *parser) moveTo(i int) {
	next := sort.SearchInts(p.raw, i)
	p.lex.FastForward(lexer.RawCursor(next - 1))
}

// index gives the place of a token among all tokens.
func (p *parser) index(t Token) int {
	tokens := p.file.Tokens
	return sort.Search(len(tokens), func(i int) bool { return tokens[i].Pos.Offset >= t.Pos.Offset })
}

// top parses what is not in braces.
func (p *parser) top() {
	for {
		switch t := *p.lex.Peek(); {
		case t.EOF():
			return
		case len(p.said) >= maxErrors:
			p.fail(t, codeTooManyErrors, "too many errors; the rest of the file was not read", "is this a configuration file?")
			return
		case t.Type == tokClose:
			p.fail(t, codeStrayBrace, `syntax error near "}": there is no open block here`, "remove it, or look for a \"}\" too many above")
			p.lex.Next()
			p.inRoute = false
			p.last = nil
		case t.Type == tokOpener:
			p.block()
			p.last = nil
		case isKey(t.Type):
			if n := p.statement(keyword.Global); n != nil {
				p.late(n)
				p.file.Items = append(p.file.Items, Item{Node: n})
			}
		default:
			p.unexpected(keyword.Global)
		}
	}
}

// late checks that no global option comes behind a rule.
func (p *parser) late(n *Node) {
	if len(p.file.Items) > 0 && p.file.Items[len(p.file.Items)-1].Block != nil || p.file.late {
		p.file.late = true
		n.Bad = true
		p.broken(n.Row)
		p.fail(n.Key, codeOptionAfterRule, "syntax error near \""+n.Key.Value+"\": global options must come before all rules, routes and monitors",
			"move the line above the first rule")
	}
}

// statement parses one statement; it gives nil when it was not understood, having said so and gone on behind it.
func (p *parser) statement(scope keyword.Scope) *Node {
	start := *p.lex.Peek()
	before := p.lex.MakeCheckpoint()
	first := p.index(start)
	s, err := statementParsers[p.keyType()](p.lex)
	if err == nil && s.CPU != nil && s.CPU.Policy.Value == "" && s.CPU.Kind.Value == "schedule" {
		err = &participle.UnexpectedTokenError{Unexpected: s.CPU.Mask[0]}
	}
	if err != nil {
		p.lex.LoadCheckpoint(before)
		at := start
		var unexpected *participle.UnexpectedTokenError
		if errors.As(err, &unexpected) {
			at = unexpected.Unexpected
		}
		p.explain(scope, first, p.index(at))
		p.last = nil
		return nil
	}
	n := &Node{Key: s.key(), Statement: s, First: first, Last: p.raw[p.lex.RawCursor()-1]}
	p.last = n
	if s.Choice != nil {
		p.opener(s.Choice.Value) // external.rotation: route
	}
	if !p.resolve(n, scope) {
		return nil
	}
	if s.Gone != nil {
		p.resync(n.Last + 1)
	}
	return n
}

// keyType gives the type of the keyword that comes next: behind internal. and external. it is the alarm.
func (p *parser) keyType() lexer.TokenType {
	t := p.lex.Peek().Type
	if t == tokSide {
		before := p.lex.MakeCheckpoint()
		p.lex.Next()
		t = p.lex.Peek().Type
		p.lex.LoadCheckpoint(before)
	}
	if _, ok := statementParsers[t]; !ok {
		t = tokKeyDataAlarm // whatever it is, it is no alarm
	}
	return t
}

// resolve finds the row of a statement: of the keywords written this way the one that is valid here.
func (p *parser) resolve(n *Node, scope keyword.Scope) bool {
	rows := n.rows()
	for _, r := range rows {
		if spelling, ok := p.stands(r, n.Key.Value, scope); ok {
			n.Row, n.Old = r, spelling
			return true
		}
	}
	p.misplaced(n.Key, rows[0], scope)
	if n.Gone != nil {
		p.resync(n.Last + 1)
	}
	return false
}

// stands tells whether a row, written in one of its ways, may stand in a scope, and gives the old spelling if it is one.
func (p *parser) stands(r *keyword.Row, text string, scope keyword.Scope) (keyword.Spelling, bool) {
	where := r.Where
	var spelling keyword.Spelling
	for _, old := range r.Old {
		if old.Text == text {
			spelling = old
			if old.Where != 0 {
				where = old.Where
			}
		}
	}
	if text == keyword.Get(keyword.RouteMethod).Name && (r.ID == keyword.RouteMethod) != p.inRoute {
		return spelling, false
	}
	return spelling, where&scope != 0
}

// resync goes on behind a mistake at the given token: at the end of its line, or where on the line a block ends or
// something begins that cannot be a part of what was not understood.
func (p *parser) resync(i int) {
	tokens := p.file.Tokens
	for ; i < len(tokens); i++ {
		t := tokens[i]
		if t.Type == tokNewline && i > 0 && strings.HasSuffix(tokens[i-1].Value, "\\") {
			continue // meant to go on, and swallowed by the value
		}
		if t.Type == tokNewline || t.Type == tokClose || p.opens(i) || p.plausible(i) {
			break
		}
	}
	p.moveTo(i)
}

// opens tells whether a block begins at a token. The words "route" and "monitor" alone are values as well, and what
// begins with "pass" or "block" need not be the old way to start a rule.
func (p *parser) opens(i int) bool {
	tokens := p.file.Tokens
	if tokens[i].Type != tokOpener {
		return false
	}
	switch tokens[i].Value {
	case blockOf(keyword.Route).Name, blockOf(keyword.Monitor).Name:
	case "":
		i++ // the verdict
	default:
		return true
	}
	for i++; i < len(tokens); i++ {
		if !isTrivia(tokens[i].Type) {
			return tokens[i].Type == tokOpen
		}
	}
	return false
}

// plausible tells whether a statement begins at a token: a keyword of its own with a colon behind it.
func (p *parser) plausible(i int) bool {
	tokens := p.file.Tokens
	if !isKey(tokens[i].Type) || i > 0 && !isTrivia(tokens[i-1].Type) && tokens[i-1].Type != tokOpen {
		return false
	}
	for i++; i < len(tokens); i++ {
		if tokens[i].Type != tokBlank {
			return tokens[i].Type == tokColon
		}
	}
	return false
}

// block parses a rule, route or monitor.
func (p *parser) block() {
	b := &Block{Opener: *p.lex.Next(), Kind: blockOf(keyword.SocksRule)}
	p.opener(b.Opener)
	if b.Opener.Value == "" {
		b.Old = true
	} else {
		for _, k := range keyword.Blocks() {
			if k.Name == b.Opener.Value {
				b.Kind = k
			}
		}
	}
	p.file.Items = append(p.file.Items, Item{Block: b})
	p.blockBody(b)
}

// opener notes what danted's scanner notes at the first word of a block.
func (p *parser) opener(t Token) {
	if t.Value == blockOf(keyword.Route).Name && p.firstOfLine(p.index(t)) {
		p.inRoute = true
	}
}

func blockOf(s keyword.Scope) keyword.Block {
	b, _ := keyword.ByScope(s)
	return b
}

// blockBody parses a block behind its first word.
func (p *parser) blockBody(b *Block) {
	if b.Kind.Verdict {
		if t := *p.lex.Peek(); t.Type == tokVerdict {
			b.Verdict = t
			p.lex.Next()
		}
	}
	t := *p.lex.Peek()
	if t.Type == tokOpen {
		b.Open = t
		p.lex.Next()
	} else {
		p.fail(t, codeMissingBrace, "syntax error near \""+p.word(p.index(t))+"\": \"{\" expected", "write the "+b.Kind.Scope.String()+" in braces")
		b.breaks(t)
		p.resync(p.index(t))
		if next := *p.lex.Peek(); !isKey(next.Type) && next.Type != tokOpen {
			return
		} else if next.Type == tokOpen {
			p.lex.Next()
		}
	}
	p.last = nil
	for {
		t := *p.lex.Peek()
		switch {
		case len(p.said) >= maxErrors:
			b.Broken = true
			return
		case t.Type == tokClose:
			b.Close = t
			p.lex.Next()
			p.inRoute = false
			p.order(b)
			return
		case t.EOF(), t.Type == tokOpener && p.opens(p.index(t)):
			p.unclosed(b, t)
			return
		case isKey(t.Type):
			if n := p.statement(b.Kind.Scope); n != nil {
				b.Nodes = append(b.Nodes, n)
			} else {
				b.breaks(t)
			}
		default:
			b.breaks(t)
			p.unexpected(b.Kind.Scope)
		}
	}
}

// unclosed says that a block has no end.
func (p *parser) unclosed(b *Block, at Token) {
	start := b.Opener
	if start.Value == "" {
		start = b.Verdict
	}
	hint := "write \"}\" at its end"
	for _, n := range b.Nodes {
		if n.Text == nil {
			continue
		}
		for _, v := range n.Text.Values {
			if strings.HasSuffix(v.Value, "}") {
				// COMPAT: the words of these keywords go on to the end of the line, whatever they are.
				hint = "the \"}\" on line " + lineText(v) + " is a part of the value of \"" + n.Key.Value + "\"; write it on a line of its own"
			}
		}
	}
	near := "end of file"
	if !at.EOF() {
		near = "line " + lineText(at)
	}
	p.fail(start, codeUnclosedBlock, "syntax error: this "+b.Kind.Scope.String()+" is not closed before "+near, hint)
	b.Broken = true
}

// order checks that a block has its addresses: each once, in the right order, with nothing between them. The first
// statement that cannot be where it is is the mistake.
func (p *parser) order(b *Block) {
	order := b.Kind.Order
	next := 0 // the address that comes next
	for _, n := range b.Nodes {
		at := slices.Index(order, n.Row.ID)
		switch {
		case at >= 0 && at < next:
			p.fail(n.Key, codeRepeatedAddress, "syntax error near \""+n.Key.Value+"\": a "+b.Kind.Scope.String()+" has one \""+n.Key.Value+"\" only",
				"write one "+b.Kind.Scope.String()+" for each")
		case b.Broken && b.brokenAt < n.Key.Pos.Offset:
			// What is missing may be what was not understood.
			next = max(next, at+1)
			continue
		case at == next:
			next++
			continue
		case at < 0 && (next == 0 || next == len(order)):
			continue
		case at < 0 || b.Broken || p.has(b, order[next]):
			p.outOfOrder(b, n, order[max(next-1, 0)], order[max(next, 1)])
		default:
			p.missing(b, n.Key, order[next])
		}
		b.Broken = true
		return
	}
	if next < len(order) && !b.Broken {
		p.missing(b, b.Close, order[next])
		b.Broken = true
	}
}

// has tells whether a block has a statement of the keyword.
func (p *parser) has(b *Block, id keyword.ID) bool {
	return slices.ContainsFunc(b.Nodes, func(n *Node) bool { return n.Row.ID == id })
}

// outOfOrder says that two addresses of a block do not stand next to each other.
func (p *parser) outOfOrder(b *Block, n *Node, first, second keyword.ID) {
	names := keyword.Get(first).Name + "\" and \"" + keyword.Get(second).Name
	p.fail(n.Key, codeAddressOrder, "syntax error near \""+n.Key.Value+"\": \""+names+
		"\" must stand next to each other, in this order", "move other options before or behind them")
}

// missing says that a block lacks an address, at the token where that is certain.
func (p *parser) missing(b *Block, at Token, id keyword.ID) {
	name := keyword.Get(id).Name
	p.fail(at, codeMissingAddress, "syntax error near \""+at.Value+"\": the "+b.Kind.Scope.String()+" has no \""+name+":\"",
		"add for instance: "+keyword.Get(id).Example)
}
