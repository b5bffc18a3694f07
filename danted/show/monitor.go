package show

import (
	"github.com/rustsocks/rustsocks/danted/config"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

func monitor(c *config.Config, m *config.Monitor, opt Options) block {
	l := &list{all: opt.All}
	w := m.Written
	l.own(w, keyword.From, address(c, m.From))
	l.own(w, keyword.To, address(c, m.To))
	l.derivable(w, keyword.Command, commands(m.Commands), commands(acl.CmdAll))
	l.derivable(w, keyword.Protocol, protocols(m.Protocols), protocols(acl.ProtoTCP|acl.ProtoUDP))
	o, _ := at(w, keyword.AlarmData)
	for _, a := range m.Data {
		key := sided(a.Side) + "alarm.data" + map[plan.Direction]string{plan.Received: ".recv", plan.Sent: ".send"}[a.Direction]
		l.addAs(keyword.AlarmData, key, number(a.Bytes)+" in "+seconds(a.Every), o)
	}
	o, _ = at(w, keyword.AlarmDisconnect)
	for _, a := range m.Disconnects {
		l.addAs(keyword.AlarmDisconnect, sided(a.Side)+"alarm.disconnect",
			number(a.Count)+"/"+number(a.Sessions)+" in "+seconds(a.Every), o)
	}
	o, _ = at(w, keyword.AlarmMTU)
	for _, side := range m.MTU {
		l.addAs(keyword.AlarmMTU, sided(side)+"alarm.mtu-error", "", o)
	}
	return newBlock(keyword.Monitor, "monitor", m.Number, m.Pos, l.settings)
}

// sided gives what stands before the alarms of a side.
func sided(s plan.Side) string {
	if s == 0 {
		return ""
	}
	return s.String() + "."
}
