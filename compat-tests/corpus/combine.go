package corpus

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/keyword/cases"
)

// A combiner makes files out of statements that are right each: what is wrong
// with them is how they go together.
type combiner struct {
	statements map[keyword.Scope][]string
	addresses  map[keyword.Scope]map[keyword.ID][]string
}

func newCombiner() *combiner {
	c := &combiner{statements: map[keyword.Scope][]string{}, addresses: map[keyword.Scope]map[keyword.ID][]string{}}
	for _, one := range cases.All() {
		switch one.Kind {
		case cases.Example, cases.Vocabulary, cases.Spelling:
		default:
			continue
		}
		if one.Wrong || deviant(one) {
			continue
		}
		line := strings.Split(one.Text, "\n")[one.Line-1]
		b, _ := keyword.ByScope(one.Place)
		if !slices.Contains(b.Order, one.Row) {
			c.statements[one.Place] = append(c.statements[one.Place], line)
			continue
		}
		if c.addresses[one.Place] == nil {
			c.addresses[one.Place] = map[keyword.ID][]string{}
		}
		c.addresses[one.Place][one.Row] = append(c.addresses[one.Place][one.Row], line)
	}
	return c
}

// deviant tells whether danted refuses the right cases of a keyword.
func deviant(c cases.Case) bool {
	return keyword.Get(c.Row).Since != "" || licensed.MatchString(c.Text)
}

// combine makes a file.
func (c *combiner) combine(rng *rand.Rand) string {
	lines := []string{"logoutput: stderr"}
	if rng.IntN(8) > 0 {
		lines = append(lines, "clientmethod: none rfc931 pam.address", "socksmethod: username none rfc931 pam.username")
	}
	lines = append(lines, c.some(rng, keyword.Global)...)
	if rng.IntN(8) > 0 {
		lines = append(lines, "internal: lo port = 1080", "external: lo")
	}
	lines = append(lines, c.some(rng, keyword.Global)...)
	for range rng.IntN(4) {
		lines = append(lines, c.block(rng)...)
	}
	return strings.Join(lines, "\n") + "\n"
}

// block makes a rule, route or monitor.
func (c *combiner) block(rng *rand.Rand) []string {
	b := keyword.Blocks()[rng.IntN(len(keyword.Blocks()))]
	if b.Status == keyword.Refused {
		b, _ = keyword.ByScope(keyword.SocksRule)
	}
	opening := b.Name
	if b.Verdict {
		opening += " " + pick(rng, keyword.OldSocksBlocks)
	}
	lines := append([]string{opening + " {"}, c.some(rng, b.Scope)...)
	for _, id := range b.Order {
		line := keyword.Get(id).Example
		if rng.IntN(2) == 0 {
			line = pick(rng, c.addresses[b.Scope][id])
		}
		lines = append(lines, line)
	}
	lines = append(lines, c.some(rng, b.Scope)...)
	return append(lines, "}")
}

// some picks up to three statements of a place. There are a thousand socket
// options, and so one of each keyword is as likely as any other.
func (c *combiner) some(rng *rand.Rand, scope keyword.Scope) []string {
	var lines []string
	for range rng.IntN(4) {
		r := keyword.All()[rng.IntN(len(keyword.All()))]
		prefix := strings.ToLower(r.Lexed())
		var fitting []string
		for _, line := range c.statements[scope] {
			if strings.HasPrefix(line, prefix) {
				fitting = append(fitting, line)
			}
		}
		if len(fitting) > 0 {
			lines = append(lines, pick(rng, fitting))
		}
	}
	return lines
}
