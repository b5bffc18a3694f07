package repocheck

import (
	"fmt"
	"go/ast"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// deviationColumns is the head of the table in docs/compatibility.md.
var deviationColumns = []string{"id", "what danted does", "what ours does", "why", "test"}

var (
	codeSpan   = regexp.MustCompile("`([^`]+)`")
	testName   = regexp.MustCompile(`^(Test|Fuzz)[A-Za-z0-9_]*(/\S+)?$`)
	makeTarget = regexp.MustCompile(`(?m)^([a-z][a-z-]*):[^=\n]*?(##.*)?$`)
	makeCall   = regexp.MustCompile("(?m)(?:^\\s*|`)make ([a-z][a-z-]*)")
)

// tableRows returns the rows, cell by cell, of every Markdown table in text
// whose head has exactly these columns.
func tableRows(text string, columns []string) [][]string {
	var rows [][]string
	inside := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			inside = false
			continue
		}
		line = strings.ReplaceAll(strings.Trim(line, "|"), `\|`, "\x00")
		cells := strings.Split(line, "|")
		for i, c := range cells {
			cells[i] = strings.TrimSpace(strings.ReplaceAll(c, "\x00", "|"))
		}
		switch {
		case slices.EqualFunc(cells, columns, strings.EqualFold):
			inside = true
		case inside && strings.Trim(strings.Join(cells, ""), ":- ") != "":
			rows = append(rows, cells)
		}
	}
	return rows
}

// deviationMistakes checks the table of deviations: every row is complete, has
// an id of its own, and names tests that exist, by function or by file.
func deviationMistakes(text string, tests map[string]bool, exists func(string) bool) []string {
	rows := tableRows(text, deviationColumns)
	if len(rows) == 0 {
		return []string{"no rows under the head | " + strings.Join(deviationColumns, " | ") + " |"}
	}
	var found []string
	seen := map[string]bool{}
	for _, row := range rows {
		if len(row) != len(deviationColumns) || slices.Contains(row, "") {
			found = append(found, fmt.Sprintf("row %q must have %d cells with something in each", row, len(deviationColumns)))
			continue
		}
		id := row[0]
		if seen[id] {
			found = append(found, id+" is there twice")
		}
		seen[id] = true
		named := 0
		for _, word := range strings.FieldsFunc(row[4], func(r rune) bool { return strings.ContainsRune("`,; ", r) }) {
			switch {
			case testName.MatchString(word):
				named++
				if function, _, _ := strings.Cut(word, "/"); !tests[function] {
					found = append(found, fmt.Sprintf("%s names the test %s, which does not exist", id, function))
				}
			case strings.Contains(word, "/"):
				named++
				if !exists(word) {
					found = append(found, fmt.Sprintf("%s names the file %s, which does not exist", id, word))
				}
			}
		}
		if named == 0 {
			found = append(found, fmt.Sprintf("%s names no test: %q has neither a TestName nor a path", id, row[4]))
		}
	}
	return found
}

func testFunctions(all []source) map[string]bool {
	names := map[string]bool{}
	for _, s := range all {
		for _, d := range s.ast.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && s.test() && f.Recv == nil {
				names[f.Name.Name] = true
			}
		}
	}
	return names
}

// mapMistakes compares the package map of ARCHITECTURE.md, the table under
// "| path | what it is |", with the directories that hold packages.
func mapMistakes(text string, dirs []string) []string {
	var found, named []string
	for _, row := range tableRows(text, []string{"path", "what it is"}) {
		for _, m := range codeSpan.FindAllStringSubmatch(row[0], -1) {
			named = append(named, m[1])
		}
	}
	covers := func(name, dir string) bool {
		base, below := strings.CutSuffix(name, "/...")
		return dir == base || below && strings.HasPrefix(dir, base+"/")
	}
	for _, dir := range dirs {
		if !slices.ContainsFunc(named, func(name string) bool { return covers(name, dir) }) {
			found = append(found, "the package map does not have "+dir)
		}
	}
	for _, name := range named {
		if !slices.ContainsFunc(dirs, func(dir string) bool { return covers(name, dir) }) {
			found = append(found, "the package map has "+name+", and there is no such package")
		}
	}
	return found
}

// makeMistakes finds targets without a help text and documents that name
// targets the Makefile does not have.
func makeMistakes(makefile string, documents map[string]string) []string {
	var found []string
	targets := map[string]bool{}
	for _, m := range makeTarget.FindAllStringSubmatch(makefile, -1) {
		targets[m[1]] = true
		if m[2] == "" {
			found = append(found, "make "+m[1]+" has no ## help text")
		}
	}
	for name, text := range documents {
		for _, m := range makeCall.FindAllStringSubmatch(text, -1) {
			if !targets[m[1]] {
				found = append(found, fmt.Sprintf("%s names make %s, which does not exist", name, m[1]))
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := fs.ReadFile(os.DirFS(root(t)), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDeviationsNameTheirTests(t *testing.T) {
	tree := os.DirFS(root(t))
	exists := func(name string) bool {
		_, err := fs.Stat(tree, path.Clean(name))
		return err == nil
	}
	for _, m := range deviationMistakes(read(t, "docs/compatibility.md"), testFunctions(sources(t)), exists) {
		t.Errorf("docs/compatibility.md: %s", m)
	}
}

func TestArchitectureMap(t *testing.T) {
	dirs := slices.Sorted(maps.Keys(byDir(sources(t))))
	for _, m := range mapMistakes(read(t, "ARCHITECTURE.md"), dirs) {
		t.Errorf("ARCHITECTURE.md: %s", m)
	}
}

func TestMakeTargets(t *testing.T) {
	documents := map[string]string{}
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md", ".ci/run"} {
		documents[name] = read(t, name)
	}
	for _, m := range makeMistakes(read(t, "Makefile"), documents) {
		t.Error(m)
	}
}

func TestDeviationMistakesCanFail(t *testing.T) {
	const head = "| id | What danted does | what ours does | why | test |\n|---|:-:|---|---|---|\n"
	tree := fstest.MapFS{"compat-tests/corpus/a.conf": {}}
	exists := func(name string) bool { _, err := tree.Stat(name); return err == nil }
	tests := map[string]bool{"TestA": true, "FuzzB": true}
	for name, c := range map[string]struct {
		text string
		want string
	}{
		"tidy":          {head + "| A1 | a \\| b | b | c | `TestA`, `FuzzB` |\n| A2 | a | b | c | TestA/sub and compat-tests/corpus/a.conf |", ""},
		"another table": {head + "| A1 | a | b | c | TestA |\n\n| x | y |\n|--|--|\n| 1 | 2 |\n", ""},
		"empty file":    {"", "no rows"},
		"no rows":       {head, "no rows"},
		"wrong head":    {"| id | test |\n|--|--|\n| A1 | TestA |", "no rows"},
		"empty cell":    {head + "| A1 | a | | c | TestA |", "5 cells"},
		"short row":     {head + "| A1 | a | TestA |", "5 cells"},
		"twice":         {head + "| A1 | a | b | c | TestA |\n| A1 | a | b | c | TestA |", "A1 is there twice"},
		"no such test":  {head + "| A1 | a | b | c | `TestA` `TestGone/x` |", "TestGone, which does not exist"},
		"no such file":  {head + "| A1 | a | b | c | compat-tests/corpus/b.conf |", "b.conf, which does not exist"},
		"no test":       {head + "| A1 | a | b | c | later |", "names no test"},
	} {
		got := strings.Join(deviationMistakes(c.text, tests, exists), "\n")
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q in it", name, got, c.want)
		}
	}
}

func TestMapMistakesCanFail(t *testing.T) {
	const text = "| path | what it is |\n|--|--|\n| `a`, `a/b` | x, see `z` |\n| `c/...` | y |\n"
	for want, dirs := range map[string][]string{
		"":                                {"a", "a/b", "c/d"},
		"the package map does not have e": {"a", "a/b", "c", "e"},
		"the package map has a/b, and there is no such package":   {"a", "c"},
		"the package map has c/..., and there is no such package": {"a", "a/b"},
	} {
		if got := strings.Join(mapMistakes(text, dirs), "\n"); got != want {
			t.Errorf("%s: got %q, want %q", dirs, got, want)
		}
	}
	if len(mapMistakes("", []string{"a"})) == 0 {
		t.Error("a missing map is not noticed")
	}
}

func TestMakeMistakesCanFail(t *testing.T) {
	const makefile = "X := 1\nX ?= 2\nall: test ## does all\ntest: all  ## tests\n\ttrue\nbare: all\n"
	got := makeMistakes(makefile, map[string]string{"R": "`make all` to make sure\n\n    make gone\n"})
	want := []string{"R names make gone, which does not exist", "make bare has no ## help text"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
