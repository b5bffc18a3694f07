package command

import (
	"encoding/json"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/rustsocks/rustsocks/pkg/hostfacts"
)

func hostFactsCommand() *cli.Command {
	return &cli.Command{
		Name:      "host-facts",
		Usage:     "describe this machine, to check its configuration elsewhere with --host-facts",
		ArgsUsage: "[HOSTNAME...]",
		Description: "Prints interfaces, addresses, users and services of this machine, and the addresses of the given host\n" +
			"names, as JSON. There is no secret in it but the names of the users.",
		Action: func(c *cli.Context) error {
			out := json.NewEncoder(os.Stdout)
			out.SetIndent("", "  ")
			return out.Encode(hostfacts.NewLive().Whole(c.Args().Slice()...))
		},
	}
}
