package command

import (
	"os"

	"github.com/urfave/cli/v2"

	"github.com/rustsocks/rustsocks/danted"
	"github.com/rustsocks/rustsocks/danted/show"
)

func showCommand() *cli.Command {
	return &cli.Command{
		Name:      "show-config",
		Usage:     "print what a sockd.conf means, with the origin of every value",
		ArgsUsage: "FILE",
		Description: "Prints the effective configuration, in the current spelling and as a sockd.conf that means the same,\n" +
			"without what is the default. Exits 1 when danted would refuse FILE.",
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "all", Usage: "print defaults too"},
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
		}, machineFlags()...),
		Action: showConfig,
	}
}

func showConfig(c *cli.Context) error {
	q, err := asked(c)
	if err != nil {
		return err
	}
	cfg, said := danted.Check(q.name, q.src, q.facts, verify)
	if said.HasErrors() {
		os.Stderr.WriteString(said.Text())
		return found()
	}
	opt := show.Options{All: c.Bool("all")}
	if !c.Bool("json") {
		return show.Show(os.Stdout, cfg, opt)
	}
	text, err := show.JSON(cfg, opt)
	if err == nil {
		_, err = os.Stdout.Write(text)
	}
	return err
}
