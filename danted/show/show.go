// Package show prints the configuration that is in effect, with where each value comes from: as a sockd.conf that loads
// to the same plan, or as JSON. It reads no file, checks nothing and decides nothing.
package show

import (
	"io"

	"github.com/rustsocks/rustsocks/danted/config"
	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
)

// Options is what is shown.
type Options struct {
	All bool // also what is as it is by default
}

// Show writes the configuration, which must be one without errors, as a sockd.conf.
func Show(w io.Writer, c *config.Config, opt Options) error {
	_, err := io.WriteString(w, text(read(c, opt)))
	return err
}

// sections are the parts of what is shown.
type sections struct {
	Global      []setting `json:"global"`
	ClientRules []block   `json:"client_rules"`
	SocksRules  []block   `json:"socks_rules"`
	Routes      []block   `json:"routes"`
	Monitors    []block   `json:"monitors"`
}

// block is a rule, route or monitor.
type block struct {
	Number   int       `json:"number"`
	Verdict  string    `json:"verdict,omitempty"`
	Pos      diag.Pos  `json:"position"`
	Settings []setting `json:"settings"`

	title, opener string
}

// read gives everything that is to be shown.
func read(c *config.Config, opt Options) sections {
	s := sections{
		Global:      globals(c, opt),
		ClientRules: []block{}, SocksRules: []block{}, Routes: []block{}, Monitors: []block{},
	}
	for i := range c.ClientRules {
		s.ClientRules = append(s.ClientRules, rule(c, &c.ClientRules[i], keyword.ClientRule, opt))
	}
	for i := range c.SocksRules {
		s.SocksRules = append(s.SocksRules, rule(c, &c.SocksRules[i], keyword.SocksRule, opt))
	}
	for i := range c.Routes {
		s.Routes = append(s.Routes, route(c, &c.Routes[i], opt))
	}
	for i := range c.Monitors {
		s.Monitors = append(s.Monitors, monitor(c, &c.Monitors[i], opt))
	}
	return s
}
