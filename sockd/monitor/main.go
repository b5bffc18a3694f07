package monitor

import (
	"errors"
	"fmt"
	"os"

	"github.com/rustsocks/rustsocks/pkg/logx"
)

// Main is the danted program: it does what the command line says and gives the exit status.
func Main(argv []string, p Program) int {
	o, err := parseFlags(argv)
	log := logx.New(o.program)
	var (
		usage  usageError
		value  valueError
		ending ending
	)
	switch {
	case errors.As(err, &usage):
		fmt.Fprintln(os.Stderr, usage.text)
		fmt.Fprint(os.Stderr, p.usage(o))
		return 1
	case errors.As(err, &value):
		log.Error(value.text)
		log.Alert(fmt.Sprintf("mother[1/%d]: shutting down", value.servers))
		return 1
	case errors.As(err, &ending) && ending == errHelp:
		fmt.Print(p.usage(o))
		return 0
	case errors.As(err, &ending) && ending == errLicence:
		fmt.Print(p.licence(o))
		return 0
	case o.versions > 0:
		fmt.Print(p.versionLine())
		if o.versions > 1 {
			fmt.Print(buildDetails())
		}
		return 0
	case o.verify:
		return verify(o, p, log)
	}
	return serve(o, p, log)
}

// shuttingDown is the last line of danted, whyever it ends.
const shuttingDown = "mother[1/1]: shutting down"
