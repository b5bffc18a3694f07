package cases

import (
	"strconv"
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// socketOptions gives the statements of every socket option.
func socketOptions(r *keyword.Row, scope keyword.Scope) []variant {
	var all []variant
	option := func(level, name, value string) statement {
		return statement{strings.NewReplacer("LEVEL", level, "OPTION", name).Replace(r.Name), value}
	}
	good := func(o keyword.SocketOpt, s statement) {
		// Danted does not look at those it cannot set, not even where they stand.
		all = append(all, variant{kind: Vocabulary, statement: s, harmless: !o.Settable})
	}
	for _, name := range keyword.SocketOptNames() {
		o, _ := keyword.SocketOptByName(name)
		good(o, option(o.Level, o.Name, "1"))
		for _, s := range o.Symbols {
			good(o, option(o.Level, o.Name, s))
		}
		if scope == keyword.Global {
			good(o, option(o.Level, strconv.Itoa(o.Number), "1"))
			for _, l := range keyword.SocketLevels() {
				if l.Text != o.Level {
					good(o, option(l.Text, o.Name, "1"))
				}
			}
		}
	}
	// A number stands for itself, known or not.
	good(keyword.SocketOpt{Settable: true}, option("tcp", "99", "1"))
	for _, bad := range []statement{
		option("tcp", "tcp_nosuch", "1"),
		option("ipv6", "ipv6_tclass", "1"),
		option("ip", "ipv6_tclass", "1"),
		option("ip", "ip_tos", "lowdelay"),
		option("ip", "ip_tos", "-1"),
		option("ip", "ip_tos.tos", "highdelay"),
		option("ip", "ip_tos.dscp", "default"),
		option("ip", "ip_mtu_discover", "do"),
	} {
		all = append(all, variant{kind: BadValue, statement: bad, wrong: true})
	}
	return all
}
