package cases

import (
	"slices"
	"strings"
	"testing"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

func TestCasesHaveTheirOwnNames(t *testing.T) {
	all := All()
	if !slices.Equal(all, All()) {
		t.Error("the second time the cases are others")
	}
	seen := map[string]bool{}
	for _, c := range all {
		if seen[c.Name] {
			t.Errorf("two cases are called %s", c.Name)
		}
		seen[c.Name] = true
	}
}

// The line a case gives is that of a statement of its row, and is where the mistake is.
func TestLines(t *testing.T) {
	for _, c := range All() {
		if c.First > c.Line || c.Last < c.Line {
			t.Errorf("%s: line %d is not among %d to %d", c.Name, c.Line, c.First, c.Last)
		}
		switch c.Kind {
		case Missing, OutOfOrder, Spelling:
			continue
		}
		row := keyword.Get(c.Row)
		line := strings.Split(c.Text, "\n")[c.Line-1]
		// Keywords of several parts begin with the first.
		if !strings.Contains(line, strings.TrimSuffix(strings.Split(row.Name, "LEVEL")[0], "PROC")) {
			t.Errorf("%s: line %d is %q", c.Name, c.Line, line)
		}
	}
}

// Each row is tried in every place, right where it belongs and wrong elsewhere.
func TestEveryRowIsTriedEverywhere(t *testing.T) {
	for _, r := range keyword.All() {
		kinds := map[Kind]int{}
		for _, c := range Of(r) {
			kinds[c.Kind]++
			if (c.Kind == WrongPlace) && !c.Wrong && r.Shape != keyword.Ignored {
				t.Errorf("%s: is said to be right", c.Name)
			}
		}
		if kinds[Example] == 0 {
			t.Errorf("%s: the example is not tried", r.Name)
		}
		if kinds[WrongPlace] == 0 {
			t.Errorf("%s: it is not tried where it cannot stand", r.Name)
		}
		if r.Shape != keyword.TestAlarm && (kinds[NoValue] == 0 || kinds[NoColon] == 0) {
			t.Errorf("%s: it is not tried without value and colon", r.Name)
		}
		for _, w := range r.Words {
			if !slices.ContainsFunc(Of(r), func(c Case) bool { return strings.Contains(c.Name, w.Text) }) {
				t.Errorf("%s: the word %s is not tried", r.Name, w.Text)
			}
		}
	}
}
