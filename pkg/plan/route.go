package plan

import (
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
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
