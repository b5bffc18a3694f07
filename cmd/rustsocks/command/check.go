package command

import (
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/rustsocks/rustsocks/danted"
	"github.com/rustsocks/rustsocks/danted/diag"
)

func checkCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "check a sockd.conf; exits 1 when danted would refuse it",
		ArgsUsage: "FILE",
		Description: "Prints what danted would complain about, and warns of what it accepts in silence although it is\n" +
			"without effect or dangerous. Exits 0 when danted accepts FILE, 1 when it does not, 2 when FILE cannot be read.",
		Flags: append([]cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "print the findings as JSON"},
			&cli.BoolFlag{Name: "strict", Usage: "exit 1 for warnings too"},
		}, machineFlags()...),
		Action: check,
	}
}

func check(c *cli.Context) error {
	q, err := asked(c)
	if err != nil {
		return err
	}
	said := danted.Lint(q.name, q.src, q.facts, verify)
	if c.Bool("json") {
		_, err = os.Stdout.Write(said.JSON())
	} else {
		_, err = fmt.Print(said.Text())
	}
	if err != nil {
		return trouble(c, err.Error())
	}
	if said.HasErrors() || c.Bool("strict") && said.Count(diag.Warning) > 0 {
		return found()
	}
	return nil
}
