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
	g.globalMethods()
	g.timeouts()
	if g.beyond && g.chance(8) {
		g.line("srchost: %s", pick(g, "nodnsunknown", "nodnsmismatch", "nodnsunknown nodnsmismatch"))
	}
	if g.chance(5) {
		g.line("resolveprotocol: fake")
	}
	if g.beyond && g.chance(5) {
		g.line("compatibility: sameport")
	}
	if g.beyond && g.chance(20) {
		g.line("udp.connectdst: %s", pick(g, "yes", "no", "no"))
	}
	for range 1 + g.IntN(6) {
		g.clientRule()
	}
	if g.chance(85) {
		g.line("client pass { from: 0/0 to: 0/0 log: %s }", g.log())
	}
	for range 1 + g.IntN(8) {
		g.socksRule()
	}
	if g.chance(75) {
		g.line("socks pass { from: 0/0 to: 0/0 log: %s }", g.log())
	}
}

func (g *generator) users() {
	g.line("user.privileged%sroot", g.colon())
	g.line("%s%snobody", pick(g, "user.unprivileged", "user.unprivileged", "user.notprivileged"), g.colon())
}

// colon is a colon as people write it after most keywords.
func (g *generator) colon() string { return pick(g, ": ", ": ", ": ", ":\t", " : ", ":") }

func (g *generator) internal() {
	addresses := append([]netip.Addr{}, listeners...)
	if g.chance(25) {
		addresses = append(addresses, loopback6)
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
	g.outward = pick(g, externals...)
	g.line("external: %s", g.outward)
	if g.chance(40) {
		g.ipv6 = true
		g.line("external: ::1")
	}
	if g.chance(10) {
		g.line("external: %s", pick(g, externals...))
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
			"timeout.tcp_fin_wait", "iotimeout", "connecttimeout"), g.colon(), 100+g.IntN(1000))
	}
}
