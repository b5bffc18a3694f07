package clients

import (
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
)

// idleServer is a server that says nothing.
const idleServer = "127.0.0.3:7777"

// keepAlive looks at the daemon's sockets of a session in which nothing
// happens.
func keepAlive() []scenario {
	look := func(name string, wants func(s *stage) bool, flags ...string) scenario {
		return scenario{
			Name: "keep-alive " + name, Needs: []string{"ss"}, Flags: flags,
			Play: func(s *stage) error {
				listener, err := net.Listen("tcp", idleServer)
				if err != nil {
					return err
				}
				client, err := net.Dial("tcp", open)
				if err != nil {
					return err
				}
				defer client.Close()
				if err := (socks.Session{Version: socks.Version5}).Connect(client, netip.MustParseAddrPort(idleServer)); err != nil {
					return err
				}
				server, err := listener.Accept()
				if err != nil {
					return err
				}
				defer server.Close()
				for _, side := range []string{"src " + open, "dst " + idleServer} {
					got, err := s.timer(side)
					if err != nil {
						return err
					}
					if strings.HasPrefix(got, "timer:(keepalive,") != wants(s) {
						return fmt.Errorf("keep-alive should be %v on the socket with %s, which has the timer %q", wants(s), side, got)
					}
				}
				return nil
			},
		}
	}
	return []scenario{
		look("is on", func(*stage) bool { return true }),
		// The flag has no effect on the real danted.
		look("is off with -n", func(s *stage) bool { return s.real }, "-n"),
	}
}

// timer is what the one established socket with an address waits for, once all
// that was sent on it has been acknowledged; until then, that is what it waits
// for.
func (s *stage) timer(side string) (timer string, err error) {
	err = daemon.Until(func() (bool, error) {
		printed, err := s.client(command{Tool: "ss", Args: append([]string{
			"--no-header", "--tcp", "--numeric", "--options", "state", "established",
		}, strings.Fields(side)...)})
		if err != nil {
			return false, err
		}
		fields := strings.Fields(printed) // receive queue, send queue, two addresses, perhaps a timer
		if len(fields) < 4 || strings.Count(printed, "\n") != 1 {
			return false, fmt.Errorf("not one socket with %s: %q", side, printed)
		}
		timer = strings.Join(fields[4:], " ")
		return fields[1] == "0", nil
	})
	return timer, err
}
