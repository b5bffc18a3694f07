// Program danted stands in for Dante's server program, which distributions also call sockd: the same flags, files and
// signals. It is the privileged monitor; the others are started by it.
package main

import (
	"os"

	"github.com/rustsocks/rustsocks/danted"
	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
	"github.com/rustsocks/rustsocks/pkg/logx"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/sockd/monitor"
)

// version is set when linking.
var version = "0.1.0"

func main() {
	os.Exit(monitor.Main(os.Args, monitor.Program{Version: version, Load: load}))
}

// load joins the language to the monitor.
func load(name string, src []byte, facts hostfacts.Facts, o monitor.LoadOptions) (*plan.Plan, []monitor.Diagnostic) {
	mode := danted.Start
	if o.Verify {
		mode = danted.Verify
	}
	p, list := danted.Load(name, src, facts, danted.Options{Mode: mode, Debug: o.Debug, KeepAlive: o.KeepAlive})
	said := make([]monitor.Diagnostic, len(list))
	for i, d := range list {
		said[i] = monitor.Diagnostic{Level: level(d.Severity), Line: line(d), Text: d.Text()}
	}
	return p, said
}

// line is a diagnostic in a log, where the level stands before it already.
func line(d diag.Diagnostic) string {
	s := d.Message + " [" + d.Code + "]"
	if where := d.Pos.String(); where != "" {
		s = where + ": " + s
	}
	if d.Hint != "" {
		s += " (" + d.Hint + ")"
	}
	return s
}

func level(s diag.Severity) logx.Level {
	switch s {
	case diag.Error:
		return logx.Error
	case diag.Warning:
		return logx.Warning
	}
	return logx.Notice
}
