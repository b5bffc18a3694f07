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

// limits are time limits while they are read: the file's with their origins, or the plain ones of a rule.
type limits[T any] struct{ connect, negotiate, tcpIO, udpIO, finWait *T }

// set sets what a keyword is about.
func (l limits[T]) set(id keyword.ID, value T) {
	switch id {
	case keyword.TimeoutConnect:
		*l.connect = value
	case keyword.TimeoutNegotiate:
		*l.negotiate = value
	case keyword.TimeoutIO:
		*l.tcpIO, *l.udpIO = value, value
	case keyword.TimeoutIOTCP:
		*l.tcpIO = value
	case keyword.TimeoutIOUDP:
		*l.udpIO = value
	case keyword.TimeoutFinWait:
		*l.finWait = value
	}
}

func readTimeout(r *reader, n *syntax.Node) {
	if v, ok := r.single(n); ok {
		t := &r.cfg.Timeouts
		limits[Value[time.Duration]]{&t.Connect, &t.Negotiate, &t.TCPIO, &t.UDPIO, &t.FinWait}.set(n.Row.ID, at(n, seconds(v)))
	}
}

func readRuleTimeout(r *reader, d *draft, n *syntax.Node) {
	if v, ok := r.single(n); ok {
		t := &d.Timeouts
		limits[time.Duration]{&t.Connect, &t.Negotiate, &t.TCPIO, &t.UDPIO, &t.TCPFinWait}.set(n.Row.ID, seconds(v))
	}
}
