package command

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/rustsocks/rustsocks/danted"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
)

// machineFlags say which machine a file is for.
func machineFlags() []cli.Flag {
	return []cli.Flag{
		&cli.PathFlag{Name: "host-facts", Usage: "the file is for the machine described in `FILE`, written there by \"rustsocks host-facts\""},
		&cli.BoolFlag{Name: "offline", Usage: "ask no machine: all names, interfaces, addresses and users exist"},
	}
}

// machine gives the facts of the machine that the flags name; without one it is this machine.
func machine(c *cli.Context) (hostfacts.Facts, error) {
	file := c.Path("host-facts")
	switch {
	case c.Bool("offline") && file != "":
		return nil, trouble(c, "--offline and --host-facts exclude each other")
	case c.Bool("offline"):
		return hostfacts.NewOffline(), nil
	case file == "":
		return hostfacts.NewLive(), nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, trouble(c, err.Error())
	}
	s := &hostfacts.Snapshot{}
	if err := json.Unmarshal(text, s); err != nil {
		return nil, trouble(c, fmt.Sprintf("%s holds no host facts (%v); write it with: rustsocks host-facts > %[1]s", file, err))
	}
	return s, nil
}

// source reads the one configuration file that is the operand of a command; "-" is the standard input.
func source(c *cli.Context) (name string, src []byte, err error) {
	if c.NArg() != 1 {
		return "", nil, trouble(c, "one FILE expected; see rustsocks "+c.Command.Name+" --help")
	}
	if name = c.Args().First(); name == "-" {
		name = "stdin"
		src, err = io.ReadAll(os.Stdin)
	} else {
		src, err = os.ReadFile(name)
	}
	if err != nil {
		return "", nil, trouble(c, err.Error())
	}
	return name, src, nil
}

// question is a file and the machine it is for: what most commands are about.
type question struct {
	name  string
	src   []byte
	facts hostfacts.Facts
}

// asked gives the question of a command.
func asked(c *cli.Context) (q question, err error) {
	if q.name, q.src, err = source(c); err == nil {
		q.facts, err = machine(c)
	}
	return q, err
}

// verify is how danted -V reads a file.
var verify = danted.Options{Mode: danted.Verify, KeepAlive: true}

// trouble is an error that keeps a command from answering.
func trouble(c *cli.Context, text string) error {
	return cli.Exit(c.Command.Name+": "+text, statusTrouble)
}

// found is the silent end of a command that has said what is wrong.
func found() error { return cli.Exit("", statusFound) }
