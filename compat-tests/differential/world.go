package differential

import "net/netip"

// The world of a trial: addresses, ports, names and users that mean something,
// so that random choices often meet. Names and users are those of package
// sandbox.

// Ports of the clients: every request of a run has its own, so that the daemon
// can take the same port on its external side, as danted does when it is free.
const (
	firstClientPort = 10000
	lastClientPort  = 32000
)

var (
	listenPorts = []uint16{1080, 1081, 5000}

	// Listening targets: on every address, on 127.0.0.5 only, on IPv6 only.
	openPorts    = []uint16{7, 22, 80, 443, 8080}
	openOnFive   = uint16(8005)
	openOnIPv6   = uint16(8006)
	udpPorts     = []uint16{7, 53, 8080}
	closedPorts  = []uint16{1, 9, 9999}
	wildcardIPv4 = netip.IPv4Unspecified()
	wildcardIPv6 = netip.IPv6Unspecified()
	five         = netip.MustParseAddr("127.0.0.5")
	loopback6    = netip.IPv6Loopback()
	global6      = netip.MustParseAddr("2001:db8::1")
)

// listening are the addresses of the targets.
func listening() []netip.AddrPort {
	addresses := []netip.AddrPort{
		netip.AddrPortFrom(five, openOnFive),
		netip.AddrPortFrom(loopback6, openOnIPv6),
	}
	for _, port := range openPorts {
		addresses = append(addresses, netip.AddrPortFrom(wildcardIPv4, port), netip.AddrPortFrom(wildcardIPv6, port))
	}
	return addresses
}

func addresses(text ...string) []netip.Addr {
	var all []netip.Addr
	for _, one := range text {
		all = append(all, netip.MustParseAddr(one))
	}
	return all
}

var (
	clients4  = addresses("127.0.0.1", "127.0.0.2", "127.0.0.4", "127.0.0.9", "127.0.0.50", "127.0.0.77", "127.1.2.3", "127.200.0.7")
	clients6  = []netip.Addr{loopback6, loopback6, global6}
	listeners = addresses("127.0.0.1", "127.0.0.2", "127.0.1.1")
	externals = addresses("127.0.0.5", "127.0.0.1", "127.0.0.20", "127.3.3.3")
	targets6  = addresses("::1", "2001:db8::1")
	targets4  = addresses("127.0.0.50", "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.9", "127.0.0.20", "127.1.2.3", "127.9.9.9")
)

// Names of the hosts file, and names that resolve to nothing.
var (
	knownNames = []string{
		"localhost", "two.test.example", "two", "three.test.example", "several.test.example",
		"both.other.example", "six.test.example", "far.test.example", "nine.other.example",
		"nodot", "upper.test.example", "TWO.Test.Example", "global.test.example", "mixed.other.example",
	}
	// Names of clients, for rules about them.
	clientNames  = []string{"localhost", "two.test.example", "several.test.example", "nine.other.example", "far.test.example", "far", "global.test.example", ".other.example", ".localhost", ".0.0.3"}
	unknownNames = []string{"nosuch.invalid", "nosuch.test.example", "x"}
	literalNames = []string{"127.0.0.2", "0x7f.0.0.3", "127.1.2.3", "::1", "127.0.0.300"}
	domains      = []string{".test.example", ".0.0.3", ".example", ".other.example", ".invalid", "."}
)

// An account and its password, as far as it has one.
type account struct{ name, password string }

var (
	goodAccounts = []account{
		{"alice", "wonderland"},
		{"bob", "builder"},
		{"carol", "carols-secret"},
		{"dave", "dave pass word"},
		{"erin", "erin"},
		{"frank", "frank"},
		{"expired", "carols-secret"},
	}
	badAccounts = []account{
		{"alice", "Wonderland"},
		{"bob", ""},
		{"carol", "builder"},
		{"nosuch", "x"},
		{"", ""},
		{"", "x"},
		{"locked", "carols-secret"},
		{"starred", "*"},
		{"empty", ""},
		{"empty", "x"},
		{"root", ""},
		{"alice\x00", "wonderland"},
		{"Alice", "wonderland"},
	}
	groupNames = []string{"alice", "staff", "guests", "many", "nobodyhere", "bob", "nosuchgroup"}
	userNames  = []string{"alice", "bob", "carol", "dave", "erin", "nosuch"}
)
