package format

import (
	"slices"
	"sort"
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
)

type kind uint8

const (
	statement kind = iota
	opening        // of a block, up to its brace
	closing
	comment
	ignored // a line danted skips
)

// part is what stands on a line of its own, or at its end.
type part struct {
	kind   kind
	node   *syntax.Node // of a statement
	text   string
	tokens []syntax.Token // what the text must be read as
	ends   int            // line ends before it
	depth  int
}

func (p part) indent() string { return strings.Repeat(step, p.depth) }

// addressPair tells whether two statements are addresses of a block that may share a line.
func addressPair(a, b part) bool {
	if a.node == nil || b.node == nil {
		return false
	}
	order := []keyword.ID{keyword.From, keyword.To, keyword.Via}
	i := slices.Index(order, a.node.Row.ID)
	return i >= 0 && i+1 < len(order) && order[i+1] == b.node.Row.ID
}

// start is where a statement or a bracket of a block begins among the tokens.
type start struct {
	kind kind
	node *syntax.Node
}

// starts finds the statements and blocks of the tree among the tokens.
func starts(file *syntax.File) map[int]start {
	found := map[int]start{}
	at := func(t syntax.Token, k kind) {
		i := sort.Search(len(file.Tokens), func(i int) bool { return file.Tokens[i].Pos.Offset >= t.Pos.Offset })
		found[i] = start{kind: k}
	}
	for _, item := range file.Items {
		nodes := []*syntax.Node{item.Node}
		if b := item.Block; b != nil {
			at(b.Opener, opening)
			at(b.Close, closing)
			nodes = b.Nodes
		}
		for _, n := range nodes {
			found[n.First] = start{statement, n}
		}
	}
	return found
}

// split cuts a file into its parts. Whatever is between two starts belongs to the first of them, so nothing is lost,
// also when the tree knows no place for it, as for what follows a keyword that is refused.
func split(file *syntax.File) []part {
	var all []part
	found := starts(file)
	depth, ends := 0, 0
	for i := 0; i < len(file.Tokens); i++ {
		t := file.Tokens[i]
		switch {
		case syntax.EndsLine(t):
			ends++
		case syntax.IsTrivia(t):
			if p, ok := remark(t, ends, depth); ok {
				all = append(all, p)
				ends = 0
			}
		default:
			last := i
			for j := i + 1; j < len(file.Tokens); j++ {
				if _, next := found[j]; next {
					break
				}
				if !syntax.IsTrivia(file.Tokens[j]) {
					last = j
				}
			}
			s := found[i]
			if s.kind == closing {
				depth--
			}
			p := part{kind: s.kind, node: s.node, ends: ends, depth: depth}
			inside := p.write(file.Source, file.Tokens[i:last+1])
			all = append(all, p)
			if s.kind == opening {
				depth++
			}
			for _, t := range inside {
				p, _ := remark(t, 0, depth)
				all = append(all, p)
			}
			i, ends = last, 0
		}
	}
	return all
}

// remark makes a part of a comment or an ignored line; it is false for other trivia.
func remark(t syntax.Token, ends, depth int) (part, bool) {
	p := part{kind: comment, ends: ends, depth: depth}
	switch {
	case syntax.IsIgnored(t):
		p.kind = ignored
	case !syntax.IsComment(t):
		return part{}, false
	}
	t.Value = strings.TrimRight(t.Value, " \t\r")
	p.text, p.tokens = t.Value, []syntax.Token{t}
	return p, true
}

// write makes the text of a part from its tokens. It gives the comments and ignored lines among them, which must be
// written behind it. Text that danted would read in another way, and text of which nothing is known, stays as it was.
func (p *part) write(source string, tokens []syntax.Token) (inside []syntax.Token) {
	var text strings.Builder
	continued := false
	for _, t := range tokens {
		switch {
		case syntax.IsContinued(t):
			continued = p.kind == statement
		case syntax.IsComment(t), syntax.IsIgnored(t):
			inside = append(inside, t)
		case !syntax.IsTrivia(t):
			switch n := len(p.tokens); {
			case continued:
				text.WriteString(" \\\n" + p.indent() + step)
			case n > 0 && !syntax.Glued(p.tokens[n-1], t):
				text.WriteByte(' ')
			}
			text.WriteString(t.Value)
			p.tokens = append(p.tokens, t)
			continued = false
		}
	}
	p.text = text.String()
	if p.node != nil && p.node.Gone != nil || !reads(p.indent()+p.text, p.tokens) {
		first, last := tokens[0], tokens[len(tokens)-1]
		p.text = source[first.Pos.Offset : last.Pos.Offset+len(last.Value)]
		inside = nil
	}
	if tokens[len(tokens)-1].Value == "\\" {
		p.text += " " // the end of the line must not follow at once, or the line would be continued
	}
	return inside
}
