package syntax

import (
	"strings"
	"testing"
	"time"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
)

// inPlace gives a file with a statement in a place, and the place's other statements that it needs.
func inPlace(where keyword.Scope, statement string) string {
	switch where {
	case keyword.Global:
		return statement + "\n"
	case keyword.ClientRule:
		return "client pass {\nfrom: 0/0 to: 0/0\n" + statement + "\n}\n"
	case keyword.HostidRule:
		return "hostid pass {\nfrom: 0/0 to: 0/0\n" + statement + "\n}\n"
	case keyword.SocksRule:
		return "socks pass {\nfrom: 0/0 to: 0/0\n" + statement + "\n}\n"
	case keyword.Route:
		return "route {\nfrom: 0/0 to: 0/0 via: direct\n" + statement + "\n}\n"
	}
	return "monitor {\nfrom: 0/0 to: 0/0\n" + statement + "\n}\n"
}

const everywhereScope = keyword.Global | keyword.AnyRule | keyword.Route | keyword.Monitor

// Each row's example is understood in each of its places, as that row, and refused everywhere else.
func TestEveryRowInEveryPlace(t *testing.T) {
	for _, r := range keyword.All() {
		for _, where := range everywhereScope.Each() {
			text := inPlace(where, r.Example)
			if r.Many == keyword.Once && where != keyword.Global && r.Status != keyword.Refused {
				text = strings.Replace(text, "from: 0/0 to: 0/0 via: direct\n", "", 1)
				text = strings.Replace(text, "from: 0/0 to: 0/0\n", "", 1)
			}
			file, said := Parse("f", text)
			if r.Where&where == 0 {
				if !said.HasErrors() && r.Shape != keyword.Ignored && r.Name != "method" {
					t.Errorf("%s was accepted in a %s", r.Name, where)
				}
				if !said.Has(codeWrongPlace) && !said.Has(codeUnsupported) && r.Name != "method" {
					t.Errorf("%s in a %s: it is not said that this is the wrong place:\n%s", r.Name, where, said.Text())
				}
				continue
			}
			if r.Many == keyword.Once && r.Status != keyword.Refused {
				if said.Count(diag.Error) != 1 || !said.Has(codeMissingAddress) {
					t.Errorf("%s in a %s: %s", r.Name, where, said.Text())
				}
				continue
			}
			if len(said) > 0 {
				t.Errorf("%s in a %s: %s", r.Name, where, said.Text())
				continue
			}
			if r.Shape == keyword.Ignored {
				if len(file.Ignored) != 1 {
					t.Errorf("%s in a %s was not ignored", r.Name, where)
				}
				continue
			}
			if n := last(file); n == nil || n.Row != r {
				t.Errorf("%s in a %s was read as another keyword", r.Name, where)
			}
		}
	}
}

// last gives the last statement of a file.
func last(f *File) *Node {
	if len(f.Items) == 0 {
		return nil
	}
	item := f.Items[len(f.Items)-1]
	if item.Block == nil {
		return item.Node
	}
	if len(item.Block.Nodes) == 0 {
		return nil
	}
	return item.Block.Nodes[len(item.Block.Nodes)-1]
}

// Each row is refused without its value, with more than its value, and after the rules when it is a global option. One
// mistake gives one error.
func TestEveryRowIsRefusedWhenBroken(t *testing.T) {
	for _, r := range keyword.All() {
		if r.Shape == keyword.Ignored || r.Shape == keyword.Gone || r.Many == keyword.Once {
			continue
		}
		where := r.Where.Each()[0]
		key, _, hasValue := strings.Cut(r.Example, ":")
		breaks := map[string]string{"no value": key + ":", "no colon": key, "a word too many": r.Example + " ;"}
		switch {
		case !hasValue:
			delete(breaks, "no value")
			delete(breaks, "no colon")
		case r.Shape == keyword.Redirection || r.Shape == keyword.Bouncing:
			delete(breaks, "no colon")
		}
		switch forms[r.Shape].next {
		case condText, condLine, condLineStart, condKeytab, condLDAPText, condLDAPURL:
			delete(breaks, "a word too many") // everything is a word of these
		}
		for name, statement := range breaks {
			text := inPlace(where, statement)
			_, said := Parse("f", text)
			if said.Count(diag.Error) != 1 {
				t.Errorf("%s, %s: %d errors, want 1\n%s%s", r.Name, name, said.Count(diag.Error), text, said.Text())
			}
		}
		if r.Where&keyword.Global != 0 {
			text := "client pass { from: 0/0 to: 0/0 }\n" + r.Example + "\n"
			if _, said := Parse("f", text); !said.Has(codeOptionAfterRule) || len(said) != 1 {
				t.Errorf("%s behind a rule: %s", r.Name, said.Text())
			}
		}
	}
}

// Each closed vocabulary refuses a word that is not in it.
func TestEveryVocabularyIsClosed(t *testing.T) {
	for _, r := range keyword.All() {
		if len(r.Words) == 0 || r.Shape == keyword.CPU || r.Status == keyword.Refused {
			continue
		}
		key, _, _ := strings.Cut(r.Example, ":")
		_, said := Parse("f", inPlace(r.Where.Each()[0], key+": Xyzzy"))
		if said.Count(diag.Error) != 1 {
			t.Errorf("%s: Xyzzy: %s", r.Name, said.Text())
		}
		for _, w := range r.Words {
			statement := key + ": " + w.Text
			if _, said := Parse("f", inPlace(r.Where.Each()[0], statement)); len(said) > 0 {
				t.Errorf("%s: %s", statement, said.Text())
			}
		}
	}
}

// The default of each row, written out, is understood.
func TestEveryDefaultParses(t *testing.T) {
	n := 0
	for _, r := range keyword.All() {
		if r.Default == "" {
			continue
		}
		n++
		file, said := Parse("f", inPlace(r.Where.Each()[0], r.Name+": "+r.Default))
		if got := last(file); len(said) > 0 || got == nil || got.Row != r {
			t.Errorf("%s: %s: %s", r.Name, r.Default, said.Text())
		}
	}
	if n == 0 {
		t.Error("no row has a default")
	}
}

// Keywords of which a file may have several are not refused the second time.
func TestRepetition(t *testing.T) {
	for _, r := range keyword.All() {
		if r.Many == keyword.Once || r.Shape == keyword.Gone {
			continue
		}
		_, said := Parse("f", inPlace(r.Where.Each()[0], r.Example+"\n"+r.Example))
		if len(said) > 0 {
			t.Errorf("%s twice: %s", r.Name, said.Text())
		}
	}
}

func TestBlockExamples(t *testing.T) {
	for _, b := range keyword.Blocks() {
		file, said := Parse("f", b.Example+"\n")
		if len(said) > 0 || len(file.Items) != 1 || file.Items[0].Block == nil || file.Items[0].Block.Kind.Name != b.Name {
			t.Errorf("%s: %s", b.Example, said.Text())
		}
	}
}

// A mistake in one statement is no mistake of the next.
func TestGoingOnBehindAMistake(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		codes string
		nodes int // statements understood
	}{
		"unknown keyword":          {"wrong: 1\ndebug: 1\n", "unknown-keyword", 1},
		"missing value":            {"timeout.io:\ndebug: 1\n", "missing-value", 1},
		"value on the next line":   {"internal:\n127.0.0.1\ndebug: 1\n", "missing-value", 1},
		"bad value":                {"timeout.io: x\ndebug: 1\n", "bad-value", 1},
		"bad value, same line":     {"timeout.io: x debug: 1\n", "bad-value", 1},
		"two mistakes":             {"wrong: 1\ntimeout.io: x\ndebug: 1\n", "unknown-keyword bad-value", 1},
		"inside a rule":            {"client pass {\nwrong: 1\nfrom: 0/0 to: 0/0 }\nsocks pass { from: 0/0 to: 0/0 }\n", "unknown-keyword", 4},
		"before the end of a rule": {"client pass { from: 0/0 to: 0/0 wrong }\nsocks pass { from: 0/0 to: 0/0 }\n", "unexpected-text", 4},
		"rule without an end":      {"client pass { from: 0/0 to: 0/0\nsocks pass { from: 0/0 to: 0/0 }\n", "unclosed-block", 4},
		"rule without a start":     {"from: 0/0 to: 0/0 }\nsocks pass { from: 0/0 to: 0/0 }\n", "wrong-place wrong-place stray-brace", 2},
		"rule of an unknown kind":  {"sock pass { from: 0/0 to: 0/0 }\nsocks pass { from: 0/0 to: 0/0 }\n", "unknown-keyword", 4},
		"rule without pass":        {"socks { from: 0/0 to: 0/0 }\n", "rule-start", 2},
		"route with pass":          {"route pass { from: 0/0 to: 0/0 via: direct }\n", "missing-brace", 3},
		"swallowed keyword":        {"logoutput: stderr internal: 127.0.0.1 port = 1\ndebug: 1\n", "unexpected-text", 2},
		"continued mistake":        {"internal:\\\n127.0.0.1\ndebug: 1\n", "blank-after-colon", 1},
		"value in quotes":          {"socksmethod: \"none\"\ndebug: 1\n", "unknown-word", 1},
		"equals sign":              {"debug = 1\ntimeout.io: 1\n", "missing-colon", 1},
		"keyword in capitals":      {"DEBUG: 1\ntimeout.io: 1\n", "unknown-keyword", 1},
		"longer keyword":           {"debugger: 1\ntimeout.io: 1\n", "unknown-keyword", 1},
		"misplaced with more":      {"session.max: 5 6\ntimeout.io: 1\n", "wrong-place", 1},
		"braces only":              {"{}{\n}\n", "unknown-keyword rule-start", 0},
		"colon only":               {":\ndebug: 1\n", "unknown-keyword", 1},
		"end in the middle":        {"client pass { from: 0/0 to:", "unclosed-block missing-value", 1},
		"policy over the line":     {"cpu.schedule.io: fifo\ndebug: 1\n", "unknown-word", 1},
		"policy missing":           {"cpu.schedule.io: 5\ndebug: 1\n", "unknown-word", 1},
	} {
		t.Run(name, func(t *testing.T) {
			file, said := Parse("f", c.text)
			var got []string
			for _, d := range said {
				got = append(got, d.Code)
			}
			if strings.Join(got, " ") != c.codes {
				t.Errorf("got the codes %q, want %q\n%s", got, c.codes, said.Text())
			}
			nodes := 0
			for _, item := range file.Items {
				if item.Node != nil {
					nodes++
				} else {
					nodes += len(item.Block.Nodes)
				}
			}
			if nodes != c.nodes {
				t.Errorf("%d statements were understood, want %d", nodes, c.nodes)
			}
		})
	}
}

// printed checks that the tree of a text is the text, and that its print is read the same way.
func printed(t *testing.T, text string) {
	t.Helper()
	file, said := Parse("f", text)
	if got := file.String(); got != text {
		t.Fatalf("%q was printed as %q", text, got)
	}
	if again, more := Parse("f", file.String()); len(again.Items) != len(file.Items) || len(more) != len(said) {
		t.Fatalf("%q is read differently the second time", text)
	}
}

func TestPrintGivesTheSource(t *testing.T) {
	for _, text := range seeds(t) {
		printed(t, text)
	}
}

// A text can be long and of one line; that must not make it slow.
func TestLongLines(t *testing.T) {
	const size = 1 << 18
	for name, part := range map[string]string{
		"words": "x ", "letters": "x", "keywords": "debug: 1 ", "half keywords": "debug: x ", "ignored": "localdomain ",
		"names": "user: }", "braces": "{", "rules": "client pass { ", "slashes": "from: a/", "colons": ":", "numbers": "0x1",
		"levels": "internal.log.a", "continued": "\\\n", "blanks": " ", "open rules": "client pass {\n",
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			printed(t, strings.Repeat(part, size/len(part)))
			if d := time.Since(start); d > 20*time.Second {
				t.Errorf("took %s", d)
			}
		})
	}
}

// FuzzParse checks that any text is read in one go and printed as it was.
func FuzzParse(f *testing.F) {
	for _, text := range seeds(f) {
		f.Add(text)
	}
	f.Fuzz(printed)
}
