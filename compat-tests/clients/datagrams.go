package clients

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
)

// datagramSizes are those of QUIC (at least 1,200 bytes, on an Ethernet up to
// 1,472), some around what other buffers hold, and one near the largest.
var datagramSizes = []int{0, 1, 1200, 1252, 1350, 1452, 1472, 4096, 9000, 16384, 65000}

// A transport sends as QUIC does: a window of datagrams that have no answer
// yet, and so many of them in all.
const (
	quicSize   = 1350
	quicWindow = 16
	quicCount  = 800
)

// udpEcho is a program without a notion of proxies that sends datagrams and
// compares what comes back.
const udpEcho = `
import socket, sys
host, port, *sizes = sys.argv[1:]
echo = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
echo.settimeout(20)
for size in map(int, sizes):
    sent = bytes(i * 7 % 251 for i in range(size))
    echo.sendto(sent, (host, int(port)))
    got, at = echo.recvfrom(65536)
    if got != sent or at != (host, int(port)):
        sys.exit("sent %d bytes, got %d from %s" % (len(sent), len(got), at))
    print(size)
`

// datagrams are the scenarios about UDP that need no server but an echo.
func datagrams() []scenario {
	echo := func(name, server string, login socks.Session, header []byte, target, from string) scenario {
		return scenario{
			Name: "datagrams to " + name,
			Play: func(s *stage) error {
				at := netip.MustParseAddrPort(target)
				if err := serveEcho(at, netip.MustParseAddr(from)); err != nil {
					return err
				}
				login.Version = socks.Version5
				a, err := associate(server, login, header, at)
				if err != nil {
					return err
				}
				err = exchange(a)
				if err := errors.Join(err, a.Close()); err != nil {
					return err
				}
				count, size := len(datagramSizes)+quicCount, quicSize*quicCount
				for _, s := range datagramSizes {
					size += s
				}
				who := ""
				if login.User != "" {
					who = "username%" + login.User + "@"
				}
				here := a.control.LocalAddr().(*net.TCPAddr).IP
				// Bytes to and from the client, with SOCKS headers; then those from and to the target.
				return s.logged(fmt.Sprintf("pass(2): udp/udpassociate ]: %d/%d -> %s%s.* %s.* -> %d/%d, %d/%d -> %s.* %s.%d -> %d/%d: ",
					size+count*len(socks.DatagramHeader(0, at)), count, who, here, here, size+count*len(header), count,
					size, count, from, at.Addr(), at.Port(), size, count))
			},
		}
	}
	nobody, alice := socks.Session{}, socks.Session{User: "alice", Password: "wonderland"}
	ipv4, ipv6 := netip.MustParseAddrPort("127.0.0.3:4433"), netip.MustParseAddrPort("[::1]:4433")
	sizes := []string{"1", "1200", "1472", "9000"}
	return []scenario{
		echo("an IPv4 address", open, nobody, socks.DatagramHeader(0, ipv4), ipv4.String(), external),
		echo("an IPv6 address", open, nobody, socks.DatagramHeader(0, ipv6), ipv6.String(), "::1"),
		echo("a name", openIPv6, nobody, socks.DatagramHeaderName("three.test.example", ipv4.Port()), ipv4.String(), external),
		echo("a name, with a password", password, alice, socks.DatagramHeaderName("six.test.example", ipv6.Port()), ipv6.String(), "::1"),
		{
			Name:  "datagrams under socksify",
			Needs: []string{"socksify", python3},
			Play: func(s *stage) error {
				if err := serveEcho(ipv4, netip.MustParseAddr(external)); err != nil {
					return err
				}
				program, err := s.file("echo.py", []byte(udpEcho))
				if err != nil {
					return err
				}
				got, err := s.socksify("socks_v5", command{
					Tool: python3, Args: append([]string{program, ipv4.Addr().String(), fmt.Sprint(ipv4.Port())}, sizes...),
				})
				if err != nil {
					return err
				}
				if want := "1\n1200\n1472\n9000\n"; got != want {
					return fmt.Errorf("prints %q, want %q", got, want)
				}
				// The SOCKS header has 10 bytes.
				return s.logged(
					"pass(2): udp/udpassociate [: ",
					fmt.Sprintf("pass(2): udp/udpassociate ]: %d/4 -> 127.0.0.1.* 127.0.0.1.* -> %[1]d/4, %d/4 -> %s.* %s.4433 -> %[2]d/4: ",
						11673+4*10, 11673, external, ipv4.Addr()),
				)
			},
		},
	}
}

// serveEcho sends datagrams back to where they came from, which must be the
// daemon's address.
func serveEcho(at netip.AddrPort, from netip.Addr) error {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return err
	}
	go func() {
		buffer := make([]byte, 1<<16)
		for {
			n, sender, err := conn.ReadFromUDPAddrPort(buffer)
			if err != nil {
				return
			}
			if sender.Addr().Unmap() != from {
				continue // and the client waits in vain
			}
			conn.WriteToUDPAddrPort(buffer[:n], sender)
		}
	}()
	return nil
}

// exchange sends datagrams to an echo, one by one and then many at a time.
func exchange(conn net.Conn) error {
	if err := conn.SetDeadline(time.Now().Add(daemon.Patience)); err != nil {
		return err
	}
	if err := echoSizes(conn); err != nil {
		return err
	}
	return echoWindow(conn)
}

// echoSizes sends a datagram of each size and compares what comes back.
func echoSizes(conn net.Conn) error {
	got := make([]byte, 1<<16)
	for _, size := range datagramSizes {
		sent := data(size)
		if _, err := conn.Write(sent); err != nil {
			return fmt.Errorf("sending %d bytes: %w", size, err)
		}
		n, err := conn.Read(got)
		if err != nil {
			return fmt.Errorf("waiting for %d bytes: %w", size, err)
		}
		if !bytes.Equal(got[:n], sent) {
			return fmt.Errorf("sent %d bytes, got %d others", size, n)
		}
	}
	return nil
}

// echoWindow sends many datagrams with several under way. Each has its number
// in its bytes, and each must come back once.
func echoWindow(conn net.Conn) error {
	datagram := func(i int) []byte {
		d := data(quicSize)
		copy(d, fmt.Sprintf("%08d", i))
		return d
	}
	var missing []int
	for i := range quicCount {
		missing = append(missing, i)
	}
	got := make([]byte, 1<<16)
	for sent, answered := 0, 0; answered < quicCount; answered++ {
		for ; sent < min(quicCount, answered+quicWindow); sent++ {
			if _, err := conn.Write(datagram(sent)); err != nil {
				return fmt.Errorf("sending datagram %d: %w", sent, err)
			}
		}
		n, err := conn.Read(got)
		if err != nil {
			return fmt.Errorf("%d of %d datagrams have not come back: %w", len(missing), quicCount, err)
		}
		var number int
		if _, err := fmt.Sscanf(string(got[:min(n, 8)]), "%d", &number); err != nil {
			return fmt.Errorf("got %q: %w", got[:min(n, 8)], err)
		}
		at, found := slices.BinarySearch(missing, number)
		if !found {
			return fmt.Errorf("datagram %d has come twice", number)
		}
		if !bytes.Equal(got[:n], datagram(number)) {
			return errors.New("a datagram is not what was sent")
		}
		missing = slices.Delete(missing, at, at+1)
	}
	return nil
}
