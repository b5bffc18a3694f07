package repocheck

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// notBuiltYet names the packages the rules may speak of although they do not
// exist. One that has come into being must leave this list: a test says so.
var notBuiltYet = []string{
	"./cmd/rustsocks-recorder",
	"./pkg/api",
	"./pkg/audit",
	"./pkg/metrics",
	"./pkg/native",
	"./pkg/session",
	"./translate/...",
}

// A rule says what a set of packages must not import.
type rule struct {
	name   string
	from   []string // the packages it binds
	forbid []string
	except []string // out of forbid again
	// own limits the look into the standard library to what packages outside it
	// import themselves: fmt imports os, and that is nobody's layering mistake.
	own bool
	why string
}

var rules = []rule{
	{
		name:   "the engine does not know the language",
		from:   []string{"./sockd/..."},
		forbid: []string{"./danted/..."},
		why:    "the two trees meet in pkg/plan only, so that another front end needs no change behind it; cmd joins them by passing a load function",
	},
	{
		name:   "the language does not know the engine",
		from:   []string{"./danted/..."},
		forbid: []string{"./sockd/..."},
		why:    "a configuration must be checked and explained on a machine where no daemon runs; the two trees meet in pkg/plan only",
	},
	{
		name:   "pkg is below both trees",
		from:   []string{"./pkg/..."},
		forbid: []string{"./danted/...", "./sockd/...", "./translate/..."},
		why:    "supporting packages serve both trees; one that imports a tree would tie the other tree to it",
	},
	{
		name:   "the policy is pure",
		from:   []string{"./pkg/acl", "./pkg/addr", "./pkg/hostsaccess", "./pkg/socks/..."},
		forbid: []string{"net/...", "os/...", "database/sql/...", "log/..."},
		except: []string{"net/netip"},
		own:    true,
		why:    "deciding and decoding must give the same result in the daemon and in every tool: no sockets, files, databases or logs, questions instead of calls",
	},
	{
		name: "the privileged program parses no client byte",
		from: []string{"./cmd/danted", "./sockd/monitor"},
		forbid: []string{
			"./pkg/socks/wire", "./sockd", "./sockd/relay", "./sockd/upstream", "./pkg/api",
			"net/http", "database/sql",
		},
		why: "what can run as root is what this program links: no protocol parser, no relay, no web server, no database",
	},
	{
		name:   "the keyword table and diagnostics stand alone",
		from:   []string{"./danted/keyword", "./danted/diag"},
		forbid: []string{notStandard},
		why:    "every reader of the table imports these two, generators included; a dependency here would be everybody's",
	},
}

// violations returns one line for every import that breaks r.
func violations(g graph, r rule) []string {
	var found []string
	for _, pattern := range r.from {
		for _, from := range g.matching(pattern) {
			ways := g.paths(from, func(p *pkg) bool { return r.own && p.Standard })
			for p, way := range ways {
				if p != from && matchesAny(r.forbid, p) && !matchesAny(r.except, p) {
					found = append(found, fmt.Sprintf("%s must not reach %s (%s)", from.short(), p.short(), chain(way)))
				}
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// unknownNames returns the patterns of the rules that name nothing, except
// those of absent, and the ones of absent that name something after all. A rule
// about a package that does not exist holds whatever anybody writes.
func unknownNames(g graph, rules []rule, absent []string) []string {
	var found []string
	for _, r := range rules {
		for _, pattern := range slices.Concat(r.from, r.forbid, r.except) {
			own := strings.HasPrefix(pattern, "./")
			if own && !slices.Contains(absent, pattern) && len(g.matching(pattern)) == 0 {
				found = append(found, fmt.Sprintf("rule %q names %s, and there is no such package", r.name, pattern))
			}
		}
	}
	for _, pattern := range absent {
		if len(g.matching(pattern)) > 0 {
			found = append(found, pattern+" exists now: take it out of notBuiltYet")
		}
	}
	return found
}

func TestLayering(t *testing.T) {
	// With cgo off as the programs are built, and with it on, for what only the
	// cgo files of a package import.
	for _, cgo := range []bool{false, true} {
		g := load(t, cgo)
		for _, r := range rules {
			for _, v := range violations(g, r) {
				t.Errorf("%s\n\trule: %s\n\treason: %s", v, r.name, r.why)
			}
		}
	}
}

func TestRulesNameExistingPackages(t *testing.T) {
	for _, problem := range unknownNames(load(t, true), rules, notBuiltYet) {
		t.Error(problem)
	}
}

// Each rule must catch its mistake in a made-up tree, and must not complain
// about the tidy version of it.
func TestRulesCanFail(t *testing.T) {
	for name, trees := range map[string]struct{ bad, good graph }{
		"the engine does not know the language": {
			bad:  fake("./sockd/relay: ./pkg/x", "./pkg/x: ./danted/config"),
			good: fake("./sockd/relay: ./pkg/plan", "./danted/config: ./pkg/plan"),
		},
		"the language does not know the engine": {
			bad:  fake("./danted: ./sockd"),
			good: fake("./danted: ./danted/syntax", "./cmd/danted: ./danted ./sockd/monitor"),
		},
		"pkg is below both trees": {
			bad:  fake("./pkg/plan: ./danted/keyword"),
			good: fake("./pkg/plan: ./pkg/addr", "./danted/keyword: ./pkg/plan"),
		},
		"the policy is pure": {
			bad:  fake("./pkg/acl: ./pkg/x", "./pkg/x: example.org/dep", "example.org/dep: log/slog"),
			good: fake("./pkg/acl: fmt net/netip example.org/dep", "fmt: os", "example.org/dep: io"),
		},
		"the privileged program parses no client byte": {
			bad:  fake("./cmd/danted: ./sockd/monitor", "./sockd/monitor: ./pkg/x", "./pkg/x: net/http"),
			good: fake("./cmd/danted: ./sockd/monitor", "./sockd/monitor: net ./pkg/socks", "./sockd: ./pkg/socks/wire"),
		},
		"the keyword table and diagnostics stand alone": {
			bad:  fake("./danted/keyword: strings ./danted/diag", "./danted/diag: fmt"),
			good: fake("./danted/keyword: strings", "./danted/diag: fmt"),
		},
	} {
		i := slices.IndexFunc(rules, func(r rule) bool { return r.name == name })
		if i < 0 {
			t.Errorf("no rule is called %q", name)
			continue
		}
		if len(violations(trees.bad, rules[i])) == 0 {
			t.Errorf("%q does not notice its mistake", name)
		}
		if v := violations(trees.good, rules[i]); len(v) > 0 {
			t.Errorf("%q complains about a tidy tree: %s", name, v)
		}
	}
}

func TestEveryForbiddenNameIsCaught(t *testing.T) {
	for _, r := range rules {
		for _, from := range r.from {
			for _, forbid := range r.forbid {
				plain := func(s string) string { return strings.TrimSuffix(s, "/...") }
				target := plain(forbid)
				if forbid == notStandard {
					target = "example.org/dep"
				}
				if g := fake(plain(from) + ": " + target); len(violations(g, r)) == 0 {
					t.Errorf("rule %q does not catch %s importing %s", r.name, plain(from), target)
				}
			}
		}
	}
}

func TestUnknownNamesCanFail(t *testing.T) {
	r := []rule{{name: "r", from: []string{"./a"}, forbid: []string{"./b/...", "net"}}}
	g := fake("./a:", "./b/c:")
	if got := unknownNames(g, r, nil); len(got) != 0 {
		t.Errorf("complains without a reason: %s", got)
	}
	if got := unknownNames(fake("./a:"), r, nil); len(got) != 1 {
		t.Errorf("a missing package gave %q, want one complaint", got)
	}
	if got := unknownNames(fake("./a:"), r, []string{"./b/..."}); len(got) != 0 {
		t.Errorf("a package known to be absent gave %q", got)
	}
	if got := unknownNames(g, r, []string{"./b/..."}); len(got) != 1 {
		t.Errorf("an absent package that exists gave %q, want one complaint", got)
	}
}
