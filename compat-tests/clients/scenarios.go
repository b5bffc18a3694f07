package clients

import "slices"

// A scenario is what clients and servers do with a daemon between them.
type scenario struct {
	Name      string
	Needs     []string // programs, and files of the machine by their paths
	Config    string   // none: config
	Flags     []string // of the daemon
	Upstream  string   // configuration of a real danted behind the daemon
	NotOracle string   // why not the real danted
	Long      bool     // not in the quick suite
	Play      func(*stage) error
}

func (c scenario) config() string {
	if c.Config == "" {
		return config
	}
	return c.Config
}

// scenarios are all of them.
func scenarios() []scenario {
	return slices.Concat(ftp(), dns(), datagrams(), ssh(), browser(), chain(), addresses(), keepAlive())
}
