package config

import (
	"math"
	"time"

	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
)

// seconds gives a time limit; more than can be counted is as good as what can.
func seconds(n int64) time.Duration {
	if n > math.MaxInt64/int64(time.Second) {
		return math.MaxInt64
	}
	return time.Duration(n) * time.Second
}

// timeout reads a time limit of the file or of a rule.
func (r *reader) timeout(n *syntax.Node, to *Timeouts) {
	v, ok := r.single(n)
	if !ok {
		return
	}
	value := at(n, seconds(v))
	switch n.Row.ID {
	case keyword.TimeoutConnect:
		to.Connect = value
	case keyword.TimeoutNegotiate:
		to.Negotiate = value
	case keyword.TimeoutIO:
		to.TCPIO, to.UDPIO = value, value
	case keyword.TimeoutIOTCP:
		to.TCPIO = value
	case keyword.TimeoutIOUDP:
		to.UDPIO = value
	case keyword.TimeoutFinWait:
		to.FinWait = value
	}
}

func readTimeout(r *reader, n *syntax.Node) { r.timeout(n, &r.cfg.Timeouts) }

// inherited gives the limits a rule starts with: the file's, as they are now.
func (t Timeouts) inherited() Timeouts {
	for _, v := range []*Value[time.Duration]{&t.Connect, &t.Negotiate, &t.TCPIO, &t.UDPIO, &t.FinWait} {
		if v.Origin == File {
			v.Origin = Inherited
		}
	}
	return t
}
