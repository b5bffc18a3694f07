// Package command has the commands of the program rustsocks, one a file. They need no daemon, read nothing but the files
// they are given and what these ask about the machine, and write nothing but what they are told to. What they say is
// made elsewhere.
package command

import (
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"
)

// Exit statuses, like those of diff(1).
const (
	statusFound   = 1 // what was asked about is not as it should be
	statusTrouble = 2 // the question could not be answered
)

// Run carries out a command line and gives the exit status.
func Run(argv []string, version string) int {
	app := &cli.App{
		Name:                 "rustsocks",
		Usage:                "check, show, format and explain configurations of Dante's server",
		Version:              version,
		EnableBashCompletion: true,
		// A value may hold a comma.
		DisableSliceFlagSeparator: true,
		Commands: []*cli.Command{
			checkCommand(), showCommand(), formatCommand(), explainCommand(), keywordsCommand(), hostFactsCommand(),
		},
		Action:         unknown,
		ExitErrHandler: func(*cli.Context, error) {}, // below
	}
	plain(app.Commands)
	err := app.Run(optionsFirst(argv, app.Commands))
	if err == nil {
		return 0
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(os.Stderr, "rustsocks:", text)
	}
	if exit := cli.ExitCoder(nil); errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return statusTrouble
}

// unknown is what happens without a command that there is.
func unknown(c *cli.Context) error {
	if c.NArg() == 0 {
		return cli.ShowAppHelp(c)
	}
	return cli.Exit(fmt.Sprintf("there is no command %q; see rustsocks help", c.Args().First()), statusTrouble)
}
