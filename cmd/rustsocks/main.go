// Rustsocks is the command line for people: it checks configuration files.
package main

import (
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/rustsocks/rustsocks/danted"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
)

// version is set at link time.
var version = "dev"

func main() {
	app := &cli.App{
		Name:    "rustsocks",
		Usage:   "tools for RustSocks",
		Version: version,
		Commands: []*cli.Command{{
			Name:      "check",
			Usage:     "check a sockd.conf for this machine; exits 1 when danted would refuse it",
			ArgsUsage: "FILE",
			Flags:     []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print the findings as JSON"}},
			Action:    check,
		}},
	}
	if err := app.Run(os.Args); err != nil {
		fmt.Fprintln(os.Stderr, "rustsocks:", err)
		os.Exit(1)
	}
}

func check(c *cli.Context) error {
	if c.NArg() != 1 {
		return cli.Exit("rustsocks check: one FILE expected", 1)
	}
	src, err := os.ReadFile(c.Args().First())
	if err != nil {
		return cli.Exit("rustsocks check: "+err.Error(), 1)
	}
	_, said := danted.Load(c.Args().First(), src, hostfacts.NewLive(), danted.Options{Mode: danted.Verify})
	if c.Bool("json") {
		fmt.Print(string(said.JSON()))
	} else {
		fmt.Print(said.Text())
	}
	if said.HasErrors() {
		return cli.Exit("", 1)
	}
	return nil
}
