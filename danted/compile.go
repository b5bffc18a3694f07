package danted

import (
	"github.com/rustsocks/rustsocks/danted/config"
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

// Compile gives the plan of a configuration without errors: the values alone, in the engine's terms.
func Compile(c *config.Config) *plan.Plan {
	return &plan.Plan{
		Internal:      values(c.Internal),
		External:      values(c.External),
		ClientMethods: c.ClientMethods.V,
		SocksMethods:  c.SocksMethods.V,
		Privileged:    c.Privileged.V,
		Unprivileged:  c.Unprivileged.V,
		Libwrap:       c.Libwrap.V,
		LogOutput:     values(c.LogOutput),
		ErrorLog:      values(c.ErrorLog),
		Debug:         c.Debug.V,
		Timeouts:      c.Timeouts.Plan(),
		KeepAlive:     c.KeepAlive,
		FakeNames:     c.Resolver.V == "fake",
		SourceChecks:  sourceChecks(c.SourceChecks),
		ClientRules:   rules(c.ClientRules),
		SocksRules:    rules(c.SocksRules),
	}
}

func values[T any](list []config.Value[T]) []T {
	var all []T
	for _, v := range list {
		all = append(all, v.V)
	}
	return all
}

func rules(list []config.Rule) []plan.Rule {
	var all []plan.Rule
	for _, r := range list {
		all = append(all, r.Rule)
	}
	return all
}

func sourceChecks(words []config.Value[string]) acl.SourceChecks {
	var c acl.SourceChecks
	for _, w := range words {
		switch w.V {
		case "nodnsmismatch":
			c.Mismatch = true
		case "nodnsunknown":
			c.Unknown = true
		case "checkreplyauth":
			c.CheckReplyAuth = true
		}
	}
	return c
}
