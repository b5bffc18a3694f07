package danted

import (
	"slices"

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
		ResolverTCP:   c.Resolver.V == "tcp",
		Rotation:      rotations[c.Rotation.V],
		SourceChecks:  sourceChecks(c.SourceChecks),
		SamePort:      has(c.Compatibility, "sameport"),
		Draft505:      has(c.Compatibility, "draft-5.05"),
		BindExtension: has(c.Extensions, "bind"),
		UDPConnect:    c.ConnectDst.V,
		HostsAccess:   c.HostsAccess.V,
		HostsAllow:    c.LibwrapAllow.V,
		HostsDeny:     c.LibwrapDeny.V,
		SocketOptions: values(c.SocketOptions),
		ErrorLogs:     values(c.ErrorLogs),

		ClientRules: rules(c.ClientRules),
		SocksRules:  rules(c.SocksRules),

		Routes:         routes(c.Routes),
		RouteMaxFail:   c.MaxFail.V,
		RouteBadExpire: c.BadExpire.V,

		Monitors: monitors(c.Monitors),
	}
}

var rotations = map[string]plan.Rotation{"none": plan.RotateNone, "route": plan.RotateRoute, "same-same": plan.RotateSameSame}

func has(words []config.Value[string], word string) bool {
	return slices.ContainsFunc(words, func(v config.Value[string]) bool { return v.V == word })
}

func values[T any](list []config.Value[T]) []T {
	var all []T
	for _, v := range list {
		all = append(all, v.V)
	}
	return all
}

func rules(list []config.Rule) []plan.Rule {
	all := slices.Grow([]plan.Rule(nil), len(list))
	for i := range list {
		all = append(all, list[i].Rule)
	}
	return all
}

func routes(list []config.Route) []plan.Route {
	var all []plan.Route
	for _, r := range list {
		all = append(all, r.Route)
	}
	return all
}

func monitors(list []config.Monitor) []plan.Monitor {
	var all []plan.Monitor
	for _, m := range list {
		all = append(all, m.Monitor)
	}
	return all
}

func sourceChecks(words []config.Value[string]) acl.SourceChecks {
	return acl.SourceChecks{
		Mismatch:       has(words, "nodnsmismatch"),
		Unknown:        has(words, "nodnsunknown"),
		CheckReplyAuth: has(words, "checkreplyauth"),
	}
}
