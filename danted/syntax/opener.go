package syntax

import (
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

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
