package format

import (
	"strings"
	"testing"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// inPlace gives a file with a statement in a place.
func inPlace(where keyword.Scope, statement string) string {
	if where == keyword.Global {
		return statement + "\n"
	}
	b, _ := keyword.ByScope(where)
	open, addresses := b.Name, "from: 0/0 to: 0/0"
	if b.Verdict {
		open += " pass"
	}
	if where == keyword.Route {
		addresses += " via: direct"
	}
	return open + " {\n    " + addresses + "\n    " + statement + "\n}\n"
}

// rewritten checks that one thing is changed in a file, and how.
func rewritten(t *testing.T, src, old, now string) {
	t.Helper()
	text, changes, said := Upgrade("f", []byte(src))
	if len(changes) != 1 || changes[0].Old != old || changes[0].New != now || changes[0].Reason == "" {
		t.Errorf("%q: changed %+v, want %q to be %q\n%s", src, changes, old, now, said.Text())
		return
	}
	want, _ := Format("f", []byte(strings.Replace(src, old, now, 1)))
	if string(text) != string(want) {
		t.Errorf("%q is now %q", src, text)
	}
}

// Every old spelling in the table of keywords is rewritten, in each place it can be in.
func TestEveryOldSpelling(t *testing.T) {
	n := 0
	for _, r := range keyword.All() {
		if r.Shape == keyword.Gone {
			continue // TestSocketBuffers
		}
		for _, old := range r.Old {
			where := old.Where
			if where == 0 {
				where = r.Where
			}
			for _, place := range where.Each() {
				n++
				statement := strings.Replace(r.Example, r.Lexed(), old.Text, 1)
				rewritten(t, inPlace(place, statement), old.Text, r.Name)
			}
		}
		for _, w := range r.Words {
			if w.Old != "" {
				n++
				rewritten(t, inPlace(r.Where.Each()[0], r.Name+": "+w.Text), w.Text, w.Old)
			}
		}
		if r.Shape == keyword.Ignored {
			for _, place := range r.Where.Each() {
				n++
				rewritten(t, inPlace(place, r.Example), r.Example, "# "+r.Example)
			}
		}
	}
	for _, verdict := range keyword.OldSocksBlocks {
		n++
		rewritten(t, verdict+" {\n    from: 0/0 to: 0/0\n}\n", verdict, "socks "+verdict)
	}
	if n < 20 {
		t.Errorf("only %d old spellings in the table", n)
	}
}

// Each keyword about socket buffers has a socket option that took its place.
func TestSocketBuffers(t *testing.T) {
	row := keyword.Get(keyword.SocketBuffers)
	names := []string{row.Name}
	for _, old := range row.Old {
		names = append(names, old.Text)
	}
	if len(names) != len(buffers) {
		t.Errorf("%d options for %d keywords", len(buffers), len(names))
	}
	for _, name := range names {
		option := buffers[name]
		_, bare, _ := strings.Cut(option, ".")
		if o, ok := keyword.SocketOptByName(bare); !ok || !o.Settable {
			t.Errorf("%s: there is no socket option %q", name, option)
		}
		rewritten(t, name+": 1\n", name+": 1", "internal."+option+": 1\nexternal."+option+": 1")
	}
}

// The words that only this package knows are in each place where they were once known.
func TestEveryRefusedWord(t *testing.T) {
	for _, r := range refused {
		if r.behind != "" {
			rewritten(t, r.behind+": "+r.old+"\n", r.old, r.new)
			continue
		}
		for _, place := range keyword.AnyRule.Each() {
			rewritten(t, inPlace(place, r.old+": 1"), r.old, r.new)
		}
	}
	for mask, size := range map[string]string{"0.0.0.0": "0", "128.0.0.0": "1", "255.255.254.0": "23", "255.255.255.255": "32"} {
		rewritten(t, "client pass {\n    from: 192.168.1.1/"+mask+" to: 0/0\n}\n", mask, size)
		rewritten(t, "route {\n    from: 0/0 to: 192.168.1.1 / "+mask+" via: direct\n}\n", mask, size)
	}
}
