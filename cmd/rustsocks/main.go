// Rustsocks is the command line for people: it checks, shows, formats and explains configurations. It needs no daemon,
// changes nothing on the machine, and reads nothing but the files it is given and what they ask about the machine.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"
)

// version is set at link time.
var version = "dev"

// Exit statuses, like those of diff(1).
const (
	statusFound   = 1 // what was asked about is not as it should be
	statusTrouble = 2 // the question could not be answered
)

func main() {
	app := &cli.App{
		Name:                 "rustsocks",
		Usage:                "check, show, format and explain configurations of Dante's server and RustSocks",
		Version:              version,
		EnableBashCompletion: true,
		Commands: []*cli.Command{
			checkCommand(), hostFactsCommand(),
		},
		CommandNotFound: func(_ *cli.Context, name string) {
			fmt.Fprintf(os.Stderr, "rustsocks: there is no command %q; see rustsocks help\n", name)
			os.Exit(statusTrouble)
		},
		ExitErrHandler: func(*cli.Context, error) {}, // below
	}
	plain(app.Commands)
	err := app.Run(optionsFirst(os.Args, app.Commands))
	if err == nil {
		return
	}
	status := statusTrouble
	if exit := cli.ExitCoder(nil); errors.As(err, &exit) {
		status = exit.ExitCode()
	}
	if text := err.Error(); text != "" {
		fmt.Fprintln(os.Stderr, "rustsocks:", text)
	}
	os.Exit(status)
}
