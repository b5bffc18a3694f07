package differential

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// clientRule writes a client rule.
func (g *generator) clientRule() {
	var options []string
	if g.chance(25) {
		methods := some(g, slices.Clone(g.methods)...)
		options = append(options, "socksmethod: "+strings.Join(methods, " "))
		if slices.Contains(g.methods, "none") && !slices.Contains(methods, "none") {
			// SOCKS4 clients of such a rule are a row of the deviation
			// table (CVE-2024-54662), tested on its own.
			g.noSOCKS4 = true
		}
	}
	if g.chance(15) {
		options = append(options, pick(g, "clientmethod: none", "method: none"))
	}
	limits := g.sessionLimits()
	if len(limits) > 0 && g.chance(40) { // without limits danted aborts
		limits = append(limits, "session.inheritable: "+pick(g, "yes", "no"))
	}
	options = append(options, limits...)
	from := g.clientAddress() + g.port()
	to := g.ownAddress()
	opener := "client " + g.verdict(80)
	g.rule(opener, from, to, g.libwrapLine(opener, g.socketOptions(opener, options)))
}

// verdict is pass in percent of all cases.
func (g *generator) verdict(percent int) string {
	if g.chance(percent) {
		return "pass"
	}
	return "block"
}

// clientAddress is an address specification that has to do with the clients.
func (g *generator) clientAddress() string {
	if address := g.themeAddress(); address != "" {
		return address
	}
	return pick(g, g.everything, g.everything, g.everything,
		func() string { return g.prefix(pick(g, clients4...)) },
		func() string { return g.prefix(pick(g, clients4...)) },
		g.prefix6,
		g.clientName, g.clientName,
		func() string { return "lo" },
	)()
}

// themeAddress is an address specification of the theme, or nothing.
func (g *generator) themeAddress() string {
	switch {
	case g.about(names, 60):
		return pick(g, g.name, g.clientName)()
	case g.about(interfaces, 50):
		return "lo"
	case g.about(ipv6, 50):
		return g.prefix6()
	case g.about(groups, 60):
		return "0/0" // so that the names decide
	}
	return ""
}

func (g *generator) everything() string {
	return pick(g, "0/0", "0/0", "0/0", "0.0.0.0/0", "127.0.0.0/8", "::/0")
}

// prefix6 is a prefix that mostly holds an IPv6 address of this world.
func (g *generator) prefix6() string {
	return pick(g, "::1/128", "::1/128", "::/0", "::/64", "2001:db8::/32", "2001:db8::1/128", "2001:db8::1/64", "fe80::/10")
}

// prefix is a prefix that holds the address, and often more; host bits may
// stay.
func (g *generator) prefix(address netip.Addr) string {
	bits := pick(g, 0, 1, 7, 8, 9, 12, 16, 20, 24, 25, 28, 30, 31, 32, 32, 32)
	prefix := netip.PrefixFrom(address, bits)
	if g.chance(80) {
		prefix = prefix.Masked()
	}
	return prefix.String()
}

// clientName is a name or domain that covers some client.
func (g *generator) clientName() string {
	if g.chance(30) {
		return g.name()
	}
	return pick(g, clientNames...)
}

func (g *generator) name() string {
	switch {
	case g.chance(40):
		return g.spelled(pick(g, domains...))
	case g.chance(85):
		name := pick(g, knownNames...)
		g.ruleNames = append(g.ruleNames, name)
		return g.spelled(name)
	default:
		return pick(g, "nosuch.invalid", "rule-only.invalid")
	}
}

// spelled is a name, sometimes in capitals.
func (g *generator) spelled(name string) string {
	if g.chance(8) {
		return strings.ToUpper(name)
	}
	return name
}

// ownAddress is the "to" of a client rule.
func (g *generator) ownAddress() string {
	switch {
	case g.chance(80):
		return g.everything()
	case g.chance(30):
		return fmt.Sprintf("%s port = %s", g.everything(), pick(g, "socks", "1080", "1081", "5000", "1084"))
	case g.chance(30):
		return "lo"
	default:
		return g.prefix(pick(g, listeners...))
	}
}

// port is a port specification, or nothing.
func (g *generator) port() string {
	if g.chance(80) {
		return ""
	}
	return " port " + pick(g, "gt", ">", "ge", ">=", "ne", "!=", "lt", "<=") + fmt.Sprintf(" %d", pick(g, 1023, 10000, 20000, 1))
}

// socksRule writes a socks rule.
func (g *generator) socksRule() {
	opener := pick(g, "socks ", "socks ", "socks ", "socks ", "") + g.verdict(70)
	if g.theme != anything && g.theme != groups && g.theme != binds && g.chance(60) {
		// About addresses alone, so that they matter.
		g.rule(opener, g.clientAddress(), g.destination(), nil)
		return
	}
	options := g.identity()
	named := slices.ContainsFunc(options, func(o string) bool { return strings.HasPrefix(o, "user:") || strings.HasPrefix(o, "group:") })
	switch {
	case named && g.chance(95):
		// UDP replies tell no name: such a rule would be refused.
		if g.repliesChecked || g.chance(20) {
			options = append(options, "command: "+pick(g, "connect", "bind connect", "connect udpassociate", "connect bindreply"))
		}
	case g.about(binds, 70):
		options = append(options, g.bindCommands())
	case g.chance(30):
		options = append(options, "command: "+pick(g, "connect", "connect", "bind connect", "bind", "udpassociate",
			"bindreply udpreply", "bind connect udpassociate bindreply udpreply"))
	}
	if g.chance(20) {
		options = append(options, "protocol: "+pick(g, "tcp", "tcp", "tcp udp", "udp"))
	}
	if !named && g.chance(10) { // where a name is wanted, none would be refused
		options = append(options, "clientmethod: none")
	}
	if g.chance(15) {
		options = append(options, "proxyprotocol: "+pick(g, "socks_v4", "socks_v5", "socks_v4 socks_v5"))
	}
	if g.chance(8) {
		options = append(options, "udp.portrange: "+pick(g, "40000-40100", "50000 - 59999", "33000-60999"))
	}
	if g.chance(10) {
		options = append(options, fmt.Sprintf("timeout.%s: %d", pick(g, "connect", "io", "io.tcp"), 100+g.IntN(100)))
	}
	options = append(options, g.sessionLimits()...)
	g.rule(opener, g.clientAddress()+g.port(), g.destination(), g.libwrapLine(opener, g.socketOptions(opener, options)))
}

// naming are the methods that tell a name.
var naming = []string{"username", "pam.username", "pam.address"}

// identity is what a socks rule demands of the client's name and password.
func (g *generator) identity() (options []string) {
	methods := slices.Clone(g.methods)
	named := slices.DeleteFunc(slices.Clone(g.methods), func(method string) bool { return !slices.Contains(naming, method) })
	if len(named) > 0 && (g.chance(35) || g.about(groups, 80)) {
		if g.chance(70) && g.theme != groups || g.about(groups, 50) {
			options = append(options, "user: "+strings.Join(some(g, slices.Clone(userNames)...), " "))
		}
		if g.chance(50) || g.about(groups, 80) {
			options = append(options, "group: "+strings.Join(some(g, slices.Clone(groupNames)...), " "))
		}
		methods = named
	}
	if g.chance(25) {
		keyword := pick(g, "socksmethod", "socksmethod", "method")
		options = append(options, keyword+": "+strings.Join(some(g, methods...), " "))
	}
	if g.chance(40) && slices.ContainsFunc(g.methods, func(method string) bool { return strings.HasPrefix(method, "pam.") }) {
		options = append(options, pick(g, "pam.servicename", "pamservicename")+": "+pick(g, "sockd", "permit", "permit", "deny", "nosuchservice"))
	}
	return options
}

// destination is the "to" of a socks rule.
func (g *generator) destination() string {
	address := g.themeAddress()
	if address != "" {
		return address
	}
	address = pick(g,
		g.everything, g.everything,
		func() string { return g.prefix(pick(g, targets4...)) },
		func() string { return g.prefix(pick(g, targets4...)) },
		g.prefix6,
		g.name, g.name,
		func() string { return "lo" },
	)()
	if g.chance(60) {
		return address
	}
	return address + " port " + g.portRange()
}

func (g *generator) portRange() string {
	port := pick(g, append([]uint16{openOnFive, 0, 65535}, openPorts...)...)
	switch g.IntN(4) {
	case 0:
		return fmt.Sprintf("%s %d", pick(g, "=", "eq", "ne", "!=", "ge", ">=", "le", "<=", "gt", ">", "lt", "<"), port)
	case 1:
		return pick(g, "=", "eq", "ne", "ge", "le", "gt", "lt") + " " + pick(g, "http", "https", "ssh", "echo", "http-alt", "www", "webcache", "ntp", "domain", "pop3")
	case 2:
		return fmt.Sprintf("%d - %d", port, max(port, pick(g, openPorts...)))
	default:
		return pick(g, "1-1023", "80-8080", "22-22", "0 - 65535", "1024-65535")
	}
}

// log is the value of log:. There are always words that make lines.
func (g *generator) log() string {
	if g.chance(50) {
		return "connect disconnect error"
	}
	return strings.Join(some(g, "connect", "disconnect", "error", "ioop", "data", "iooperation"), " ")
}

// rule writes a rule in one of the ways people lay them out.
func (g *generator) rule(opener, from, to string, options []string) {
	if g.chance(90) {
		options = append(options, "log: "+g.log())
	}
	g.Shuffle(len(options), func(i, j int) { options[i], options[j] = options[j], options[i] })
	g.note(opener, conditionsOf(opener, from, to, options))
	before := g.IntN(len(options) + 1)
	if g.chance(70) {
		before = 0
	}
	if len(options) == 0 && g.chance(50) {
		g.line("%s { from: %s to: %s }", opener, from, to)
		return
	}
	g.line("%s%s{", opener, pick(g, " ", "\n", "  "))
	for _, option := range options[:before] {
		g.line("\t%s", option)
	}
	g.line("%sfrom: %s%sto: %s", pick(g, "    ", "\t", ""), from, pick(g, " ", "\t", "\n    "), to)
	for _, option := range options[before:] {
		g.line("    %s", option)
	}
	g.text.WriteString("}\n")
}

// plainRule writes a rule without conditions.
func (g *generator) plainRule(opener string) {
	g.note(opener, conditionsOf(opener, "0/0", "0/0", nil))
	g.line("%s { from: 0/0 to: 0/0 log: %s }", opener, g.log())
}

// note keeps the conditions of a rule for the tally.
func (g *generator) note(opener string, conditions []string) {
	if strings.HasPrefix(opener, "client ") {
		g.client = append(g.client, conditions)
	} else {
		g.socks = append(g.socks, conditions)
	}
}
