package show

import (
	"github.com/rustsocks/rustsocks/danted/config"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/pkg/acl"
)

func route(c *config.Config, r *config.Route, opt Options) block {
	l := &list{all: opt.All}
	w := r.Written
	l.own(w, keyword.From, address(c, r.From))
	l.own(w, keyword.To, address(c, r.To))
	l.own(w, keyword.Via, gateway(c, r))
	l.own(w, keyword.Extension, "bind")
	l.ruleSpecials(w, nil, r.SocketOptions)
	if _, here := at(w, keyword.Command); !here && !r.Direct && r.Protocols&acl.ProtoUDP != 0 {
		// COMPAT: danted checks the protocols of a route only when it has commands of its own.
		if l.all {
			l.say(keyword.Command, commands(r.Commands), byDefault)
		}
	} else {
		l.usual(w, keyword.Command, commands(r.Commands), byDefault)
	}
	l.usual(w, keyword.Protocol, protocols(r.Protocols), byDefault)
	if !r.Direct {
		l.usual(w, keyword.ProxyProtocol, proxies(r.Proxies), byDefault)
	}
	l.usual(w, keyword.RouteMethod, methods(r.Methods), byDefault)
	return newBlock(keyword.Route, "route", r.Number, r.Pos, l.settings)
}

// gateway gives where a route leads.
func gateway(c *config.Config, r *config.Route) string {
	if r.Direct {
		return "direct"
	}
	return single(c, r.Gateway)
}
