package keyword

import (
	"slices"
	"strings"
	"testing"
)

func TestEveryIDHasOneRow(t *testing.T) {
	seen := map[ID]string{}
	for _, r := range All() {
		if other, twice := seen[r.ID]; twice {
			t.Errorf("%s and %s have the same ID", other, r.Name)
		}
		seen[r.ID] = r.Name
		if Get(r.ID) != r {
			t.Errorf("Get does not give %s", r.Name)
		}
		if got, ok := Named(r.Name); !ok || got != r {
			t.Errorf("Named does not give %s: two rows of this name?", r.Name)
		}
	}
	for id := ID(1); id < ids; id++ {
		if _, ok := seen[id]; !ok {
			t.Errorf("ID %d has no row", id)
		}
	}
}

func TestRowsAreComplete(t *testing.T) {
	for _, r := range All() {
		if r.Doc == "" || r.Example == "" || r.Where == 0 || r.Shape == 0 {
			t.Errorf("%s: Doc, Example, Where and Shape are for every row", r.Name)
		}
		if (r.Status == NotYet || r.Status == Partial || r.Status == NoEffect) && r.Note == "" {
			t.Errorf("%s: users are not told why it does not work", r.Name)
		}
		if r.Status == Refused && r.Needs == NoFeature && r.Note == "" {
			t.Errorf("%s: users are not told why it is refused", r.Name)
		}
		if r.Needs != NoFeature && r.Status != Refused {
			t.Errorf("%s needs %s, which does not exist: it must be refused", r.Name, r.Needs)
		}
		if r.Since != "" && r.Since != "1.4.3" && r.Since != "1.4.4" {
			t.Errorf("%s: %q is no later release of Dante", r.Name, r.Since)
		}
		if !strings.HasPrefix(r.Name, r.Lexed()) && r.Shape != SocketOption {
			t.Errorf("%s does not begin with %q", r.Name, r.Lexed())
		}
		if r.Many == Once && r.Status != Refused && !slices.Contains([]ID{From, To, Via}, r.ID) {
			t.Errorf("%s: danted takes every keyword but addresses more than once", r.Name)
		}
		for _, id := range r.After {
			if Get(id) == nil {
				t.Errorf("%s comes after a keyword that does not exist", r.Name)
			}
		}
		for i, w := range r.Words {
			if slices.ContainsFunc(r.Words[:i], func(x Word) bool { return x.Text == w.Text }) {
				t.Errorf("%s has the word %q twice", r.Name, w.Text)
			}
			if w.Old != "" {
				if _, ok := r.Word(w.Old); !ok {
					t.Errorf("%s: %q is an old spelling of nothing", r.Name, w.Text)
				}
			}
			if w.Needs != NoFeature && w.Status != Refused {
				t.Errorf("%s: %q needs %s, which does not exist: it must be refused", r.Name, w.Text, w.Needs)
			}
		}
	}
}

// A word in a place must mean one row, or the rest of the statement must tell.
func TestSpellingsAreUniqueInTheirPlace(t *testing.T) {
	for _, r := range All() {
		spellings := append([]Spelling{{Text: r.Lexed()}}, r.Old...)
		for _, s := range spellings {
			for _, other := range ByLexed(s.Text) {
				if other == r || (other.Head != "" || r.Head != "") && other.Shape == r.Shape {
					continue
				}
				where := func(row *Row) Scope {
					for _, old := range row.Old {
						if old.Text == s.Text && old.Where != 0 {
							return old.Where
						}
					}
					return row.Where
				}
				if where(r)&where(other) != 0 {
					t.Errorf("%q is %s and %s in the same place", s.Text, r.Name, other.Name)
				}
			}
		}
	}
}

func TestBlocks(t *testing.T) {
	for _, b := range Blocks() {
		if b.Doc == "" || b.Example == "" || len(b.Order) == 0 {
			t.Errorf("%s: Doc, Example and Order are for every block", b.Name)
		}
		if got, ok := ByScope(b.Scope); !ok || got.Name != b.Name {
			t.Errorf("ByScope does not give %s", b.Name)
		}
		for _, id := range b.Order {
			if r := Get(id); r.Many != Once || r.Where&b.Scope == 0 {
				t.Errorf("%s must have %s once, and that is not what the row says", b.Name, r.Name)
			}
		}
	}
	if _, ok := ByScope(Global); ok {
		t.Error("the file is no block")
	}
}

func TestScopes(t *testing.T) {
	if got := (ClientRule | Route).String(); got != "client-rule, route" {
		t.Errorf("got %q", got)
	}
	if got := len((Global | AnyRule).Each()); got != 4 {
		t.Errorf("got %d scopes, want 4", got)
	}
}

func TestSocketOptions(t *testing.T) {
	levels := map[string]bool{}
	for _, l := range SocketLevels() {
		levels[l.Text] = true
	}
	for _, name := range SocketOptNames() {
		o, ok := SocketOptByName(name)
		if !ok || !levels[o.Level] {
			t.Errorf("%s: level %q", name, o.Level)
		}
		if n, ok := SocketOptByNumber(o.Level, int64(o.Number)); !ok || n.Settable != o.Settable {
			t.Errorf("%s is not found by its number %d", name, o.Number)
		}
		if o.Early && !o.Settable {
			t.Errorf("%s cannot be set early when it cannot be set", name)
		}
	}
	if _, ok := SocketOptByNumber("ip", 9999); ok {
		t.Error("found an option that does not exist")
	}
}

func TestNearest(t *testing.T) {
	names := Names(Global)
	for text, want := range map[string]string{
		"timeoutio": "timeout.io", "logoutpt": "logoutput", "extrenal": "external", "sockmethod": "socksmethod",
		"debgu": "debug", "udp.connectdest": "udp.connectdst", "xyzzy": "", "internal": "external",
	} {
		got, ok := Nearest(text, names)
		if text == "internal" {
			// What is a keyword itself is near to others, never to itself.
			if got == text {
				t.Errorf("%q is said to be a misspelling of itself", text)
			}
			continue
		}
		if got != want || ok != (want != "") {
			t.Errorf("nearest to %q: got %q, want %q", text, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"ab", "ba", 1}, {"kitten", "sitting", 3}, {"abc", "abc", 0}, {"a", "abcdefgh", 4}} {
		if got := distance(c.a, c.b, 3); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
