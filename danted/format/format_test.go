package format

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/danted"
	"github.com/rustsocks/rustsocks/danted/keyword/cases"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
)

var update = flag.Bool("update", false, "rewrite the .want and .upgraded files with what is written now")

// golden compares with a file.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(read(t, file)), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// Each .conf file has its canonical layout beside it or, when danted's parser refuses it, why there is none.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.conf")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			got, said := Format(filepath.Base(file), read(t, file))
			if (got == nil) != said.HasErrors() {
				t.Fatalf("text %v, errors %v: one of them must be missing", got != nil, said.HasErrors())
			}
			golden(t, strings.TrimSuffix(file, ".conf")+".want", string(got)+said.Text())
		})
	}
}

// A meaning is what danted makes of a file.
type meaning struct {
	Digest string
	Codes  []string
}

// means loads a file on a machine that has everything.
func means(name string, src []byte) meaning {
	plan, said := danted.Load(name, src, hostfacts.NewOffline(), danted.Options{Mode: danted.Start})
	var m meaning
	if plan != nil {
		m.Digest = plan.Digest()
	}
	for _, d := range said {
		m.Codes = append(m.Codes, d.Code)
	}
	slices.Sort(m.Codes)
	return m
}

// A content is what of a file its layout cannot change.
type content struct{ Tokens, Remarks []string }

func contentOf(src []byte) content {
	var c content
	for _, t := range syntax.Scan(string(src)) {
		switch {
		case syntax.IsComment(t), syntax.IsIgnored(t):
			c.Remarks = append(c.Remarks, strings.TrimRight(t.Value, " \t\r"))
		case !syntax.IsTrivia(t):
			c.Tokens = append(c.Tokens, t.Value+" "+string(rune(t.Type)))
		}
	}
	slices.Sort(c.Remarks)
	return c
}

// laidOut makes the checks that hold for any text, and tells whether it has a layout.
func laidOut(t *testing.T, src []byte) (string, bool) {
	t.Helper()
	once, said := Format("f", src)
	if said.HasErrors() {
		if once != nil {
			t.Fatalf("%q has errors and was laid out", src)
		}
		return "", false
	}
	if once == nil {
		t.Fatalf("%q has neither errors nor a layout", src)
	}
	if diff := cmp.Diff(contentOf(src), contentOf(once)); diff != "" {
		t.Fatalf("the layout of %q is\n%s\nwhich has other words (-before +after):\n%s", src, once, diff)
	}
	twice, said := Format("f", once)
	if diff := cmp.Diff(string(once), string(twice)); diff != "" {
		t.Fatalf("the layout of %q is not a layout of itself (-once +twice):\n%s%s", src, diff, said.Text())
	}
	text := string(once)
	if strings.Contains(text, "\n\n\n") || strings.Contains(text, "\n\n}") || emptyStart.MatchString(text) || strings.HasPrefix(text, "\n") || strings.HasSuffix(text, "\n\n") ||
		text != "" && !strings.HasSuffix(text, "\n") {
		t.Fatalf("the layout of %q has empty lines too many or no end:\n%q", src, once)
	}
	return text, true
}

// Text that stays as it was keeps its comments inside.
func TestWhatIsNotKnownStays(t *testing.T) {
	const src = "socket.recvbuf.tcp:  1 # one\n  2"
	p := part{node: &syntax.Node{Statement: &syntax.Statement{Gone: &syntax.GoneStatement{}}}}
	if inside := p.write(src, syntax.Scan(src)); p.text != src || len(inside) > 0 {
		t.Errorf("%q was written as %q, and %v behind it", src, p.text, inside)
	}
}

// emptyStart is an empty line at the start of a block.
var emptyStart = regexp.MustCompile(`(?m)^[a-z ]+ \{(  #.*)?\n\n`)

func TestFormatKeepsTheMeaning(t *testing.T) {
	n := 0
	check := func(t *testing.T, name string, src []byte) {
		text, ok := laidOut(t, src)
		if !ok {
			return
		}
		n++
		before, after := means(name, src), means(name, []byte(text))
		if text == "" {
			// Of an empty file less is said than of one with blanks; both are errors.
			before.Codes, after.Codes = nil, nil
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("the layout means something else (-before +after):\n%s%s", diff, text)
		}
	}
	each(t, check)
	files := n
	for _, c := range cases.All() {
		check(t, c.Name, []byte(c.Text))
	}
	t.Logf("%d files and %d generated configurations were laid out", files, n-files)
	if files < 300 || n-files < 2000 {
		t.Error("too few")
	}
}

func FuzzFormat(f *testing.F) {
	for _, src := range corpus(f) {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) { laidOut(t, src) })
}

// What is said of a file with errors is what is said of it elsewhere.
func TestErrorsAreThoseOfTheParser(t *testing.T) {
	each(t, func(t *testing.T, name string, src []byte) {
		_, want := syntax.Parse(name, string(src))
		_, got := Format(name, src)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}
