package clients

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
)

// Where the name server listens.
const (
	dnsIPv4 = "127.0.0.3:53"
	dnsIPv6 = "[::1]:53"
)

// Names it knows.
const (
	dnsName    = "hello.test.example"
	dnsAddress = "192.0.2.7"
	dnsBigName = "big.test.example" // its texts take a datagram of more than 1,400 bytes
)

// bigTexts are the texts of dnsBigName, each a record of its own.
func bigTexts() []string {
	var all []string
	for i := range 7 {
		all = append(all, strings.Repeat(string(rune('a'+i)), 200))
	}
	return all
}

// smallTexts are the texts of dnsName: as many as Go's resolver takes by UDP.
func smallTexts() []string { return bigTexts()[:5] }

// startDNS starts the name server.
func startDNS(s *stage) error {
	v4, v6 := netip.MustParseAddrPort(dnsIPv4).Addr(), netip.MustParseAddrPort(dnsIPv6).Addr()
	lines := []string{
		"no-resolv", "no-hosts", "no-daemon", "user=root", "pid-file=", "edns-packet-max=4096",
		"bind-interfaces", "listen-address=" + v4.String(), "listen-address=" + v6.String(),
		"log-queries", "log-facility=-",
		"address=/" + dnsName + "/" + dnsAddress,
	}
	for _, text := range bigTexts() {
		lines = append(lines, "txt-record="+dnsBigName+","+text)
	}
	for _, text := range smallTexts() {
		lines = append(lines, "txt-record="+dnsName+","+text)
	}
	conf, err := s.file("dnsmasq.conf", []byte(strings.Join(lines, "\n")+"\n"))
	if err != nil {
		return err
	}
	if err := s.start("udp", dnsIPv6, "/usr/sbin/dnsmasq", "-C", conf); err != nil {
		return err
	}
	return daemon.Until(func() (bool, error) { return listening("udp", netip.MustParseAddrPort(dnsIPv4)) })
}

// dns asks a name server.
//
// The client under socksify is kdig, by UDP: dig and its kin, and kdig by TCP,
// use calls that Dante's library does not know of, and get no answer with the
// real danted either.
func dns() []scenario {
	kdig := func(transport string, about ...string) command {
		host, _, _ := net.SplitHostPort(dnsIPv4)
		return command{Tool: "kdig", Args: append([]string{
			transport, "+retry=0", "+time=10", "+bufsize=4096", "+short", "@" + host,
		}, about...)}
	}
	wants := func(s *stage, protocol string, c command, want ...string) error {
		printed, err := s.socksify(protocol, c)
		if err != nil {
			return err
		}
		got := strings.Split(strings.TrimSuffix(printed, "\n"), "\n")
		slices.Sort(got) // records come in any order
		if !slices.Equal(got, want) {
			return fmt.Errorf("%s %q prints %q, want %q", c.Tool, c.Args, got, want)
		}
		return nil
	}
	needs := []string{"/usr/sbin/dnsmasq", "kdig", "socksify"}
	own := func(name string, server string, header []byte, at string) scenario {
		return scenario{
			Name: "DNS by UDP to " + name, Needs: needs[:1],
			Play: func(s *stage) error {
				if err := startDNS(s); err != nil {
					return err
				}
				return resolve(server, header, netip.MustParseAddrPort(at))
			},
		}
	}
	ipv4, ipv6 := netip.MustParseAddrPort(dnsIPv4), netip.MustParseAddrPort(dnsIPv6)
	return []scenario{
		{
			Name: "DNS by UDP with kdig", Needs: needs,
			Play: func(s *stage) error {
				if err := startDNS(s); err != nil {
					return err
				}
				if err := wants(s, "socks_v5", kdig("+notcp", dnsName, "A"), dnsAddress); err != nil {
					return err
				}
				var texts []string
				for _, text := range bigTexts() {
					texts = append(texts, `"`+text+`"`)
				}
				if err := wants(s, "socks_v5", kdig("+notcp", "+ignore", dnsBigName, "TXT"), texts...); err != nil {
					return err
				}
				return s.logged(
					"pass(2): udp/udpassociate [: ", "pass(2): udp/udpassociate [: ",
					"/1 -> "+external+".* 127.0.0.3.53 -> ", "/1 -> "+external+".* 127.0.0.3.53 -> ",
				)
			},
		},
		own("an IPv4 address", open, socks.DatagramHeader(0, ipv4), dnsIPv4),
		own("an IPv6 address", open, socks.DatagramHeader(0, ipv6), dnsIPv6),
		own("a name", open, socks.DatagramHeaderName("three.test.example", ipv4.Port()), dnsIPv4),
		own("a name, from IPv6", openIPv6, socks.DatagramHeaderName("three.test.example", ipv4.Port()), dnsIPv4),
	}
}

// resolve has Go's resolver ask the name server through UDP ASSOCIATE.
func resolve(server string, header []byte, from netip.AddrPort) error {
	ctx, cancel := context.WithTimeout(context.Background(), daemon.Patience)
	defer cancel()
	dialled := 0
	var refused error
	r := net.Resolver{
		PreferGo: true,
		Dial: func(_ context.Context, network, _ string) (net.Conn, error) {
			if !strings.HasPrefix(network, "udp") {
				return nil, fmt.Errorf("the resolver wants to use %s", network)
			}
			dialled++
			a, err := associate(server, socks.Session{Version: socks.Version5}, header, from)
			refused = errors.Join(refused, err)
			return a, err
		},
	}
	// Addresses it would look for in the hosts file only.
	texts, err := r.LookupTXT(ctx, dnsName+".")
	if err != nil {
		return errors.Join(err, refused)
	}
	slices.Sort(texts)
	if !slices.Equal(texts, smallTexts()) || dialled == 0 {
		return fmt.Errorf("%s has the texts %q (%d associations)", dnsName, texts, dialled)
	}
	return nil
}
