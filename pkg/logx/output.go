package logx

import (
	"os"
	"slices"
	"sync"
	"sync/atomic"
)

// Kind is how lines are written to an Output.
type Kind uint8

// The kinds of outputs.
const (
	Stream Kind = iota // a file, pipe or terminal
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

// A device is an Output in use.
type device struct {
	Output
	stream stream
}

// current are the outputs in use. A writer holds a reference while it writes, so that swapped outputs are closed only
// after the last line that was on its way to them.
type current struct {
	main, errors []*device
	holders      atomic.Int64
	close        sync.Once
}

func newCurrent(o Outputs, gap func(uint64) []byte) *current {
	c := &current{main: devices(o.Main, gap), errors: devices(o.Errors, gap)}
	c.holders.Store(1)
	return c
}

func devices(outputs []Output, gap func(uint64) []byte) []*device {
	var all []*device
	for _, o := range outputs {
		all = append(all, &device{Output: o, stream: stream{gap: gap}})
	}
	return all
}

func (c *current) release() {
	if c.holders.Add(-1) == 0 {
		c.flush(nil)
		c.close.Do(func() {
			for _, d := range slices.Concat(c.main, c.errors) {
				d.File.Close()
			}
		})
	}
}

// flush writes what waits; l, unless nil, counts what was lost.
func (c *current) flush(l *Logger) {
	for _, list := range [][]*device{c.errors, c.main} {
		for _, d := range list {
			if lost := d.stream.flush(d.File); lost > 0 && l != nil {
				l.lost.Add(lost)
			}
		}
	}
}
