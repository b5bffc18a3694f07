package upstream

import (
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
)

// Answers of SOCKS4 besides those of socks.Reply4: something is wrong with the user id.
const (
	identUnreachable = 92
	identDiffers     = 93
)

// socks4 asks a SOCKS4 proxy. COMPAT: the user id is empty.
func (c *proxyTalk) socks4(q ProxyRequest) (Granted, *ProxyError) {
	if q.Target.IsName() {
		return Granted{}, refused(socks.GeneralFailure, "SOCKS4 cannot carry the host name %q", q.Target.Name)
	}
	message, err := wire.AppendRequest(nil, wire.ClientRequest{
		Version: socks.V4, Command: socks.Connect, Destination: q.Target,
	})
	if err != nil {
		return Granted{}, refused(socks.GeneralFailure, "could not ask proxy server: %v", err)
	}
	if failed := c.send(message); failed != nil {
		return Granted{}, failed
	}
	code, bound, err := wire.NewReader(c).Reply4()
	if err != nil {
		return Granted{}, c.answerError(err, 0)
	}
	switch code {
	case socks.Granted:
		return Granted{Bound: bound}, nil
	case socks.Rejected:
		return Granted{}, refused(socks.ConnectionRefused, "generic proxy server failure")
	case identUnreachable:
		return Granted{}, bad("proxy server says it could not get a ident (rfc931) response from host we are running on")
	case identDiffers:
		return Granted{}, bad("proxy server claims username/ident mismatch from us")
	}
	return Granted{}, bad("unknown v0 reply from proxy server.  Replycode: %d", code)
}
