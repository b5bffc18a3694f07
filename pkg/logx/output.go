package logx

import (
	"os"
	"sync"
	"sync/atomic"
)

// Kind is how lines are written to an Output.
type Kind uint8

// The kinds of outputs.
const (
	Stream Kind = iota // a file, pipe or terminal: one write(2) for each line
	Syslog             // a unix datagram socket: one datagram for each line
)

// Output is one open log device.
type Output struct {
	Kind     Kind
	Facility Facility // of a Syslog
	File     *os.File // owned by whom the Output was given to
}

// Outputs are the devices of a Logger.
type Outputs struct {
	Main   []Output // every line
	Errors []Output // warnings and worse, in addition
}

// Close closes all devices.
func (o Outputs) Close() {
	for _, list := range [][]Output{o.Main, o.Errors} {
		for _, d := range list {
			d.File.Close()
		}
	}
}

// current are the outputs in use. A writer holds a reference while it writes, so that swapped outputs are closed only
// after the last line that was on its way to them.
type current struct {
	Outputs
	holders atomic.Int64
	close   sync.Once
}

func (c *current) release() {
	if c.holders.Add(-1) == 0 {
		c.close.Do(c.Outputs.Close)
	}
}
