package lint

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/danted/config"
	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
)

var update = flag.Bool("update", false, "rewrite the .lint files with what is found now")

// read gives a configuration without errors.
func read(t testing.TB, name, text string, facts hostfacts.Facts) (*syntax.File, *config.Config) {
	t.Helper()
	file, said := syntax.Parse(name, text)
	c, more := config.Read(file, facts, config.Options{Mode: config.Verify})
	if said = append(said, more...); said.HasErrors() {
		t.Fatalf("the file cannot be used:\n%s", said.Text())
	}
	return file, c
}

func lint(t testing.TB, name, text string, facts hostfacts.Facts) diag.List {
	t.Helper()
	file, c := read(t, name, text, facts)
	return Lint(file, c, facts)
}

func confs(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: nothing would be tested (%v)", pattern, err)
	}
	return files
}

func text(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Each pair of a .conf and a .lint file is a test: what is found in the first is the second. Those in offline/ are
// looked at without a machine.
func TestGolden(t *testing.T) {
	found := map[string]diag.Severity{}
	check := func(pattern string, facts hostfacts.Facts) {
		for _, file := range confs(t, pattern) {
			t.Run(strings.TrimPrefix(file, "testdata/"), func(t *testing.T) {
				list := lint(t, filepath.Base(file), text(t, file), facts)
				for _, d := range list {
					if worst, ok := found[d.Code]; !ok || d.Severity < worst {
						found[d.Code] = d.Severity
					}
				}
				got := list.Text()
				golden := strings.TrimSuffix(file, ".conf") + ".lint"
				if *update {
					if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
					return
				}
				if diff := cmp.Diff(text(t, golden), got); diff != "" {
					t.Errorf("found something else (-want +got; -update writes what is found):\n%s", diff)
				}
			})
		}
	}
	check("testdata/*.conf", machine{})
	check("testdata/offline/*.conf", hostfacts.NewOffline())
	want := map[string]diag.Severity{}
	for _, c := range Checks() {
		want[c.Code] = c.Severity
		if !strings.HasSuffix(c.Doc, ".") || !strings.HasSuffix(c.Mend, ".") {
			t.Errorf("%s: what is wrong and how to mend it are not said in sentences", c.Code)
		}
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("the golden files do not show every check at its severity (-table +found):\n%s", diff)
	}
}

// The quiet-*.conf files were written to find nothing; -update must not change that.
func TestQuiet(t *testing.T) {
	for _, file := range confs(t, "testdata/quiet-*.lint") {
		if got := text(t, file); got != "" {
			t.Errorf("%s is not empty:\n%s", file, got)
		}
	}
}

// A finding points at a place in the file, and shows its line.
func TestPositions(t *testing.T) {
	for _, file := range confs(t, "testdata/*.conf") {
		src := text(t, file)
		for _, d := range lint(t, file, src, machine{}) {
			lines := strings.Split(src, "\n")
			if d.Pos.IsValid() && (d.Pos.Line > len(lines) || lines[d.Pos.Line-1] != d.Source || d.Span == 0) {
				t.Errorf("%s: %s: not a place in the file", file, d.Line())
			}
		}
	}
}

// The configuration that comes with the project must be an example of a good one.
func TestOwnExample(t *testing.T) {
	const file = "../../packaging/examples/loopback.conf"
	if got := lint(t, "loopback.conf", text(t, file), hostfacts.NewOffline()); len(got) > 0 {
		t.Errorf("found in our own example:\n%s", got.Text())
	}
}

func TestCodesAreUnique(t *testing.T) {
	var codes []string
	for _, c := range Checks() {
		if slices.Contains(codes, c.Code) {
			t.Errorf("two checks have the code %s", c.Code)
		}
		codes = append(codes, c.Code)
	}
}
