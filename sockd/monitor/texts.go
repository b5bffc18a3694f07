package monitor

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// versionLine names us and the Dante we stand in for.
func (p Program) versionLine() string {
	return fmt.Sprintf("RustSocks v%s, compatible with Dante v%s\n", p.Version, DanteVersion)
}

// usage is danted's, but for its first line.
func (p Program) usage(o options) string {
	d := defaults(o.program)
	return p.versionLine() + fmt.Sprintf(`usage: %s [-DLNVdfhnv]
   -D             : run in daemon mode
   -L             : shows the license for this program
   -N <number>    : fork of <number> servers [1]
   -V             : verify configuration and exit
   -d <number>    : set degree of debugging
   -f <filename>  : use <filename> as configuration file [%s]
   -h             : print this information
   -n             : disable TCP keep-alive
   -p <filename>  : write pid to <filename> [%s]
   -v             : print version info
`, o.program, d.config, d.pidFile)
}

// buildDetails is what -vv adds: what the binary says about itself.
func buildDetails() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "build: %s", info.GoVersion)
	for _, s := range info.Settings {
		switch s.Key {
		case "GOOS", "GOARCH", "CGO_ENABLED", "vcs.revision", "vcs.time", "vcs.modified":
			fmt.Fprintf(&b, " %s=%s", s.Key, s.Value)
		}
	}
	b.WriteByte('\n')
	for _, m := range info.Deps {
		fmt.Fprintf(&b, "module: %s %s\n", m.Path, m.Version)
	}
	return b.String()
}

func (p Program) licence(o options) string {
	return fmt.Sprintf("%s: RustSocks v%s\n%s", o.program, p.Version, licenceText)
}
