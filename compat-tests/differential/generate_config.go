package differential

import (
	"net/netip"
	"slices"
	"strings"
)

// config writes a whole configuration.
func (g *generator) config() {
	g.line("logoutput: stderr")
	g.users()
	g.internal()
	g.external()
	if g.chance(15) {
		g.rotation()
	}
	g.globalMethods()
	g.timeouts()
	before := len(g.global)
	if g.chance(15) || g.about(names, 25) {
		g.sourceChecks()
	}
	if g.chance(10) || g.about(names, 25) || len(g.global) > before && g.chance(25) {
		g.line("resolveprotocol: fake")
		g.global = append(g.global, "resolveprotocol fake")
	}
	if g.chance(8) {
		g.line("compatibility: sameport")
		g.global = append(g.global, "compatibility sameport")
	}
	if g.chance(8) {
		g.line("compatibility: draft-5.05")
		g.global = append(g.global, "compatibility draft-5.05")
	}
	if g.chance(20) {
		g.line("udp.connectdst: %s", pick(g, "yes", "no", "no"))
	}
	g.globalSocketOptions()
	if g.chance(5) || g.theme == accessFiles {
		g.hostsAccess()
	}
	for range 1 + g.IntN(6) {
		g.clientRule()
	}
	if g.chance(85) {
		g.plainRule("client pass")
	}
	for range 1 + g.IntN(8) {
		g.socksRule()
	}
	if g.chance(70) || g.theme == binds {
		g.plainRule("socks pass")
	}
	if g.chance(6) || g.about(binds, 15) {
		g.directRoutes()
	}
}

// sourceChecks turns many clients away, whatever the rules say.
func (g *generator) sourceChecks() {
	words := some(g, "nodnsunknown", "nodnsmismatch", "checkreplyauth")
	for _, word := range words {
		g.global = append(g.global, "srchost "+word)
		g.repliesChecked = g.repliesChecked || word == "checkreplyauth"
	}
	if g.chance(30) {
		for _, word := range words {
			g.line("srchost: %s", word)
		}
		return
	}
	g.line("srchost: %s", strings.Join(words, " "))
}

func (g *generator) users() {
	g.line("user.privileged%sroot", g.colon())
	g.line("%s%snobody", pick(g, "user.unprivileged", "user.unprivileged", "user.notprivileged"), g.colon())
}

// colon is a colon as people write it after most keywords.
func (g *generator) colon() string { return pick(g, ": ", ": ", ": ", ":\t", " : ", ":") }

func (g *generator) internal() {
	if g.chance(6) || g.about(interfaces, 30) {
		g.listenOnInterface()
	}
	addresses := append([]netip.Addr{}, listeners...)
	if g.chance(25) || g.theme == ipv6 {
		addresses = append(addresses, clients6...)
	}
	if g.theme == ipv6 {
		g.listenOn(pick(g, clients6...))
	}
	for _, address := range some(g, addresses...)[:1] {
		g.listenOn(address)
	}
	for _, address := range addresses {
		if g.chance(30) {
			g.listenOn(address)
		}
	}
	if g.chance(6) {
		g.line("internal: 0.0.0.0 port = 1082")
		g.listen = append(g.listen, netip.MustParseAddrPort("127.0.0.77:1082"))
	}
	if g.chance(6) {
		g.line("internal: :: port = 1083")
		g.listen = append(g.listen, netip.AddrPortFrom(global6, 1083))
		if g.chance(30) {
			// Whether IPv4 clients get in there is for the daemon to say.
			g.listen = append(g.listen, netip.MustParseAddrPort("127.0.0.1:1083"))
		}
	}
}

// listenOnInterface listens on all addresses of lo.
func (g *generator) listenOnInterface() {
	g.line("internal: lo port = 1084")
	for _, address := range append(addresses("127.0.0.1", "::1"), ownAddresses...) {
		g.listen = append(g.listen, netip.AddrPortFrom(address, 1084))
	}
}

func (g *generator) listenOn(address netip.Addr) {
	at := netip.AddrPortFrom(address, pick(g, listenPorts...))
	if slices.Contains(g.listen, at) {
		return
	}
	g.listen = append(g.listen, at)
	if at.Port() == 1080 && g.chance(30) {
		g.line("internal: %s", address)
		return
	}
	g.line("internal: %s port %s %d", address, pick(g, "=", "eq"), at.Port())
}

func (g *generator) external() {
	switch {
	case g.chance(4):
		g.global = append(g.global, "external IPv6 only")
		g.line("external: %s", pick(g, clients6...))
		return
	case g.chance(6):
		g.global = append(g.global, "external an interface")
		g.line("external: lo")
		return
	}
	lines := []string{pick(g, externals...).String()}
	if g.chance(40) || g.theme == ipv6 {
		g.global = append(g.global, "external of both families")
		lines = append(lines, pick(g, clients6...).String())
		g.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
	}
	for _, line := range lines {
		g.line("external: %s", line)
	}
	if g.chance(10) {
		g.line("external: %s", pick(g, externals...))
	}
}

// rotation has several external addresses chosen among. Those that danted
// listens on are often there too: else nothing gets through.
func (g *generator) rotation() {
	word := pick(g, "none", "route", "route", "same-same", "same-same")
	g.line("external.rotation%s%s", g.colon(), word)
	g.global = append(g.global, "external.rotation "+word)
	for _, address := range slices.Concat(listeners, externals, clients6[1:]) {
		if g.chance(50) {
			g.line("external: %s", address)
		}
	}
}

// methodLists are socksmethod lists. With more than one place to look a password
// up, danted answers the login before it has looked anywhere.
var methodLists = [][]string{
	{"none"},
	{"none"},
	{"none"},
	{"username"},
	{"username"},
	{"username", "none"},
	{"username", "none"},
	{"username", "none"},
	{"none", "username"},
}

var pamMethodLists = [][]string{
	{"pam.username"},
	{"pam.username", "none"},
	{"username", "pam.username"},
	{"username", "pam.username", "none"},
	{"pam.any"},
	{"pam.any", "none"},
	{"username", "pam.any"},
	{"pam.address", "none"},
	{"username", "pam.address"},
}

func (g *generator) globalMethods() {
	g.methods = pick(g, methodLists...)
	if g.theme == groups {
		g.methods = pick(g, []string{"username"}, []string{"username", "none"})
	}
	if g.beyond && g.chance(20) {
		g.methods = pick(g, pamMethodLists...)
	}
	g.forSOCKS4(g.methods)
	g.line("%s: %s", pick(g, "socksmethod", "socksmethod", "socksmethod", "method"), strings.Join(g.methods, " "))
	if g.chance(70) {
		g.line("clientmethod: none")
	}
}

// forSOCKS4 notes whether a client rule has a list without none where the global
// list has it. SOCKS4 clients of such a rule are a scenario of their own
// (CVE-2024-54662).
func (g *generator) forSOCKS4(methods []string) {
	if slices.Contains(g.methods, "none") && !slices.Contains(methods, "none") {
		g.noSOCKS4 = true
	}
}

func (g *generator) timeouts() {
	if g.chance(30) {
		g.line("%s%s%d", pick(g, "timeout.negotiate", "timeout.io", "timeout.connect", "timeout.io.tcp",
			"timeout.tcp_fin_wait", "timeout.io.udp", "iotimeout", "connecttimeout"), g.colon(), 100+g.IntN(1000))
	}
}
