package clients

import (
	"fmt"
	"net/netip"
	"path/filepath"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

// upstream is the name of the second daemon in its sandbox, always the real
// danted.
const upstream = "upstream"

// Where it listens, and where its connections come from.
const (
	upstreamServer   = "127.0.0.2:1080"
	upstreamExternal = "127.0.0.21"
)

const upstreamConfig = `
logoutput: stderr
internal: 127.0.0.2 port = 1080
external: ` + upstreamExternal + `
user.privileged: root
user.unprivileged: nobody
clientmethod: none
socksmethod: none
client pass { from: 0/0 to: 0/0 }
socks pass { from: 0/0 to: 0/0 }
`

const chainedConfig = config + `
route {
	from: 0/0 to: 0/0 via: 127.0.0.2 port = 1080
	proxyprotocol: socks_v5
	command: connect
	method: none
}
`

// chain goes through a second daemon.
func chain() []scenario {
	return []scenario{{
		Name: "curl through two daemons to a name", Needs: []string{"curl"},
		Config: chainedConfig, Upstream: upstreamConfig,
		Play: func(s *stage) error {
			if err := serve("tcp4", "127.0.0.3:80"); err != nil {
				return err
			}
			got, err := s.client(command{Tool: "curl", Args: []string{
				"-sS", "--fail", "--noproxy", "", "--proxy", "socks5h://" + open, pageName,
			}})
			if err != nil {
				return err
			}
			if want := page(upstreamExternal, nothing()); got != want {
				return fmt.Errorf("the page is %q, want %q", got, want)
			}
			return s.logged(fmt.Sprintf("pass(2): tcp/connect [: 127.0.0.1.* 127.0.0.1.1080 -> %s.* 127.0.0.2.1080 [%s.*] three.test.example.80",
				external, upstreamExternal))
		},
	}}
}

// startUpstream starts the second daemon.
func (s *stage) startUpstream(config string) error {
	file, err := s.file("upstream.conf", []byte(config))
	if err != nil {
		return err
	}
	cmd := daemon.Command(sandbox.Program(upstream), "-f", file, "-p", filepath.Join(s.dir, "upstream.pid"))
	return s.startCommand("tcp", netip.MustParseAddrPort(upstreamServer), cmd)
}
