package repocheck

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// mainLines is what a program's package may have: flags, one call, exit code.
const mainLines = 60

// vagueNames say nothing about what is inside, so everything ends up there.
var vagueNames = []string{"util", "utils", "common", "helper", "helpers", "misc"}

// initAllowed lists the files that may have an init function, with the reason:
// it fills a table that cannot be written as a literal.
var initAllowed = map[string]string{}

// A source is one parsed Go file; path is slash-separated from the top.
type source struct {
	path string
	text []byte
	ast  *ast.File
}

func (s source) dir() string  { return path.Dir(s.path) }
func (s source) test() bool   { return strings.HasSuffix(s.path, "_test.go") }
func (s source) name() string { return strings.TrimSuffix(s.ast.Name.Name, "_test") }
func (s source) lines() int   { return bytes.Count(s.text, []byte("\n")) }

// readSources parses every Go file of the tree, leaving out what the go command
// leaves out (testdata, names that start with a dot or underscore).
func readSources(tree fs.FS) ([]source, error) {
	var all []source
	fset := token.NewFileSet()
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if name != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || d.IsDir() && base == "testdata") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() || path.Ext(base) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		all = append(all, source{name, text, file})
		return nil
	})
	return all, err
}

// byDir groups sources into packages; an external test package counts as the
// package it tests.
func byDir(all []source) map[string][]source {
	dirs := map[string][]source{}
	for _, s := range all {
		dirs[s.dir()] = append(dirs[s.dir()], s)
	}
	return dirs
}

func unformatted(all []source) []string {
	var found []string
	for _, s := range all {
		want, err := format.Source(s.text)
		if err != nil {
			found = append(found, fmt.Sprintf("%s: %v", s.path, err))
		} else if !bytes.Equal(want, s.text) {
			found = append(found, s.path+" is not gofmt'ed")
		}
	}
	return found
}

func uncommented(all []source) []string {
	var found []string
	for dir, files := range byDir(all) {
		ok := false
		for _, s := range files {
			if s.ast.Doc == nil {
				continue
			}
			doc := s.ast.Doc.Text()
			ok = ok || strings.HasPrefix(doc, "Package "+s.ast.Name.Name+" ") || s.name() == "main" && doc != ""
		}
		if !ok {
			found = append(found, fmt.Sprintf("%s has no package comment that says what it is, and is not, for", dir))
		}
	}
	slices.Sort(found)
	return found
}

func vaguelyNamed(all []source) []string {
	var found []string
	for dir, files := range byDir(all) {
		for _, name := range []string{files[0].name(), path.Base(dir)} {
			if slices.Contains(vagueNames, name) {
				found = append(found, fmt.Sprintf("%s: %q is not a noun anyone can file things under", dir, name))
				break
			}
		}
	}
	slices.Sort(found)
	return found
}

func longMains(all []source) []string {
	var found []string
	for dir, files := range byDir(all) {
		lines := 0
		for _, s := range files {
			if s.name() == "main" && !s.test() {
				lines += s.lines()
			}
		}
		if lines >= mainLines {
			found = append(found, fmt.Sprintf("%s: the program's own package has %d lines, must be under %d: flags, one call, exit code", dir, lines, mainLines))
		}
	}
	slices.Sort(found)
	return found
}

// inits returns the files with an init function that may not have one, and the
// exceptions that are none.
func inits(all []source, allowed map[string]string) []string {
	var found []string
	used := map[string]bool{}
	for _, s := range all {
		for _, d := range s.ast.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || f.Name.Name != "init" || s.test() {
				continue
			}
			if _, ok := allowed[s.path]; ok {
				used[s.path] = true
				continue
			}
			found = append(found, s.path+" has an init function: what runs at start must be called by main, in an order one can read")
		}
	}
	for name := range allowed {
		if !used[name] {
			found = append(found, name+" has no init function: take it out of initAllowed")
		}
	}
	slices.Sort(found)
	return found
}

// sources reads the real tree.
func sources(t *testing.T) []source {
	t.Helper()
	all, err := readSources(os.DirFS(root(t)))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no Go files found")
	}
	return all
}

func TestSources(t *testing.T) {
	all := sources(t)
	for name, problems := range map[string][]string{
		"formatted":       unformatted(all),
		"package comment": uncommented(all),
		"package name":    vaguelyNamed(all),
		"thin mains":      longMains(all),
		"no init":         inits(all, initAllowed),
	} {
		t.Run(name, func(t *testing.T) {
			for _, p := range problems {
				t.Error(p)
			}
		})
	}
}

func TestSourceChecksCanFail(t *testing.T) {
	read := func(files ...string) []source {
		t.Helper()
		tree := fstest.MapFS{}
		for i := 0; i < len(files); i += 2 {
			tree[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
		}
		all, err := readSources(tree)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	allowed := map[string]string{"ok.go": "a table"}
	noInit := func(all []source) []string { return inits(all, allowed) }
	long := "// Program x.\npackage main\n" + strings.Repeat("\n", mainLines-2)
	okInit := "package ok\n\nfunc init() {}\n"

	for name, c := range map[string]struct {
		check     func([]source) []string
		good, bad []source
	}{
		"formatted": {
			unformatted,
			read("a.go", "package a\n", "testdata/b.go", "package  b", ".x/c.go", "package  c"),
			read("a.go", "package  a\n"),
		},
		"package comment": {
			uncommented,
			read("a/a.go", "package a\n", "a/doc.go", "// Package a is.\npackage a\n", "m/m.go", "// Prog is.\npackage main\n"),
			read("a/a.go", "// Something else.\npackage a\n"),
		},
		"package comment detached": {
			uncommented,
			read("t/t_test.go", "// Package t_test is.\npackage t_test\n"),
			read("a/a.go", "// Package a is.\n\npackage a\n"),
		},
		"package name": {vaguelyNamed, read("a/a.go", "package a\n"), read("util/a.go", "package a\n")},
		"package clause": {
			vaguelyNamed,
			read("utility/a.go", "package utility\n"),
			read("a/a_test.go", "package helpers_test\n"),
		},
		"thin mains": {
			longMains,
			read("m/m.go", strings.TrimSuffix(long, "\n"), "m/m_test.go", long, "a/a.go", strings.Replace(long, "main", "a", 1)),
			read("m/m.go", long),
		},
		"thin mains in two files": {longMains, nil, read("m/m.go", long[:len(long)-2], "m/n.go", "package main\n\n\n")},
		"no init": {
			noInit,
			read("ok.go", okInit, "a_test.go", okInit, "m.go", "package ok\n\nfunc (t) init() {}\n"),
			read("ok.go", okInit, "b.go", okInit),
		},
		"stale init exception": {noInit, nil, read("b.go", "package b\n")},
	} {
		if c.good != nil {
			if got := c.check(c.good); len(got) > 0 {
				t.Errorf("%s: complains about a tidy tree: %s", name, got)
			}
		}
		if got := c.check(c.bad); len(got) != 1 {
			t.Errorf("%s: got %q for one mistake", name, got)
		}
	}
	if _, err := readSources(fstest.MapFS{"a.go": {Data: []byte("pack")}}); err == nil {
		t.Error("a file that does not parse was accepted")
	}
}
