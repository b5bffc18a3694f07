// Package load puts a daemon under load: many transfers at once, whose every
// byte is checked (transfers.go), and bytes that mean nothing (noise.go). It is
// not about what the daemon answers, which is package differential, nor about
// what the load costs, which is package bench.
package load

import (
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

// program is the name of the daemon in its sandbox.
const program = "daemon"

// Where the daemon listens (the second asks for a password) and where it is
// sent to.
var (
	open     = netip.MustParseAddrPort("127.0.0.1:1080")
	password = netip.MustParseAddrPort("127.0.0.1:1081")
	server   = netip.MustParseAddrPort("127.0.0.2:7000")
)

// config is the configuration of the daemon, with what its rules log. Only
// CONNECT is allowed: a BIND that noise happens to ask for waits for ever.
func config(log string) string {
	rule := func(kind, to, more string) string {
		if log != "" {
			more += "\tlog: " + log + "\n"
		}
		return fmt.Sprintf("%s pass {\n\tfrom: 0/0 to: %s\n%s}\n", kind, to, more)
	}
	return `
logoutput: stderr
internal: 127.0.0.1 port = 1080
internal: 127.0.0.1 port = 1081
external: 127.0.0.20
user.privileged: root
user.unprivileged: nobody
clientmethod: none
socksmethod: username none
` + rule("client", "0/0 port = 1080", "\tsocksmethod: none\n") +
		rule("client", "0/0 port = 1081", "\tsocksmethod: username\n") +
		rule("socks", "0/0", "\tcommand: connect\n")
}

// deadline is what one connection may take, with all the others beside it.
const deadline = 2 * time.Minute

// dial connects to the daemon.
func dial(to netip.AddrPort) (*net.TCPConn, error) {
	conn, err := net.DialTimeout("tcp", to.String(), deadline)
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), conn.SetDeadline(time.Now().Add(deadline))
}

// start starts the daemon of the sandbox.
func start(log string) (*daemon.Daemon, error) {
	return daemon.Start(sandbox.Program(program), config(log))
}
