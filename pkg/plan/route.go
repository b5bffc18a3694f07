package plan

import (
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// Route is how to reach some targets: directly or through a proxy.
type Route struct {
	Number    int // 1, 2, … in file order
	Line      int `json:"-"` // where it starts in the file it came from
	From, To  addr.Spec
	Direct    bool
	Gateway   addr.Spec       // of a proxy: an address with a full mask or a host name, and its port
	Proxies   acl.VersionSet  // what the proxy speaks; empty when Direct
	Commands  acl.CommandSet  // what it is for
	Protocols acl.ProtocolSet // what it is for
	Methods   auth.Methods    // to offer to the proxy; never empty

	BindExtension bool // the proxy has Dante's bind extension
	SocketOptions []SocketOption
}

// At is where the gateway of a route through a proxy listens.
func (r *Route) At() socks.Addr {
	g := r.Gateway
	if g.Kind == addr.Prefix {
		return socks.Addr{IP: g.Prefix.Addr(), Port: g.Ports.TCP}
	}
	return socks.Addr{Name: g.Name, Port: g.Ports.TCP}
}
