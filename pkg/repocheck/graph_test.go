package repocheck

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/rustsocks/rustsocks"

// A pkg is what the checks need of one entry of `go list -json`.
type pkg struct {
	ImportPath     string
	Name           string
	Dir            string
	Standard       bool
	Imports        []string
	CgoFiles       []string
	IgnoredGoFiles []string
	Error          *struct{ Err string }
}

// short is the import path as people here say it: "./sockd/relay" for a
// package of this module, the path itself for every other.
func (p *pkg) short() string {
	if rel, ok := strings.CutPrefix(p.ImportPath, module+"/"); ok {
		return "./" + rel
	}
	return p.ImportPath
}

// A graph is the import graph by import path.
type graph map[string]*pkg

// matching returns the packages that pattern names, sorted. Patterns are those
// of matches.
func (g graph) matching(pattern string) []*pkg {
	var found []*pkg
	for _, p := range g {
		if matches(pattern, p) {
			found = append(found, p)
		}
	}
	slices.SortFunc(found, func(a, b *pkg) int { return strings.Compare(a.ImportPath, b.ImportPath) })
	return found
}

// notStandard as a pattern matches every package outside the standard library.
const notStandard = "(outside the standard library)"

// matches reports whether pattern names p. "./x" is a package of this module,
// "x" one of any other origin; "/..." at the end takes in everything below.
func matches(pattern string, p *pkg) bool {
	if pattern == notStandard {
		return !p.Standard
	}
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return p.short() == base || strings.HasPrefix(p.short(), base+"/")
	}
	return p.short() == pattern
}

func matchesAny(patterns []string, p *pkg) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, p) })
}

// paths walks the imports of from, breadth first, and returns for every package
// reached one shortest way there, from and the package itself included. It does
// not go beyond a package for which stop returns true.
func (g graph) paths(from *pkg, stop func(*pkg) bool) map[*pkg][]*pkg {
	way := map[*pkg][]*pkg{from: {from}}
	queue := []*pkg{from}
	for len(queue) > 0 {
		p := queue[0]
		queue = queue[1:]
		if p != from && stop(p) {
			continue
		}
		for _, path := range p.Imports {
			next, known := g[path]
			if !known { // "C", or something go list could not resolve
				continue
			}
			if _, seen := way[next]; seen {
				continue
			}
			way[next] = append(slices.Clone(way[p]), next)
			queue = append(queue, next)
		}
	}
	return way
}

func chain(way []*pkg) string {
	names := make([]string, len(way))
	for i, p := range way {
		names[i] = p.short()
	}
	return strings.Join(names, " -> ")
}

// root is the top of the tree.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		t.Fatalf("the top of the tree should be two levels up: %v", err)
	}
	return dir
}

// load asks go list for the import graph of the whole module, with cgo on or off.
func load(t *testing.T, cgo bool) graph {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-deps",
		"-json=ImportPath,Name,Dir,Standard,Imports,CgoFiles,IgnoredGoFiles,Error", "./...")
	cmd.Dir = root(t)
	cmd.Env = append(os.Environ(), "GOOS=linux", "CGO_ENABLED=0")
	if cgo {
		cmd.Env = append(cmd.Env, "CGO_ENABLED=1")
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	g, err := decode(strings.NewReader(string(out)))
	if err != nil {
		t.Fatalf("reading go list: %v", err)
	}
	return g
}

func decode(r io.Reader) (graph, error) {
	g := graph{}
	for dec := json.NewDecoder(r); ; {
		p := new(pkg)
		switch err := dec.Decode(p); {
		case errors.Is(err, io.EOF):
			return g, nil
		case err != nil:
			return nil, err
		}
		g[p.ImportPath] = p
	}
}

// fake builds a graph for the self-tests: "importer: imported imported", one
// package a line; names as in short, "(cgo)" marks a package with cgo files and
// "(main)" a program.
func fake(lines ...string) graph {
	g := graph{}
	get := func(short string) *pkg {
		path := short
		rel, own := strings.CutPrefix(short, "./")
		if own {
			path = module + "/" + rel
		}
		if g[path] == nil {
			g[path] = &pkg{
				ImportPath: path,
				Name:       path[strings.LastIndex(path, "/")+1:],
				Standard:   !strings.Contains(strings.Split(path, "/")[0], "."),
			}
		}
		return g[path]
	}
	for _, line := range lines {
		name, rest, _ := strings.Cut(line, ":")
		p := get(name)
		for _, word := range strings.Fields(rest) {
			switch word {
			case "(cgo)":
				p.CgoFiles = []string{"c.go"}
			case "(main)":
				p.Name = "main"
			default:
				p.Imports = append(p.Imports, get(word).ImportPath)
			}
		}
	}
	return g
}

func TestDecode(t *testing.T) {
	g, err := decode(strings.NewReader(`{"ImportPath": "a", "Imports": ["b"]} {"ImportPath": "b", "Standard": true}`))
	if err != nil || len(g) != 2 || g["a"].Imports[0] != "b" || !g["b"].Standard {
		t.Errorf("got %v, %v", g, err)
	}
	if _, err := decode(strings.NewReader(`{"ImportPath":`)); err == nil {
		t.Error("half an object was accepted")
	}
}

func TestMatches(t *testing.T) {
	p := &pkg{ImportPath: module + "/sockd/relay"}
	for pattern, want := range map[string]bool{
		"./sockd/relay": true, "./sockd/...": true, "./sockd/relay/...": true, notStandard: true,
		"./sockd": false, "./sock/...": false, "./sockd/rel/...": false, "sockd/relay": false, "net/...": false,
	} {
		if got := matches(pattern, p); got != want {
			t.Errorf("matches(%q, ./sockd/relay) = %v, want %v", pattern, got, want)
		}
	}
}
