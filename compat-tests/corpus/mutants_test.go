package corpus

import (
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/rustsocks/rustsocks/danted/keyword/cases"
)

var (
	mutants = flag.Int("mutants", 150, "how many mutated files to judge")
	seed    = flag.Uint64("seed", 1, "of the mutations")
)

// shown is how many differences are made small and printed.
const shown = 5

// strayLines is in how many refused files no error of ours may be where danted's
// is: in one. Where several mistakes meet, danted can stop at one that ours takes
// for the consequence of another.
const strayLines = 500

// TestMutants compares both daemons on files of the corpus with one to three
// changes, and on combinations of statements: nothing danted accepts is refused,
// and nothing it refuses accepted, but for the deviations.
func TestMutants(t *testing.T) {
	all, good := load(t), sound(t)
	m, c := newMutator(), newCombiner()
	files := make([]File, *mutants)
	for i := range files {
		rng := rand.New(rand.NewPCG(*seed, uint64(i)))
		var text string
		switch rng.IntN(8) {
		case 0:
			text = m.mutate(rng, string(all[rng.IntN(len(all))].Text))
		case 1, 2, 3, 4:
			text = m.mutate(rng, string(good[rng.IntN(len(good))].Text))
		case 5:
			text = m.mutate(rng, c.combine(rng))
		default:
			text = c.combine(rng)
		}
		files[i] = File{Path: "mutant.conf", Text: []byte(text)}
	}

	accepted, refused, differ := 0, 0, 0
	deviate := map[string]int{}
	lines := relations{}
	for i, j := range judgeAll(t, files) {
		switch {
		case differs(files[i], j):
			if differ++; differ <= shown {
				small, k := minimise(t, files[i], j)
				t.Errorf("-seed %d, mutant %d: danted's exit status is %d, and ours accepts: %v%s\n%s--- danted\n%s--- ours\n%s",
					*seed, i, k.Theirs.Status, k.Ours.Accepts, k.Ours.Panic, small.Text, k.Theirs.Stdout+k.Theirs.Stderr, k.Ours.Text)
			}
		case j.Ours.Accepts != (j.Theirs.Status == Accepts):
			deviate[deviation(files[i], j)]++
		case j.Ours.Accepts:
			accepted++
		default:
			refused++
			r := relate(files[i], j)
			lines[r]++
			if r == Elsewhere {
				t.Logf("-seed %d, mutant %d: no error of ours is where danted's is\n%s--- danted\n%s--- ours\n%s",
					*seed, i, files[i].Text, j.Theirs.Stdout+j.Theirs.Stderr, j.Ours.Text)
			}
		}
	}
	var rows []string
	for _, row := range slices.Sorted(maps.Keys(deviate)) {
		rows = append(rows, fmt.Sprintf(", %d deviate as %s says", deviate[row], row))
	}
	t.Logf("-seed %d: %d mutants: %d accepted by both, %d refused by both%s, %d differ",
		*seed, len(files), accepted, refused, strings.Join(rows, ""), differ)
	t.Logf("first errors of the refused: %s", lines)
	if lines[Elsewhere]*strayLines > refused {
		t.Errorf("in %d of %d refused files no error of ours is where danted's is", lines[Elsewhere], refused)
	}
}

// relate compares the lines of a file that both refuse.
func relate(file File, j judged) relation {
	r := compareAll(file.Text, dantedsLine(j.Theirs.Stdout+j.Theirs.Stderr), j.Ours.Lines)
	if r == Elsewhere && deviation(file, judged{Theirs: j.Theirs, Ours: opinion{Accepts: true}}) != "" {
		return Another
	}
	return r
}

// sound are the files that danted accepts.
func sound(t *testing.T) []File {
	t.Helper()
	var files []File
	for _, file := range load(t) {
		verdict, err := file.Verdict()
		if err != nil {
			t.Fatal(err)
		}
		if verdict.Accepted() {
			files = append(files, file)
		}
	}
	// There are many of these, and they are much alike.
	rng := rand.New(rand.NewPCG(*seed, 0))
	for _, c := range cases.All() {
		if !c.Wrong && !deviant(c) && rng.IntN(8) == 0 {
			files = append(files, File{Path: c.Name, Text: []byte(c.Text)})
		}
	}
	return files
}

// differs tells of a difference that no deviation explains.
func differs(file File, j judged) bool {
	return j.Ours.Panic != "" || j.Ours.Accepts != (j.Theirs.Status == Accepts) && deviation(file, j) == ""
}

// minimise leaves out lines as long as the daemons differ in the same way.
func minimise(t *testing.T, file File, j judged) (File, judged) {
	t.Helper()
	for {
		lines := slices.Collect(strings.Lines(string(file.Text)))
		shorter := make([]File, len(lines))
		for i := range lines {
			shorter[i] = file
			shorter[i].Text = []byte(strings.Join(lines[:i], "") + strings.Join(lines[i+1:], ""))
		}
		smaller := false
		for i, k := range judgeAll(t, shorter) {
			if k.Ours.Accepts == j.Ours.Accepts && (k.Ours.Panic == "") == (j.Ours.Panic == "") && differs(shorter[i], k) {
				smaller, file, j = true, shorter[i], k
				break
			}
		}
		if !smaller {
			return file, j
		}
	}
}
