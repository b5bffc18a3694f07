package command

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/user"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/rustsocks/rustsocks/danted"
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/explain"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
	"github.com/rustsocks/rustsocks/pkg/hostsaccess/files"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/sockd/upstream"
)

func explainCommand() *cli.Command {
	return &cli.Command{
		Name:      "explain",
		Usage:     "tell what the server would do with one request, and why",
		ArgsUsage: "FILE",
		Description: "Takes one request through the rules of FILE, as the server would. Exits 0 when the request passes, 1 when it\n" +
			"is blocked, 2 when the question makes no sense or FILE is wrong.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "client", Usage: "the client is at `ADDRESS:PORT`", Required: true},
			&cli.StringFlag{Name: "listener", Usage: "it connects to `ADDRESS:PORT` (default: the first listener)"},
			&cli.StringFlag{Name: "user", Usage: "it has a login for `NAME`"},
			&cli.BoolFlag{Name: "wrong-password", Usage: "its password is wrong"},
			&cli.IntFlag{Name: "version", Usage: "it speaks SOCKS `4` or 5", Value: 5},
			&cli.StringFlag{Name: "command", Usage: fmt.Sprintf("it wants `COMMAND`, one of %v", explain.Commands()), Value: "connect"},
			&cli.StringFlag{Name: "to", Usage: "the target is `HOST:PORT`"},
			&cli.StringSliceFlag{Name: "resolve", Usage: "a name has these addresses: `NAME=ADDRESS[,ADDRESS]`"},
			&cli.StringSliceFlag{Name: "reverse", Usage: "an address has this name: `ADDRESS=NAME`"},
			&cli.StringSliceFlag{Name: "group", Usage: "the user is in group `NAME`, and in no group that is not given"},
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
		}, machineFlags()...),
		Action: explainRequest,
	}
}

func explainRequest(c *cli.Context) error {
	q, err := asked(c)
	if err != nil {
		return err
	}
	p, said := danted.Load(q.name, q.src, q.facts, verify)
	if said.HasErrors() {
		return trouble(c, "danted would refuse this file:\n"+said.Text())
	}
	r, err := request(c)
	if err != nil {
		return trouble(c, err.Error())
	}
	known, err := lookup(c, p, q.facts)
	if err != nil {
		return trouble(c, err.Error())
	}
	if p.HostsAccess && !c.Bool("offline") && c.Path("host-facts") == "" {
		r.Access, _ = files.New(p.HostsAllow, p.HostsDeny).Current()
	}
	e, err := explain.Explain(c.Context, p, r, known)
	if err != nil {
		return trouble(c, err.Error())
	}
	if c.Bool("json") {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		err = out.Encode(e)
	} else {
		_, err = fmt.Print(e.Text())
	}
	if err != nil {
		return trouble(c, err.Error())
	}
	if e.Verdict != "pass" {
		return found()
	}
	return nil
}

func request(c *cli.Context) (r explain.Request, err error) {
	r = explain.Request{
		Version: socks.Version(c.Int("version")), User: c.String("user"), PasswordWrong: c.Bool("wrong-password"),
		Command: explain.Command(c.String("command")),
	}
	if r.Client, err = netip.ParseAddrPort(c.String("client")); err != nil {
		return r, fmt.Errorf("--client: %w", err)
	}
	if l := c.String("listener"); l != "" {
		if r.Local, err = netip.ParseAddrPort(l); err != nil {
			return r, fmt.Errorf("--listener: %w", err)
		}
	}
	if t := c.String("to"); t != "" {
		r.Target, err = explain.ParseTarget(t)
	}
	return r, err
}

// lookup answers what the rules ask: first what the flags say, then the machine.
func lookup(c *cli.Context, p *plan.Plan, facts hostfacts.Facts) (explain.Lookup, error) {
	g := &explain.Given{External: p.External, Next: explain.FromFacts{Facts: facts, External: p.External}}
	if !c.Bool("offline") && c.Path("host-facts") == "" {
		g.Next = system{upstream.NewResolver(), upstream.Reachable(p.Policy())}
	}
	for _, t := range c.StringSlice("resolve") {
		if err := g.Resolve(t); err != nil {
			return nil, err
		}
	}
	for _, t := range c.StringSlice("reverse") {
		if err := g.Reverse(t); err != nil {
			return nil, err
		}
	}
	g.Groups(c.StringSlice("group")...)
	return g, nil
}

// system answers as the server on this machine does.
type system struct {
	resolver  *upstream.Resolver
	reachable upstream.Family
}

func (s system) Answer(ctx context.Context, name string, q acl.Question) acl.Answer {
	if q.Kind != acl.AskMember {
		return s.resolver.Answer(ctx, s.reachable, q)
	}
	g, err := user.LookupGroup(q.Name)
	if err != nil {
		return acl.Answer{Failed: true, Reason: err.Error()}
	}
	u, err := user.Lookup(name)
	if err != nil {
		return acl.Answer{}
	}
	ids, _ := u.GroupIds() // none when they cannot be told
	return acl.Answer{Yes: u.Gid == g.Gid || slices.Contains(ids, g.Gid), Primary: u.Gid == g.Gid}
}
