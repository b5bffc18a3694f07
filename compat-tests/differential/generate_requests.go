package differential

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
)

// bindShare is how many requests of a hundred are for BIND, in a trial that is not about that.
const bindShare = 8

// request makes a random client connection.
func (g *generator) request() Request {
	r := Request{Via: pick(g, g.listen...)}
	if g.theme == ipv6 && r.Via.Addr().Is4() {
		r.Via = pick(g, g.listen...)
	}
	client := pick(g, clients6...)
	if r.Via.Addr().Is4() {
		client = pick(g, clients4...)
	}
	r.From = netip.AddrPortFrom(client, g.clientPort())
	if g.chance(4) || slices.Contains(g.global, "compatibility sameport") && g.chance(40) {
		r.From = netip.AddrPortFrom(client, g.privilegedPort())
	}

	switch {
	case g.chance(12):
		g.malformed(&r)
	case g.chance(bindShare) || g.about(binds, 30):
		g.bind(&r)
	case g.chance(12):
		g.associate(&r)
	case g.chance(25) && !g.noSOCKS4:
		g.socks4(&r)
	default:
		g.socks5(&r)
	}
	if r.EndAfter == Never && g.chance(8) {
		r.Together = true
		r.Title += ", all in one segment"
	}
	if r.EndAfter == Never && len(r.Senders) == 0 && g.chance(6) {
		r.Early = g.bytes(1 + g.IntN(200))
		r.Title += ", early payload"
	}
	r.Talk = g.talk()
	if g.denyFile != "" && g.chance(15) {
		r.Files = map[string]string{}
		g.bothFiles(r.Files)
	}
	return r
}

// port is a port that no other socket of the run uses.
func (g *generator) clientPort() uint16 {
	g.nextPort++
	return g.nextPort - 1
}

// privilegedPort is a port below 1024 that was not used for a while.
func (g *generator) privilegedPort() uint16 {
	return 500 + g.nextPort/portsEach%500
}

func (g *generator) socks4(r *Request) {
	to := netip.AddrPortFrom(pick(g, targets4...), g.targetPort())
	if g.chance(3) {
		to = g.oddAddress(r)
	}
	user := pick(g, "", "alice", "nobody", "a user with a rather long name, as nobody has it")
	r.Title = fmt.Sprintf("SOCKS4 user %q to %s", user, to)
	r.Ask = socks.Request4(socks.Connect, to, user)
}

func (g *generator) socks5(r *Request) {
	g.greeting(r)
	port := g.targetPort()
	switch {
	case g.chance(35) || g.about(names, 40):
		name := g.targetName()
		r.Ask = socks.Request5Name(socks.Connect, name, port)
		r.Title += fmt.Sprintf(" to %q port %d", name, port)
	case g.chance(12) || g.about(ipv6, 40):
		to := netip.AddrPortFrom(pick(g, clients6...), port)
		r.Ask = socks.Request5(socks.Connect, to)
		r.Title += " to " + to.String()
	case g.chance(4):
		to := netip.AddrPortFrom(netip.AddrFrom16(pick(g, targets4...).As16()), port)
		r.Ask = socks.Request5(socks.Connect, to)
		r.Title += " to " + to.String()
	case g.chance(6):
		to := g.oddAddress(r)
		if g.chance(40) {
			to = g.oddAddress6()
		}
		r.Ask = socks.Request5(socks.Connect, to)
		r.Title += " to " + to.String()
	default:
		to := netip.AddrPortFrom(pick(g, targets4...), port)
		r.Ask = socks.Request5(socks.Connect, to)
		r.Title += " to " + to.String()
	}
}

// greeting fills in the greeting, and a login for a daemon that wants one.
func (g *generator) greeting(r *Request) {
	const none, gssapi, password = socks.NoAuthentication, socks.GSSAPI, socks.UsernamePassword
	methods := pick(g, []byte{none, password}, []byte{password, none}, []byte{none, gssapi, password}, []byte{3, none, 9, password})
	switch {
	case g.chance(30):
		methods = pick(g, []byte{none}, []byte{none}, []byte{password}, []byte{password}, []byte{gssapi, password})
	case g.chance(5):
		methods = pick(g, []byte{gssapi}, []byte{}, []byte{0x80}, []byte{socks.NoneAcceptable})
	}
	who := pick(g, goodAccounts...)
	if g.chance(25) && g.theme != groups {
		who = pick(g, badAccounts...)
	}
	r.Greeting = socks.Greeting(methods...)
	r.Login = socks.Login(who.name, who.password)
	r.Title = fmt.Sprintf("SOCKS5 methods % x login %q", methods, who.name)
}

func (g *generator) targetPort() uint16 {
	switch {
	case g.chance(10):
		return pick(g, closedPorts...)
	case g.chance(8):
		return pick(g, openOnFive, openOnIPv6)
	default:
		return pick(g, openPorts...)
	}
}

func (g *generator) targetName() string {
	switch {
	case len(g.ruleNames) > 0 && g.chance(30):
		return g.spelled(pick(g, g.ruleNames...))
	case g.chance(10):
		return pick(g, unknownNames...)
	case g.chance(10):
		return pick(g, literalNames...)
	default:
		return g.spelled(pick(g, knownNames...))
	}
}

// oddAddress is a destination that is special for one reason or another.
func (g *generator) oddAddress(r *Request) netip.AddrPort {
	if g.chance(40) && r.Via.Addr().Is4() {
		return r.Via // the daemon itself
	}
	return pick(g,
		netip.MustParseAddrPort("127.0.0.1:0"),
		netip.MustParseAddrPort("0.0.0.0:80"),
		netip.MustParseAddrPort("0.0.0.0:0"),
		netip.MustParseAddrPort("192.0.2.1:80"),
		netip.MustParseAddrPort("224.0.0.1:80"),
		netip.MustParseAddrPort("255.255.255.255:80"),
	)
}

// oddAddress6 is an IPv6 destination that is special.
func (g *generator) oddAddress6() netip.AddrPort {
	return pick(g,
		netip.MustParseAddrPort("[::]:80"),
		netip.MustParseAddrPort("[::1]:0"),
		netip.MustParseAddrPort("[::ffff:0.0.0.0]:80"),
		netip.MustParseAddrPort("[2001:db8::99]:80"),
		netip.MustParseAddrPort("[fd00::1]:80"),
		netip.MustParseAddrPort("[fe80::1]:80"),
		netip.MustParseAddrPort("[ff01::1]:80"),
		netip.MustParseAddrPort("[ff02::1]:80"),
		netip.MustParseAddrPort("[ff0e::1]:80"),
	)
}

// malformed makes a connection that no proper client would.
func (g *generator) malformed(r *Request) {
	greeting := socks.Greeting(socks.NoAuthentication, socks.UsernamePassword)
	login := socks.Login("alice", "wonderland")
	ask := socks.Request5(socks.Connect, netip.MustParseAddrPort("127.0.0.1:80"))
	r.Greeting, r.Login, r.Ask = greeting, login, ask

	kinds := 12
	if g.noSOCKS4 {
		kinds = 11
	}
	switch g.IntN(kinds) {
	case 0:
		r.Title, r.EndAfter = "nothing at all", Connect
	case 1:
		r.Title, r.Greeting = "not SOCKS", pick(g, []byte("GET / HTTP/1.0\r\n\r\n"), []byte{0}, []byte{6, 1, 0}, []byte{0xff, 0xff})
		r.EndAfter = Greeting
	case 2:
		r.Title, r.Greeting = "greeting cut short", greeting[:1+g.IntN(len(greeting)-1)]
		r.EndAfter = Greeting
	case 3:
		r.Title, r.EndAfter = "end after the greeting", Greeting
	case 4:
		r.Title, r.Ask = "request cut short", ask[:1+g.IntN(len(ask)-1)]
		r.EndAfter = Ask
	case 5:
		r.Title, r.Login = "login cut short", login[:1+g.IntN(len(login)-1)]
		r.EndAfter = Login
	case 6:
		r.Title, r.Login[0] = "login of another version", pick[byte](g, 0, 2, 5)
	case 7:
		r.Title, r.Ask[3] = "unknown address type", pick[byte](g, 0, 2, 5, 0xff)
	case 8:
		r.Title, r.Ask[1] = "unknown command", pick[byte](g, 0, 4, 9, 0xff)
	case 9:
		r.Title, r.Ask[0] = "request of another version", pick[byte](g, 0, 1, 6, 0xff)
	case 10:
		r.Title, r.Ask[2] = "reserved byte set", 0x17
	case 11:
		if !g.noSOCKS4 {
			g.malformed4(r)
		}
	}
}

func (g *generator) malformed4(r *Request) {
	r.Greeting, r.Login = nil, nil
	r.Ask = socks.Request4(socks.Connect, netip.MustParseAddrPort("127.0.0.1:80"), "alice")
	switch g.IntN(2) {
	case 0:
		r.Title, r.Ask = "SOCKS4 request cut short", r.Ask[:1+g.IntN(len(r.Ask)-1)]
		r.EndAfter = Ask
	case 1:
		r.Title, r.Ask[1] = "unknown SOCKS4 command", pick[byte](g, 0, 3, 4, 9, 0xff)
	}
}

// talk makes what the two ends say to each other, to its end.
func (g *generator) talk() []Move {
	var moves []Move
	for range g.IntN(4) {
		moves = append(moves, g.say(pick(g, Client, Target)))
	}
	first, second := Client, Target
	if g.chance(50) {
		first, second = second, first
	}
	if g.chance(40) {
		moves = append(moves, Move{End: first, Do: Shutdown})
		for range g.IntN(3) {
			moves = append(moves, g.say(second))
		}
		return append(moves, Move{End: second, Do: pick(g, Shutdown, Close)})
	}
	return append(moves, Move{End: first, Do: pick(g, Close, Close, Close, Reset)})
}

func (g *generator) say(end End) Move {
	size := 1 + g.IntN(60)
	if g.chance(10) {
		size = 1 + g.IntN(4000)
	}
	return Move{End: end, Do: Send, Data: g.bytes(size)}
}
