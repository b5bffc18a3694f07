package danted

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rustsocks/rustsocks/danted/config"
	"github.com/rustsocks/rustsocks/danted/diag"
)

// rows is how many mistakes of configurations danted was asked about, one by one.
const rows = 163

// Each code is in the table of checks, and each check has a code.
func TestChecksAndCodes(t *testing.T) {
	known := map[string]bool{}
	for _, file := range []string{"syntax/codes.go", "config/codes.go"} {
		for _, code := range codes(t, file) {
			known[code] = true
		}
	}
	last := ""
	for _, c := range config.Checks() {
		if !known[c.Code] {
			t.Errorf("%s: nothing says it", c.Code)
		}
		delete(known, c.Code)
		if c.Code <= last || strings.ToLower(c.Code) != c.Code || strings.ContainsAny(c.Code, " _") {
			t.Errorf("%s: the table is in the order of the codes, which are in kebab case", c.Code)
		}
		last = c.Code
		if !strings.HasSuffix(c.Doc, ".") {
			t.Errorf("%s: Doc is %q", c.Code, c.Doc)
		}
	}
	for code := range known {
		t.Errorf("%s is not in the table of checks", code)
	}
}

// Each check of danted is one of ours, or is known not to be a mistake.
func TestEveryRowHasACheck(t *testing.T) {
	covered := map[int]string{}
	for _, c := range config.Checks() {
		for _, row := range c.Rows {
			if row < 1 || row > rows {
				t.Errorf("%s: there is no row %d", c.Code, row)
			}
			covered[row] = c.Code
		}
	}
	for _, row := range config.Accepted() {
		if code, ok := covered[row]; ok {
			t.Errorf("row %d is accepted and has the check %s", row, code)
		}
		covered[row] = "accepted"
	}
	for row := 1; row <= rows; row++ {
		if covered[row] == "" {
			t.Errorf("row %d: nothing checks it", row)
		}
	}
	t.Logf("%d checks for %d of danted's", len(config.Checks()), rows)
}

func check(t *testing.T, code string) config.Check {
	t.Helper()
	all := config.Checks()
	i := slices.IndexFunc(all, func(c config.Check) bool { return c.Code == code })
	if i < 0 {
		t.Fatalf("%s is not in the table of checks", code)
	}
	return all[i]
}

// A check that no file shows is one that no test makes. What it says has danted's words in it.
func TestEveryCheckHasAFile(t *testing.T) {
	shown := map[string]bool{}
	note := func(list diag.List) {
		for _, d := range list {
			shown[d.Code] = true
			c := check(t, d.Code)
			if d.Severity != c.Severity && d.Code != "not-yet" {
				t.Errorf("%s: %s is a %v, and the table says %v", d.Pos, d.Code, d.Severity, c.Severity)
			}
			if !strings.Contains(d.Message, c.Says) {
				t.Errorf("%s: %s does not say %q:\n%s", d.Pos, d.Code, c.Says, d.Message)
			}
		}
	}
	for _, pattern := range []string{"*.conf", "facts/*.conf"} {
		for _, file := range corpus(t, pattern) {
			_, list := Load(file, read(t, file), machine{root: true}, Options{})
			note(list)
		}
	}
	one := 1
	for _, file := range corpus(t, "start/*.conf") {
		_, list := Load(file, read(t, file), machine{}, Options{Mode: Start, Debug: &one})
		note(list)
	}
	for _, c := range config.Checks() {
		if !shown[c.Code] {
			t.Errorf("no file of testdata shows %s", c.Code)
		}
	}
}

// numbered gives the files of the corpus of whole configurations that are about one of danted's checks.
func numbered(t *testing.T) map[string]int {
	t.Helper()
	files, err := filepath.Glob("../compat-tests/corpus/*/[01]*.conf")
	if err != nil || len(files) < rows {
		t.Fatalf("%d files: %v", len(files), err)
	}
	all := map[string]int{}
	for _, file := range files {
		number, _, _ := strings.Cut(filepath.Base(file), "-")
		if n, err := strconv.Atoi(number); err == nil && n <= rows {
			all[file] = n
		}
	}
	return all
}

// What the table says of danted's checks is what happens to files that fail them, and danted does say what it is said
// to say.
func TestRowsAreOfTheCorpus(t *testing.T) {
	shown := map[int]bool{}
	for file, row := range numbered(t) {
		_, list := Load(file, read(t, file), machine{root: true}, Options{})
		var verdict struct {
			Status   int
			Messages []string
		}
		if err := json.Unmarshal(read(t, strings.TrimSuffix(file, ".conf")+".verdict"), &verdict); err != nil {
			t.Fatal(err)
		}
		dantedSays := func(c config.Check) bool {
			return verdict.Status > 1 /* it died */ || strings.Contains(strings.Join(verdict.Messages, "\n"), c.Says)
		}
		first := true // danted stops at its first error
		for _, d := range list {
			c := check(t, d.Code)
			wrong := d.Severity == diag.Error && first
			first = first && !wrong
			if wrong && !dantedSays(c) {
				t.Errorf("%s: danted does not say %q:\n%s", file, c.Says, strings.Join(verdict.Messages, "\n"))
			}
			if slices.Contains(c.Rows, row) && dantedSays(c) {
				shown[row] = true
			}
		}
		if slices.Contains(config.Accepted(), row) && verdict.Status == 0 && list.HasErrors() {
			t.Errorf("%s is accepted, says the table:\n%s", file, list.Text())
		}
	}
	for row := 1; row <= rows; row++ {
		if !shown[row] && !slices.Contains(config.Accepted(), row) && row != bareInterface {
			t.Errorf("row %d: no file of the corpus fails the check that the table has for it", row)
		}
	}
}

// bareInterface is the row of an interface without addresses, which files cannot show where there is none.
const bareInterface = 27

// Every check is a function of that name: what is said is said in a function that is called check…, except in the two
// that put the words around what a row of the keyword table says.
func TestChecksAreNamed(t *testing.T) {
	files, err := filepath.Glob("config/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	names := codes(t, "config/codes.go")
	used := map[string]bool{}
	for _, file := range files {
		if filepath.Base(file) == "codes.go" || strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range tree.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				id, ok := n.(*ast.Ident)
				if !ok || names[id.Name] == "" {
					return true
				}
				used[id.Name] = true
				if name := f.Name.Name; !strings.HasPrefix(name, "check") && name != "notYet" && name != "noEffect" {
					t.Errorf("%s: %s says %s in passing: make that a function check…", file, name, names[id.Name])
				}
				return true
			})
		}
	}
	for name, code := range names {
		if !used[name] {
			t.Errorf("%s (%s) is used nowhere", name, code)
		}
	}
}
