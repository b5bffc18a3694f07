package command

import (
	"bytes"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/format"
)

func formatCommand() *cli.Command {
	return &cli.Command{
		Name:      "fmt",
		Usage:     "print a sockd.conf in the usual layout, or write it",
		ArgsUsage: "FILE",
		Description: "Comments are kept, and the meaning does not change. A file with syntax errors is not formatted: what\n" +
			"is wrong is said and the exit status is 1. With --diff and --check it is 1 too when the layout would change.",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "upgrade", Usage: "write old spellings the current way; says on stderr what was changed"},
			&cli.BoolFlag{Name: "diff", Aliases: []string{"d"}, Usage: "print what would change"},
			&cli.BoolFlag{Name: "check", Usage: "print nothing; exit 1 when something would change"},
			&cli.BoolFlag{Name: "write", Aliases: []string{"w"}, Usage: "write FILE instead of printing it"},
		},
		Action: formatFile,
	}
}

func formatFile(c *cli.Context) error {
	name, src, err := source(c)
	if err != nil {
		return err
	}
	layout := format.Format
	if c.Bool("upgrade") {
		layout = upgrade
	}
	text, said := layout(name, src)
	if said.HasErrors() {
		os.Stderr.WriteString(said.Text())
		return found()
	}
	changed := !bytes.Equal(src, text)
	switch {
	case c.Bool("write"):
		if name == "stdin" || !changed {
			break
		}
		return replace(c, name, text)
	case c.Bool("diff"):
		fmt.Print(format.Diff(name, name+" (formatted)", src, text))
	case !c.Bool("check"):
		_, err := os.Stdout.Write(text)
		return err
	}
	if changed && !c.Bool("write") {
		return found()
	}
	return nil
}

// upgrade formats a file after writing old spellings the current way, and says so.
func upgrade(name string, src []byte) ([]byte, diag.List) {
	text, changes, said := format.Upgrade(name, src)
	for _, change := range changes {
		fmt.Fprintln(os.Stderr, change)
	}
	return text, said
}
