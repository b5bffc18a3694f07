package corpus

import (
	"flag"
	"testing"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
	"github.com/rustsocks/rustsocks/danted/keyword/cases"
)

var generated = flag.String("generated", "all", "which of the generated configurations to judge: all, or the name of one")

// judgeAll has both daemons judge files.
func judgeAll(t *testing.T, files []File) []judged {
	t.Helper()
	all := sandbox.One[[]judged](t, roleJudge, map[string]string{program: daemon.Oracle(t)}, job{Files: files})
	if len(all) != len(files) {
		t.Fatalf("%d answers on %d files", len(all), len(files))
	}
	return all
}

// TestGenerated compares both daemons on the configurations made from the
// keyword table: the exit status, and the line of what is refused.
func TestGenerated(t *testing.T) {
	var all []cases.Case
	var files []File
	for _, c := range cases.All() {
		if *generated == "all" || *generated == c.Name {
			all = append(all, c)
			files = append(files, File{Path: "generated.conf", Text: []byte(c.Text)})
		}
	}
	if len(all) == 0 {
		t.Fatalf("no generated configuration is called %q", *generated)
	}
	n := tally{relations: relations{}}
	for i, j := range judgeAll(t, files) {
		n.add(t, all[i].Name, files[i], j)
		refuses := j.Theirs.Status != Accepts
		if refuses != all[i].Wrong && refuses == !j.Ours.Accepts {
			t.Errorf("%s: danted's exit status is %d, and the generator thinks that wrong is %v\n%s%s%s",
				all[i].Name, j.Theirs.Status, all[i].Wrong, all[i].Text, j.Theirs.Stdout, j.Theirs.Stderr)
		}
	}
	n.report(t)
}

// tally counts verdicts.
type tally struct {
	files, accepted, refused, deviate, crashed int
	relations                                  relations
}

// add compares what is said about one file.
func (n *tally) add(t *testing.T, name string, file File, j judged) {
	t.Helper()
	n.files++
	if j.Ours.Panic != "" {
		t.Errorf("%s: ours panics: %s\n%s", name, j.Ours.Panic, file.Text)
		return
	}
	theirs := j.Theirs.Stdout + j.Theirs.Stderr
	if j.Theirs.Status > Refuses {
		n.crashed++
	}
	accepts := j.Theirs.Status == Accepts
	switch {
	case accepts != j.Ours.Accepts && j.Theirs.Status <= Refuses && deviation(file, j) != "":
		n.deviate++
		return
	case accepts != j.Ours.Accepts:
		t.Errorf("%s: danted's exit status is %d, and ours accepts: %v\n%s--- danted\n%s--- ours\n%s",
			name, j.Theirs.Status, j.Ours.Accepts, file.Text, theirs, j.Ours.Text)
		return
	case accepts:
		n.accepted++
		return
	}
	n.refused++
	line := dantedsLine(theirs)
	r := compareLines(file.Text, line, j.Ours.Lines[0])
	n.relations[r]++
	if r == Elsewhere {
		t.Errorf("%s: danted names line %d, ours %d\n%s--- danted\n%s--- ours\n%s", name, line, j.Ours.Lines[0], file.Text, theirs, j.Ours.Text)
	}
}

// report prints the counts.
func (n *tally) report(t *testing.T) {
	t.Helper()
	t.Logf("%d files judged by both: %d accepted, %d refused by both, %d deviate, danted crashed on %d",
		n.files, n.accepted, n.refused, n.deviate, n.crashed)
	t.Logf("lines of the refused: %s", n.relations)
}
