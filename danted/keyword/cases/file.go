package cases

import (
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// file is a configuration around a statement.
type file struct {
	scope  keyword.Scope // the place of the statement
	before []string      // lines that must be before it in the same place
	lines  []string      // the statement: one line, or more
	after  []string
	// harmless statements are accepted although their keyword is refused.
	harmless bool
	instead  []keyword.ID // the statements of an empty file that it replaces
	last     bool         // behind everything else
	whole    bool         // a mistake concerns all of the block
}

// head are global options that make most values possible: methods a rule may pick from, and addresses.
var head = []string{
	"logoutput: stderr",
	"clientmethod: none rfc931 pam.any pam.address",
	"socksmethod: none username rfc931 pam.any pam.address pam.username",
	"user.libwrap: nobody",
}

var addresses = []string{"internal: lo port = 1080", "external: lo"}

var rules = []string{
	"client pass { from: 0/0 to: 0/0 }",
	"socks pass { from: 0/0 to: 0/0 }",
}

// placed is the text of a file and where in it things are.
type placed struct {
	text  string
	start int // the line at which the block begins
	line  int // of the statement
	end   int // the line at which the block ends
}

// place makes the file.
func (f file) place() placed {
	var p placed
	var all []string
	statement := func() {
		all = append(all, f.before...)
		p.line = len(all) + 1
		all = append(all, f.lines...)
		all = append(all, f.after...)
	}
	all = append(all, head...)
	if f.scope == keyword.Global && !f.last {
		statement()
	}
	for i, id := range []keyword.ID{keyword.Internal, keyword.External} {
		if !slices.Contains(f.instead, id) {
			all = append(all, addresses[i])
		}
	}
	all = append(all, rules...)
	if f.scope == keyword.Global && f.last {
		statement()
	}
	if b, ok := keyword.ByScope(f.scope); ok {
		p.start = len(all) + 1
		all = append(all, opening(b))
		for _, id := range b.Order {
			if !slices.Contains(f.instead, id) {
				all = append(all, keyword.Get(id).Example)
			}
		}
		statement()
		all = append(all, "}")
		p.end = len(all)
	}
	p.text = strings.Join(all, "\n") + "\n"
	return p
}

// opening is the line a block begins with.
func opening(b keyword.Block) string {
	if b.Verdict {
		return b.Name + " pass {"
	}
	return b.Name + " {"
}
