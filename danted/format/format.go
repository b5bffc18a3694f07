// Package format lays out sockd.conf files: the canonical layout, the rewriting of old spellings, and the difference
// between two texts. It works on what is written alone, so a file for another machine can be laid out; what a file
// means, and whether that is right, is not its business.
package format

import (
	"strings"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/syntax"
)

// Format gives a file in its canonical layout, which means the same to danted. A file with syntax errors is not laid
// out: the text is nil then, and the list says why.
func Format(name string, src []byte) ([]byte, diag.List) {
	file, said := syntax.Parse(name, string(src))
	if said.HasErrors() {
		return nil, said
	}
	return []byte(layout(file)), said
}

// step is the indentation of the inside of a block, and of the lines that continue a statement.
const step = "    "

// layout writes the parts of a file, each on a line of its own but for comments behind something and for addresses that
// stood on one line.
func layout(file *syntax.File) string {
	var out strings.Builder
	all := split(file)
	before := opening // no empty line at the start of the file either
	for i := 0; i < len(all); i++ {
		p := all[i]
		if p.ends > 1 && before != opening && p.kind != closing {
			out.WriteByte('\n')
		}
		line, want := p.indent()+p.text, p.tokens
		for i+1 < len(all) && all[i+1].ends == 0 && addressPair(p, all[i+1]) {
			i++
			p = all[i]
			line += " " + p.text
			want = append(want, p.tokens...)
		}
		if i+1 < len(all) && all[i+1].ends == 0 && all[i+1].kind == comment && p.kind != comment {
			i++
			behind := line + "  " + all[i].text
			if reads(behind, append(want, all[i].tokens...)) {
				line = behind
			} else {
				// Behind names, "#" can begin one of them.
				line = p.indent() + all[i].text + "\n" + line
			}
		}
		before = p.kind
		out.WriteString(line)
		out.WriteByte('\n')
	}
	return out.String()
}

// reads tells whether danted reads a text as the given tokens, comments among them.
func reads(text string, want []syntax.Token) bool {
	var got []syntax.Token
	for _, t := range syntax.Scan(text) {
		if !syntax.IsTrivia(t) || syntax.IsComment(t) {
			got = append(got, t)
		}
	}
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if got[i].Type != want[i].Type || got[i].Value != want[i].Value {
			return false
		}
	}
	return true
}
