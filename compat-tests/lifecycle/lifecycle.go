// Package lifecycle tests a running danted from start to stop as its
// administrator sees it: whom its processes run as, what a reload with a good or
// a bad file does to the sessions there are and the clients that come, what
// signals do, and what is left behind.
package lifecycle

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
	"github.com/rustsocks/rustsocks/compat-tests/internal/target"
)

// fewDescriptors is the limit of open files in all tests.
const fewDescriptors = 600

// program is the daemon's name inside the sandbox.
const program = "danted"

var (
	server   = netip.MustParseAddrPort("127.0.0.1:1080")
	second   = netip.MustParseAddrPort("127.0.0.2:1080")
	open     = netip.MustParseAddrPort("127.0.0.9:80")
	shut     = netip.MustParseAddrPort("127.0.0.9:81") // listens too, but the first configuration blocks it
	patience = daemon.Patience
)

// config is a configuration that blocks one port and has the given lines in
// addition.
func config(global, blocked string) string {
	return fmt.Sprintf(`logoutput: stderr
internal: 127.0.0.1 port = 1080
external: 127.0.0.1
user.privileged: root
user.unprivileged: nobody
socksmethod: none username
%s
client pass { from: 0/0 to: 0/0 log: error connect disconnect }
socks block { from: 0/0 to: 0/0 port = %s log: error connect disconnect }
socks pass { from: 0/0 to: 0/0 log: error connect disconnect }
`, global, blocked)
}

// first is what every test starts with: port 81 is blocked.
var first = config("", "81")

// scene is a daemon with a target behind it.
type scene struct {
	*daemon.Daemon
	targets *target.Servers
}

func newScene(conf string) (*scene, error) {
	targets, err := target.Listen(open, shut)
	if err != nil {
		return nil, err
	}
	d, err := daemon.Start(sandbox.Program(program), conf)
	if err != nil {
		return nil, err
	}
	return &scene{d, targets}, nil
}

// role makes a role of a function that needs a scene and gives one result.
func role[R any](play func(*scene) (R, error)) sandbox.Role {
	return func(in *json.Decoder, results *json.Encoder) error {
		var none struct{}
		if err := in.Decode(&none); err != nil {
			return err
		}
		// Few enough descriptors for a test to use up: the daemon inherits the limit.
		limit := syscall.Rlimit{Cur: fewDescriptors, Max: fewDescriptors}
		if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
			return err
		}
		s, err := newScene(first)
		if err != nil {
			return err
		}
		defer s.targets.Close()
		result, err := play(s)
		if err != nil {
			return fmt.Errorf("%w\nlog of the daemon:\n%s", err, s.Log())
		}
		return results.Encode(result)
	}
}

// dial asks the daemon for a connection.
func dial(via, to netip.AddrPort) (*net.TCPConn, error) {
	c, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(via))
	if err != nil {
		return nil, err
	}
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	if err := (socks.Session{Version: socks.Version5}).Connect(c, to); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// session is an established session, seen from both ends; end closes both.
func (s *scene) session() (near, far *net.TCPConn, end func(), err error) {
	if near, err = dial(server, open); err != nil {
		return nil, nil, nil, err
	}
	if far = s.targets.Next(patience); far == nil {
		near.Close()
		return nil, nil, nil, errors.New("granted, but nothing came to the target")
	}
	return near, far, func() { near.Close(); far.Close() }, nil
}

// serves tells what becomes of a new connection: "" when it is established.
func (s *scene) serves(via, to netip.AddrPort) string {
	c, err := dial(via, to)
	if err != nil {
		return err.Error()
	}
	defer c.Close()
	far := s.targets.Next(patience)
	if far == nil {
		return "granted, but nothing came to the target"
	}
	far.Close()
	return ""
}
