package command

import (
	"os"

	"github.com/urfave/cli/v2"

	"github.com/rustsocks/rustsocks/danted/manual"
)

func keywordsCommand() *cli.Command {
	return &cli.Command{
		Name:        "keywords",
		Usage:       "list the keywords of sockd.conf, or describe some of them",
		ArgsUsage:   "[KEYWORD...]",
		Description: "Without KEYWORD, lists all with their places, defaults and what this server does with them.",
		Flags:       []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print JSON"}},
		Action: func(c *cli.Context) error {
			names := c.Args().Slice()
			if c.Bool("json") {
				text, err := manual.JSON(names...)
				if err == nil {
					_, err = os.Stdout.Write(text)
				}
				return err
			}
			if len(names) == 0 {
				return manual.List(os.Stdout)
			}
			return manual.Show(os.Stdout, names...)
		},
	}
}
