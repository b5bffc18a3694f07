package repocheck

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// cgoPrograms are the programs that may link other people's C.
var cgoPrograms = []string{"./cmd/rustsocks-auth"}

const cgoReason = "C code lives in the auth helper alone, where a crash or a hole costs one attempt; " +
	"every other program is built with CGO_ENABLED=0"

// cgoMistakes looks at the graph as it is with cgo on. Cgo in the standard
// library does not count (net and os/user have pure variants, and those are
// what CGO_ENABLED=0 builds); cgo in this module or in a dependency does.
func cgoMistakes(g graph, allowed []string) []string {
	var found []string
	reached := map[*pkg]bool{} // from an allowed program
	for _, program := range g.matching("./...") {
		if program.Name != "main" {
			continue
		}
		may := matchesAny(allowed, program)
		for p, way := range g.paths(program, func(*pkg) bool { return false }) {
			switch {
			case p.Standard || len(p.CgoFiles) == 0:
			case may:
				reached[p] = true
			default:
				found = append(found, fmt.Sprintf("%s links cgo (%s)", program.short(), chain(way)))
			}
		}
	}
	for _, p := range g {
		if !p.Standard && len(p.CgoFiles) > 0 && !reached[p] {
			found = append(found, p.short()+" has cgo files and is in none of "+strings.Join(allowed, ", "))
		}
	}
	for _, pattern := range allowed {
		switch programs := g.matching(pattern); {
		case len(programs) == 0:
			found = append(found, "there is no program "+pattern)
		case len(reached) == 0:
			found = append(found, pattern+" may link cgo and has none: the exception is stale")
		}
	}
	slices.Sort(found)
	return found
}

func TestCgoBoundary(t *testing.T) {
	for _, m := range cgoMistakes(load(t, true), cgoPrograms) {
		t.Errorf("%s\n\treason: %s", m, cgoReason)
	}
}

// TestBuildsWithoutCgo looks at the graph the programs are really built from:
// no package may be missing from it, that is, consist of cgo files only.
func TestBuildsWithoutCgo(t *testing.T) {
	g := load(t, false)
	for _, m := range unbuildable(g, cgoPrograms) {
		t.Errorf("%s\n\treason: %s", m, cgoReason)
	}
}

func unbuildable(g graph, except []string) []string {
	var found []string
	for _, program := range g.matching("./...") {
		if program.Name != "main" || matchesAny(except, program) {
			continue
		}
		for p, way := range g.paths(program, func(*pkg) bool { return false }) {
			if p.Error != nil {
				found = append(found, fmt.Sprintf("%s does not build without cgo: %s (%s)", program.short(), p.Error.Err, chain(way)))
			}
			if len(p.CgoFiles) > 0 {
				found = append(found, fmt.Sprintf("%s has cgo files although cgo is off (%s)", p.short(), chain(way)))
			}
		}
	}
	slices.Sort(found)
	return found
}

func TestCgoMistakesCanFail(t *testing.T) {
	allowed := []string{"./cmd/auth"}
	for name, c := range map[string]struct {
		g    graph
		want string
	}{
		"tidy": {fake("./cmd/auth: (main) ./pkg/pam", "./pkg/pam: (cgo)", "./cmd/danted: (main) net", "net: (cgo)"), ""},
		"own cgo in another program": {
			fake("./cmd/auth: (main) ./pkg/pam", "./pkg/pam: (cgo)", "./cmd/danted: (main) ./pkg/x", "./pkg/x: ./pkg/pam"),
			"./cmd/danted links cgo (./cmd/danted -> ./pkg/x -> ./pkg/pam)",
		},
		"a dependency's cgo in another program": {
			fake("./cmd/auth: (main) (cgo)", "./cmd/worker: (main) example.org/c", "example.org/c: (cgo)"),
			"./cmd/worker links cgo",
		},
		"cgo nobody links": {fake("./cmd/auth: (main) (cgo)", "./pkg/stray: (cgo)"), "./pkg/stray has cgo files"},
		"stale exception":  {fake("./cmd/auth: (main) net", "net: (cgo)"), "the exception is stale"},
		"no such program":  {fake("./cmd/danted: (main)"), "there is no program"},
	} {
		got := strings.Join(cgoMistakes(c.g, allowed), "\n")
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q in it", name, got, c.want)
		}
	}
}

func TestUnbuildableCanFail(t *testing.T) {
	g := fake("./cmd/danted: (main) ./pkg/pam")
	if got := unbuildable(g, nil); len(got) != 0 {
		t.Errorf("complains without a reason: %s", got)
	}
	g[module+"/pkg/pam"].Error = &struct{ Err string }{"build constraints exclude all Go files"}
	if got := unbuildable(g, nil); len(got) != 1 {
		t.Errorf("got %q, want one complaint", got)
	}
	if got := unbuildable(g, []string{"./cmd/danted"}); len(got) != 0 {
		t.Errorf("complains about an excepted program: %s", got)
	}
}
