package config

import (
	"fmt"
	"slices"

	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

// watch is a monitor while it is read.
type watch struct {
	Monitor
	dataDone  bool // an alarm for both directions or both sides: there can be no other
	countDone bool
	counts    map[plan.Side]syntax.Token // of the alarms in Disconnects
}

// disconnectSeconds is how long disconnects are counted when the file does not say.
const disconnectSeconds = 5

// sides are those an alarm word stands for: "internal.", "external.", or nothing for both.
func sides(t syntax.Token) []plan.Side {
	switch t.Value {
	case "internal.":
		return []plan.Side{plan.Internal}
	case "external.":
		return []plan.Side{plan.External}
	}
	return []plan.Side{plan.Internal, plan.External}
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
	keyword.AlarmMTU: func(_ *reader, w *watch, n *syntax.Node) {
		for _, s := range sides(n.TestAlarm.Side) {
			if !slices.Contains(w.MTU, s) {
				w.MTU = append(w.MTU, s)
			}
		}
	},
}

func (w *watch) known() transport {
	return transport{tcp: w.Protocols&acl.ProtoTCP != 0, udp: w.Protocols&acl.ProtoUDP != 0}
}

func readDataAlarm(r *reader, w *watch, n *syntax.Node) {
	a := n.DataAlarm
	bytes, ok := r.number(a.Bytes)
	if !ok {
		return
	}
	every, ok := r.positive(a.Seconds)
	if !ok || !r.checkAlarmRepeated(n, "data", w.dataDone) {
		return
	}
	alarm := plan.DataAlarm{Bytes: bytes, Every: seconds(every)}
	if a.Side.Value != "" {
		alarm.Side = sides(a.Side)[0]
	}
	switch a.Direction.Value {
	case ".recv":
		alarm.Direction = plan.Received
	case ".send":
		alarm.Direction = plan.Sent
	}
	w.dataDone = alarm.Side == 0 || alarm.Direction == 0
	// Of alarms for the same thing the last one counts.
	w.Data = slices.DeleteFunc(w.Data, func(old plan.DataAlarm) bool {
		return (alarm.Side == 0 || alarm.Side == old.Side) && (alarm.Direction == 0 || alarm.Direction == old.Direction)
	})
	w.Data = append(w.Data, alarm)
}

func readCountAlarm(r *reader, w *watch, n *syntax.Node) {
	a := n.CountAlarm
	count, ok := r.positive(a.Count)
	sessions, ok2 := r.positive(a.Sessions)
	every, ok3 := int64(disconnectSeconds), true
	if a.Seconds.Value != "" {
		every, ok3 = r.positive(a.Seconds)
	}
	if !ok || !ok2 || !ok3 || !r.checkAlarmRepeated(n, "disconnect", w.countDone) {
		return
	}
	alarm := plan.DisconnectAlarm{Count: count, Sessions: sessions, Every: seconds(every)}
	for _, s := range sides(a.Side) {
		w.counts[s] = a.Count
		alarm.Side = s
	}
	if a.Side.Value == "" {
		w.countDone = true
		alarm.Side = 0
	}
	w.Disconnects = slices.DeleteFunc(w.Disconnects, func(old plan.DisconnectAlarm) bool {
		return alarm.Side == 0 || alarm.Side == old.Side
	})
	w.Disconnects = append(w.Disconnects, alarm)
}

// checkAlarmRepeated checks that there is no other alarm when there is one for all.
func (r *reader) checkAlarmRepeated(n *syntax.Node, kind string, done bool) bool {
	if done {
		r.fail(n.Key, codeAlarmRepeated, "one aggregated "+kind+" alarm has already been specified.  No more "+kind+" alarms can be specified in this monitor", "write another monitor")
	}
	return !done
}

// monitor reads a monitor. It is checked as danted does, although no monitor raises an alarm yet.
func (r *reader) monitor(b *syntax.Block) {
	w := &watch{counts: map[plan.Side]syntax.Token{}}
	w.Pos, w.Written = syntax.Pos(b.Opener), Written{}
	w.Number, w.Line = len(r.cfg.Monitors)+1, w.Pos.Line
	broken := b.Broken
	r.covered++
	for _, n := range b.Nodes {
		before := r.errors
		if r.statement(n) {
			w.Written[n.Row.ID] = syntax.Pos(n.Key)
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
	r.checkAlarms(w, b)
	if r.checkDisconnects(w) {
		w.Commands, w.Protocols = r.derive(b.Kind, b.Opener, w.Commands, w.Protocols)
	}
}

// checkAlarms warns of a monitor that raises none.
func (r *reader) checkAlarms(w *watch, b *syntax.Block) {
	if len(w.Data)+len(w.Disconnects)+len(w.MTU) == 0 {
		r.warn(b.Opener, codeNoAlarm, "monitor has no alarms configured.  Is this intended?", "add for instance alarm.data: 1 in 60")
	}
}

// checkDisconnects checks that there can be as many disconnects as an alarm needs.
func (r *reader) checkDisconnects(w *watch) bool {
	for _, side := range []plan.Side{plan.Internal, plan.External} {
		for _, a := range w.Disconnects {
			if (a.Side == 0 || a.Side == side) && a.Count > a.Sessions {
				// COMPAT: the wording names the two numbers the wrong way round.
				r.fail(w.counts[side], codeDisconnectLimit, fmt.Sprintf("%s session limit value (%d) cannot be lower than disconnect limit (%d)", side, a.Count, a.Sessions), "swap the numbers")
				return false
			}
		}
	}
	return true
}
