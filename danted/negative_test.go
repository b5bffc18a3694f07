package danted

import (
	"testing"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/keyword/cases"
)

// Every keyword of the table is tried in every place, with every word it knows and with the mistakes that can be made
// with it. What is right is accepted, and what is wrong is refused with the first error where the mistake is. That the
// real danted judges alike is seen in compat-tests/corpus.
func TestGeneratedCases(t *testing.T) {
	type count struct{ right, wrong int }
	rows := map[keyword.ID]*count{}
	for _, r := range keyword.All() {
		rows[r.ID] = &count{}
	}
	right, wrong := 0, 0
	for _, c := range cases.All() {
		_, list := Load("case.conf", []byte(c.Text), machine{root: true}, Options{Mode: Verify})
		switch {
		case c.Wrong && !list.HasErrors():
			t.Errorf("%s: accepted\n%s", c.Name, c.Text)
		case !c.Wrong && list.HasErrors():
			t.Errorf("%s: refused\n%s%v", c.Name, c.Text, list.Err())
		case c.Wrong:
			if line := firstError(list); line < c.First || line > c.Last {
				t.Errorf("%s: the first error is on line %d, the mistake on lines %d to %d\n%s%v",
					c.Name, line, c.First, c.Last, c.Text, list.Err())
			}
		}
		if c.Wrong {
			wrong++
			rows[c.Row].wrong++
		} else {
			right++
			rows[c.Row].right++
		}
	}
	for id, n := range rows {
		r := keyword.Get(id)
		if n.wrong == 0 {
			t.Errorf("%s: no case shows a mistake", r.Name)
		}
		if n.right == 0 && r.Status != keyword.Refused {
			t.Errorf("%s: no case shows that it is accepted", r.Name)
		}
	}
	t.Logf("%d keywords: %d cases are right, %d wrong", len(rows), right, wrong)
}

// firstError gives the line of the first error, 0 when it has none.
func firstError(list diag.List) int {
	for _, d := range list {
		if d.Severity == diag.Error {
			return d.Pos.Line
		}
	}
	return 0
}
