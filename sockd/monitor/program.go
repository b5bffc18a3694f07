package monitor

import (
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
	"github.com/rustsocks/rustsocks/pkg/logx"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

// DanteVersion is the release of Dante we are compatible with.
const DanteVersion = "1.4.2"

// Program is what the main program joins to the monitor.
type Program struct {
	Version string // of RustSocks
	Load    LoadFunc
}

// LoadFunc compiles the text of a configuration file. When a diagnostic is an error the plan is nil.
type LoadFunc func(name string, src []byte, facts hostfacts.Facts, o LoadOptions) (*plan.Plan, []Diagnostic)

// LoadOptions is what the command line has to say about a configuration.
type LoadOptions struct {
	Verify    bool // it is checked, not used
	Debug     *int
	KeepAlive bool
}

// Diagnostic is something said about a configuration file.
type Diagnostic struct {
	Level logx.Level
	Line  string // for logs, without the level
	Text  string // for people, any number of whole lines
}

func hasErrors(said []Diagnostic) bool {
	for _, d := range said {
		if d.Level <= logx.Error {
			return true
		}
	}
	return false
}
