package diag

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestText(t *testing.T) {
	for name, c := range map[string]struct {
		d    Diagnostic
		want string
	}{
		"all there is": {
			Diagnostic{"bad-thing", Error, Pos{"f.conf", 4, 2, 5}, 3, "no good", "better", "one two three"},
			"f.conf:2:5: error: no good [bad-thing]\n    one two three\n        ^^^\nhint: better\n",
		},
		"whole file": {
			Diagnostic{Code: "c", Severity: Warning, Pos: Pos{File: "f"}, Message: "m"},
			"f: warning: m [c]\n",
		},
		"nothing known": {Diagnostic{Code: "c", Severity: Note, Message: "m"}, "note: m [c]\n"},
		"behind the end": {
			Diagnostic{"c", Error, Pos{"f", 0, 1, 4}, 0, "m", "", "abc"},
			"f:1:4: error: m [c]\n    abc\n       ^\n",
		},
		"tabs stay": {
			Diagnostic{"c", Error, Pos{"f", 0, 1, 3}, 1, "m", "", "\t\tx y"},
			"f:1:3: error: m [c]\n    \t\tx y\n    \t\t^\n",
		},
		"wide and strange characters": {
			Diagnostic{"c", Error, Pos{"f", 0, 1, 3}, 2, "m", "", "é\x01ab\xff"},
			"f:1:3: error: m [c]\n    é\\x01ab\\xff\n         ^^\n",
		},
		"terminal control in names": {
			Diagnostic{Code: "c", Severity: Error, Pos: Pos{"a\x1b[31m", 0, 1, 1}, Message: "x\ny"},
			"a\\x1b[31m:1:1: error: x\\ny [c]\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.d.Text()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestLongLinesAreCut(t *testing.T) {
	d := Diagnostic{"c", Error, Pos{"f", 0, 1, 1}, 10000, "m", "", strings.Repeat("x", 10000)}
	for line := range strings.Lines(d.Text()) {
		if len(line) > excerptMax+20 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

func TestLine(t *testing.T) {
	d := Diagnostic{"c", Error, Pos{"f", 0, 1, 1}, 1, "m\nn", "h", "src"}
	if got, want := d.Line(), `f:1:1: error: m\nn [c] (h)`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestList(t *testing.T) {
	l := List{
		{Code: "whole", Severity: Error, Message: "w"},
		{Code: "late", Severity: Error, Pos: Pos{"f", 9, 2, 1}, Message: "l"},
		{Code: "early", Severity: Warning, Pos: Pos{"f", 1, 1, 2}, Message: "e"},
		{Code: "early2", Severity: Note, Pos: Pos{"f", 1, 1, 2}, Message: "e"},
	}
	l.Sort()
	var order []string
	for _, d := range l {
		order = append(order, d.Code)
	}
	if diff := cmp.Diff([]string{"early", "early2", "late", "whole"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if !l.HasErrors() || l.Count(Warning) != 1 || !l.Has("late") || l.Has("never") {
		t.Error("the list does not know what is in it")
	}
	if err := l.Err(); err == nil || strings.Count(err.Error(), "\n") != 1 || strings.Contains(err.Error(), "warning") {
		t.Errorf("Err: %v", err)
	}
	if err := (List{{Severity: Warning}}).Err(); err != nil {
		t.Errorf("a warning became an error: %v", err)
	}
	if got := len(l.Lines()); got != 4 {
		t.Errorf("%d lines", got)
	}
}

func TestJSON(t *testing.T) {
	l := List{{"c", Warning, Pos{"f", 3, 2, 1}, 4, "m", "h", "not shown"}}
	var back List
	if err := json.Unmarshal(l.JSON(), &back); err != nil {
		t.Fatal(err)
	}
	want := List{l[0]}
	want[0].Source = ""
	if diff := cmp.Diff(want, back); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := string(List(nil).JSON()); got != "[]\n" {
		t.Errorf("no findings: %q", got)
	}
	var s Severity
	if err := json.Unmarshal([]byte(`"fatal"`), &s); err == nil {
		t.Error("an unknown severity was read")
	}
}
