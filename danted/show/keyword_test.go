package show_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/rustsocks/rustsocks/danted"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/show"
)

// unshown are keywords that never are in what is shown, and why.
var unshown = map[keyword.ID]string{
	keyword.ChildMaxRequests: "it has no effect",
	keyword.ChildMaxIdle:     "it has no effect",
	keyword.ChildMaxLifetime: "it has no effect",
	keyword.CPUSchedule:      "it has no effect",
	keyword.CPUMask:          "it has no effect",
	keyword.LocalDomain:      "it has no effect",
	keyword.GSSAPIEncType:    "it has no effect",
	keyword.TimeoutIO:        "it is timeout.io.tcp and timeout.io.udp",
}

// nowhere are places where the grammar has a keyword that can do nothing.
var nowhere = map[place]string{
	{keyword.Route, keyword.RedirectFrom}:        "it means nothing in a route",
	{keyword.ClientRule, keyword.ExternalSocket}: "it is an error in a client-rule",
}

type place struct {
	scope keyword.Scope
	id    keyword.ID
}

type block struct {
	Settings []setting `json:"settings"`
}

type setting struct {
	Key string `json:"key"`
}

// blocks gives what is shown of a configuration, by place.
func blocks(t *testing.T, text string) map[keyword.Scope][]block {
	t.Helper()
	var out struct {
		Global      []setting `json:"global"`
		ClientRules []block   `json:"client_rules"`
		SocksRules  []block   `json:"socks_rules"`
		Routes      []block   `json:"routes"`
		Monitors    []block   `json:"monitors"`
	}
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return map[keyword.Scope][]block{
		keyword.Global: {{out.Global}}, keyword.ClientRule: out.ClientRules, keyword.SocksRule: out.SocksRules,
		keyword.Route: out.Routes, keyword.Monitor: out.Monitors,
	}
}

// names match the keys of the rows.
var names = func() map[keyword.ID]*regexp.Regexp {
	parts := strings.NewReplacer(`LEVEL\.OPTION`, `(ip|socket|tcp|udp)\.[a-z0-9_.]+`, `LEVEL`, `[a-z]+`, `PROC`, `[a-z]+`)
	all := map[keyword.ID]*regexp.Regexp{}
	for _, r := range keyword.All() {
		name := parts.Replace(regexp.QuoteMeta(r.Name))
		if r.Where == keyword.Monitor {
			name = `((internal|external)\.)?` + name + `(\.recv|\.send)?`
		}
		all[r.ID] = regexp.MustCompile(`^` + name + `$`)
	}
	return all
}()

// row gives the row of a key in a place.
func row(t *testing.T, scope keyword.Scope, key string) *keyword.Row {
	t.Helper()
	for _, r := range keyword.All() {
		if r.Where&scope != 0 && names[r.ID].MatchString(key) {
			return r
		}
	}
	t.Fatalf("%q is no keyword of a %s", key, scope)
	return nil
}

// rank gives the place of a row in the order: that of the table, but for what the language wants in another one, and
// for the two families of keywords whose lines are in the order of the file.
func rank(r *keyword.Row) keyword.ID {
	switch id := r.ID; {
	case id == keyword.InternalProtocol, id == keyword.Internal:
		return 0
	case id == keyword.From, id == keyword.To, id == keyword.Via:
		return 0
	case id >= keyword.InternalLogError && id <= keyword.ExternalLogEnabled:
		return keyword.InternalLogError
	case id == keyword.ExternalSocket:
		return keyword.InternalSocket
	case id == keyword.ExternalProtocol:
		return keyword.External
	default:
		return id
	}
}

// Every keyword that has an effect is shown in each place where it can stand, and in the order of the table.
func TestEveryKeywordIsShown(t *testing.T) {
	seen := map[place]bool{}
	for _, file := range files(t) {
		c, _, _ := load(file, read(t, file), danted.Options{})
		if c == nil {
			continue
		}
		for scope, list := range blocks(t, object(t, c, show.Options{All: true})) {
			for _, b := range list {
				last := keyword.ID(0)
				for _, s := range b.Settings {
					r := row(t, scope, s.Key)
					seen[place{scope, r.ID}] = true
					if rank(r) < last {
						t.Errorf("%s: %s in a %s is not in the order of the table", file, s.Key, scope)
					}
					last = rank(r)
				}
			}
		}
	}
	for _, r := range keyword.All() {
		if r.Status == keyword.Refused {
			continue
		}
		for _, scope := range (r.Where &^ keyword.HostidRule).Each() {
			here := place{scope, r.ID}
			why := unshown[r.ID] + nowhere[here]
			if shown := seen[here]; shown == (why != "") {
				t.Errorf("%s in a %s: shown %v, %s", r.Name, scope, shown, why)
			}
		}
	}
}
