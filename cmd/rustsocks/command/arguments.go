package command

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// optionsFirst puts the options of a command before its operands, as GNU programs allow any order. What follows "--" is
// left as it is.
func optionsFirst(argv []string, commands []*cli.Command) []string {
	// Bash asks for completions with this option at the end, and there it must stay.
	if len(argv) < 2 || argv[len(argv)-1] == "--generate-bash-completion" {
		return argv
	}
	i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(argv[1]) })
	if i < 0 {
		return argv
	}
	options, operands := argv[:2:2], []string{}
	for rest := argv[2:]; len(rest) > 0; rest = rest[1:] {
		arg := rest[0]
		switch {
		case arg == "--":
			return append(append(options, "--"), append(operands, rest[1:]...)...)
		case len(arg) < 2 || arg[0] != '-':
			operands = append(operands, arg)
			continue
		}
		options = append(options, arg)
		if takesValue(commands[i], arg) && len(rest) > 1 {
			rest = rest[1:]
			options = append(options, rest[0])
		}
	}
	return append(options, operands...)
}

// plain makes commands answer as short as GNU programs do.
func plain(commands []*cli.Command) {
	for _, c := range commands {
		c.HideHelpCommand = true
		c.OnUsageError = func(c *cli.Context, err error, _ bool) error {
			return trouble(c, err.Error()+"; see rustsocks "+c.Command.Name+" --help")
		}
		for _, f := range c.Flags {
			if b, ok := f.(*cli.BoolFlag); ok {
				b.DisableDefaultText = true
			}
		}
	}
}

// takesValue tells whether the argument after an option belongs to it.
func takesValue(c *cli.Command, option string) bool {
	name := strings.TrimLeft(option, "-")
	for _, f := range c.Flags {
		if slices.Contains(f.Names(), name) {
			_, isSwitch := f.(*cli.BoolFlag)
			return !isSwitch
		}
	}
	return false
}
