package danted

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the .diag files with what is said now")

// corpus gives the configuration files of the tests.
func corpus(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no files %s: nothing would be tested", pattern)
	}
	return files
}

func read(t testing.TB, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// said gives everything that is said about a file: when verifying, and when starting if that differs.
func said(t *testing.T, file string) string {
	t.Helper()
	src := read(t, file)
	name := filepath.Base(file)
	load := func(m machine, opt Options) string {
		plan, list := Load(name, src, m, opt)
		if (plan == nil) != list.HasErrors() {
			t.Errorf("%s: plan %v, errors %v: one of them must be missing", file, plan != nil, list.HasErrors())
		}
		return list.Text()
	}
	if filepath.Base(filepath.Dir(file)) == "start" {
		debug := 1
		return load(machine{}, Options{Mode: Start, Debug: &debug})
	}
	verify := load(machine{root: true}, Options{Mode: Verify})
	start := load(machine{root: true}, Options{Mode: Start})
	if start != verify {
		verify += "== when starting\n" + start
	}
	return verify
}

// Each pair of a .conf and a .diag file is a test: what is said about the first is the second.
func TestGolden(t *testing.T) {
	for _, pattern := range []string{"*.conf", "facts/*.conf", "start/*.conf"} {
		for _, file := range corpus(t, pattern) {
			t.Run(strings.TrimPrefix(file, "testdata/"), func(t *testing.T) {
				got := said(t, file)
				golden := strings.TrimSuffix(file, ".conf") + ".diag"
				if *update {
					if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
					return
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatalf("%v (run with -update after reading what is said)", err)
				}
				if diff := cmp.Diff(string(want), got); diff != "" {
					t.Errorf("said something else (-want +got):\n%s", diff)
				}
			})
		}
	}
}

// codes gives the codes of a package, by the name of their constant.
func codes(t *testing.T, file string) map[string]string {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			value, err := strconv.Unquote(spec.Values[i].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all[name.Name] = value
		}
		return true
	})
	if len(all) == 0 {
		t.Fatalf("%s: no codes found", file)
	}
	return all
}
