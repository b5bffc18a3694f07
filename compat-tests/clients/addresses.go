package clients

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
)

// several.test.example has these two addresses, in this order.
const (
	pageSeveral = "http://several.test.example/"
	first       = "127.0.0.4"
	second      = "127.0.0.5"
)

// addresses goes to a name whose first address is dead.
func addresses() []scenario {
	visit := func(name string, kill func() error) scenario {
		return scenario{
			Name: "curl to a name whose first address " + name, Needs: []string{"curl"},
			Config: strings.Replace(config, "external: ::1\n", "external: ::1\ntimeout.connect: 3\n", 1),
			Play: func(s *stage) error {
				if err := kill(); err != nil {
					return err
				}
				if err := serve("tcp4", second+":80"); err != nil {
					return err
				}
				began := time.Now()
				got, err := s.client(command{Tool: "curl", Args: []string{
					"-sS", "--fail", "--noproxy", "", "--proxy", "socks5h://" + open, pageSeveral,
				}})
				if err != nil {
					return err
				}
				if want := page(external, nothing()); got != want {
					return fmt.Errorf("the page is %q, want %q", got, want)
				}
				if took := time.Since(began); took > 3*time.Second && !s.real {
					return fmt.Errorf("it took %v, longer than the connect timeout", took)
				}
				return nil
			},
		}
	}
	return []scenario{
		visit("refuses", func() error { return nil }),
		visit("is silent", silence),
	}
}

// silence makes the first address one that answers nothing: its queue holds one
// connection, is full, and nobody takes from it.
func silence() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	at := &unix.SockaddrInet4{Port: 80, Addr: [4]byte(net.ParseIP(first).To4())}
	if err := unix.Bind(fd, at); err != nil {
		return err
	}
	if err := unix.Listen(fd, 0); err != nil {
		return err
	}
	return daemon.Until(func() (bool, error) {
		_, err := net.DialTimeout("tcp", first+":80", 100*time.Millisecond)
		if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
			return true, nil
		}
		return false, err
	})
}
