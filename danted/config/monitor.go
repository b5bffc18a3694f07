package config

import (
	"fmt"

	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/acl"
)

// watch is a monitor while it is read.
type watch struct {
	Monitor
	alarms    int
	dataDone  bool // an alarm for both directions or both sides: there can be no other
	countDone bool
	counts    map[string]*syntax.CountAlarmStatement // by side
}

// monitorHandlers read the options of monitors. Every row of the table that is valid there and not refused has one; a
// test checks it.
var monitorHandlers = map[keyword.ID]func(*reader, *watch, *syntax.Node){
	keyword.From: func(r *reader, w *watch, n *syntax.Node) { w.From, _, _ = r.spec(n.Address.Value, w.known()) },
	keyword.To:   func(r *reader, w *watch, n *syntax.Node) { w.To, _, _ = r.spec(n.Address.Value, w.known()) },
	keyword.Command: func(_ *reader, w *watch, n *syntax.Node) {
		w.Commands |= commandSet(n.Words.Values)
	},
	keyword.Protocol: func(_ *reader, w *watch, n *syntax.Node) {
		w.Protocols |= protocolSet(n.Words.Values)
	},
	keyword.AlarmData:       readDataAlarm,
	keyword.AlarmDisconnect: readCountAlarm,
	keyword.AlarmMTU:        func(_ *reader, w *watch, _ *syntax.Node) { w.alarms++ },
}

func (w *watch) known() transport {
	return transport{tcp: w.Protocols&acl.ProtoTCP != 0, udp: w.Protocols&acl.ProtoUDP != 0}
}

func readDataAlarm(r *reader, w *watch, n *syntax.Node) {
	a := n.DataAlarm
	w.alarms++
	if _, ok := r.number(a.Bytes); !ok {
		return
	}
	if _, ok := r.positive(a.Seconds); !ok {
		return
	}
	if w.dataDone {
		r.fail(n.Key, codeAlarmRepeated, "one aggregated data alarm has already been specified.  No more data alarms can be specified in this monitor", "write another monitor")
		return
	}
	w.dataDone = a.Side.Value == "" || a.Direction.Value == ""
}

func readCountAlarm(r *reader, w *watch, n *syntax.Node) {
	a := n.CountAlarm
	w.alarms++
	for _, t := range []syntax.Token{a.Sessions, a.Count, a.Seconds} {
		if t.Value == "" {
			continue
		}
		if _, ok := r.positive(t); !ok {
			return
		}
	}
	if w.countDone {
		r.fail(n.Key, codeAlarmRepeated, "one aggregated disconnect alarm has already been specified.  No more disconnect alarms can be specified in this monitor", "write another monitor")
		return
	}
	if a.Side.Value == "" {
		w.countDone = true
		w.counts["internal."], w.counts["external."] = a, a
	} else {
		w.counts[a.Side.Value] = a
	}
}

// monitor reads a monitor. It is checked as danted does, although no monitor raises an alarm yet.
func (r *reader) monitor(b *syntax.Block) {
	w := &watch{counts: map[string]*syntax.CountAlarmStatement{}}
	w.Pos = syntax.Pos(b.Opener)
	broken := b.Broken
	r.covered++
	for _, n := range b.Nodes {
		before := r.errors
		if r.statement(n) {
			if read, ok := monitorHandlers[n.Row.ID]; ok {
				read(r, w, n)
			}
		}
		broken = broken || r.errors > before
	}
	r.covered--
	if !broken {
		r.checkMonitor(w, b)
	}
	r.cfg.Monitors = append(r.cfg.Monitors, w.Monitor)
}

// checkMonitor makes the checks of a complete monitor.
func (r *reader) checkMonitor(w *watch, b *syntax.Block) {
	if w.alarms == 0 {
		r.warn(b.Opener, codeNoAlarm, "monitor has no alarms configured.  Is this intended?", "add for instance alarm.data: 1 in 60")
	}
	for _, side := range []string{"internal", "external"} {
		a := w.counts[side+"."]
		if a == nil {
			continue
		}
		count, ok := r.number(a.Count)
		sessions, ok2 := r.number(a.Sessions)
		if ok && ok2 && count > sessions {
			// COMPAT: the wording names the two numbers the wrong way round.
			r.fail(a.Count, codeDisconnectLimit, fmt.Sprintf("%s session limit value (%d) cannot be lower than disconnect limit (%d)", side, count, sessions), "swap the numbers")
			return
		}
	}
	w.Commands, w.Protocols = r.derive(b.Kind, b.Opener, w.Commands, w.Protocols)
}
