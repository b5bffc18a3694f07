package monitor

import (
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
)

// options is what the command line says.
type options struct {
	program   string // the name we were started by: in log lines, and for the defaults
	config    string
	pidFile   string
	daemon    bool
	verify    bool
	keepAlive bool
	debug     *int
	servers   int
	versions  int // how often -v was given
}

// defaults are the places that the program's name decides about.
func defaults(argv0 string) options {
	name := filepath.Base(argv0)
	o := options{
		program: name, config: "/etc/danted.conf", pidFile: "/var/run/danted.pid", keepAlive: true, servers: 1,
	}
	if name == "sockd" {
		o.config, o.pidFile = "/etc/sockd.conf", "/var/run/sockd.pid"
	}
	return o
}

// A usageError is a command line that getopt(3) does not accept.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

// A valueError is a command line that danted logs as an error.
type valueError struct {
	text    string
	servers int
}

func (e valueError) Error() string { return e.text }

// An ending is an option that ends parsing at once, as in danted.
type ending string

func (e ending) Error() string { return string(e) }

const (
	errHelp    ending = "help"
	errLicence ending = "licence"
)

// parseFlags reads the command line as danted does with getopt "DLN:Vd:f:hnp:v".
func parseFlags(argv []string) (options, error) {
	o := defaults(argv[0])
	rest, err := getopt(argv, o.set)
	if err != nil {
		return o, err
	}
	if o.versions == 0 && len(rest) > 0 {
		return o, valueError{"serverinit(): unknown argument " + rest[0], o.servers}
	}
	return o, nil
}

// set takes one option. The order of the mistakes is danted's: the first one counts, from the left.
func (o *options) set(option byte, value string) error {
	switch option {
	case 'D':
		o.daemon = true
	case 'L':
		return errLicence
	case 'N':
		n, ok := number(value)
		if o.servers = n; !ok || n < 1 {
			return valueError{illegalValue(option, value, "one"), n}
		}
	case 'V':
		o.verify = true
	case 'd':
		n, ok := number(value)
		if !ok || n < 0 {
			return valueError{illegalValue(option, value, "zero"), o.servers}
		}
		o.debug = &n
	case 'f':
		o.config = value
	case 'h':
		return errHelp
	case 'n':
		o.keepAlive = false
	case 'p':
		o.pidFile = value
	case 'v':
		o.versions++
	}
	return nil
}

func illegalValue(option byte, value, least string) string {
	return fmt.Sprintf("serverinit(): illegal value for -%c option: %s.  Must be a number and greater or equal to %s",
		option, value, least)
}

// number reads what strtol(3) reads to the end: blanks and a sign may come first, and nothing at all is zero.
func number(s string) (n int, ok bool) {
	digits := strings.TrimLeft(s, " \t\n\v\f\r")
	if s == "" {
		return 0, true
	}
	v, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || v > math.MaxInt32 || v < math.MinInt32 {
		return 0, false
	}
	return int(v), true
}

// getopt goes through the options like GNU getopt(3): they may be joined, their values glued on or apart, other
// arguments may stand between them, and -- ends them.
func getopt(argv []string, set func(option byte, value string) error) (rest []string, err error) {
	const takesNone, takesValue = "DLVhnv", "Ndfp"
	for i := 1; i < len(argv); i++ {
		arg := argv[i]
		if arg == "--" {
			return append(rest, argv[i+1:]...), nil
		}
		if len(arg) < 2 || arg[0] != '-' {
			rest = append(rest, arg)
			continue
		}
		for j := 1; j < len(arg); j++ {
			option := arg[j]
			value := ""
			switch {
			case strings.IndexByte(takesNone, option) >= 0:
			case strings.IndexByte(takesValue, option) < 0:
				return nil, usageError{fmt.Sprintf("%s: invalid option -- '%c'", argv[0], option)}
			case j+1 < len(arg):
				value, j = arg[j+1:], len(arg)
			case i+1 < len(argv):
				i++
				value = argv[i]
			default:
				return nil, usageError{fmt.Sprintf("%s: option requires an argument -- '%c'", argv[0], option)}
			}
			if err := set(option, value); err != nil {
				return nil, err
			}
		}
	}
	return rest, nil
}
