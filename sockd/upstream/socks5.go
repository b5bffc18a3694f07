package upstream

import (
	"errors"
	"slices"

	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
)

// socks5 asks a SOCKS5 proxy.
func (c *proxyTalk) socks5(q ProxyRequest) (Granted, *ProxyError) {
	r := wire.NewReader(c)
	method, failed := c.greet(r, q)
	if failed != nil {
		return Granted{}, failed
	}
	message, err := wire.AppendRequest(nil, wire.ClientRequest{
		Version: socks.V5, Command: socks.Connect, Destination: q.Target,
	})
	if err != nil {
		return Granted{}, refused(socks.GeneralFailure, "could not ask proxy server: %v", err)
	}
	if failed := c.send(message); failed != nil {
		return Granted{}, failed
	}
	code, bound, err := r.Reply5()
	if err != nil {
		return Granted{}, c.answerError(err, int(socks.V5))
	}
	if code != socks.Succeeded {
		return Granted{}, refusal5(code)
	}
	return Granted{Bound: bound, Method: method}, nil
}

// greet agrees with the proxy on a method and does what it wants done.
func (c *proxyTalk) greet(r *wire.Reader, q ProxyRequest) (socks.Method, *ProxyError) {
	const ofUser = "failed to establish v5 connection using method 2: "
	offer := q.Methods
	if q.Login.User == "" || len(q.Login.Password) == 0 {
		// There is nothing to log in with: only the other methods are of use.
		offer = slices.DeleteFunc(slices.Clone(offer), func(m socks.Method) bool { return m == socks.MethodUserPass })
		if len(offer) == 0 {
			return 0, refused(socks.ConnectionRefused, ofUser+"could not determine username of client")
		}
	}
	message, err := wire.AppendGreeting(nil, offer...)
	if err != nil {
		return 0, refused(socks.GeneralFailure, "could not ask proxy server: %v", err)
	}
	if failed := c.send(message); failed != nil {
		return 0, failed
	}
	method, err := r.Method()
	version := (*wire.VersionError)(nil)
	switch {
	case errors.As(err, &version):
		return 0, bad("got reply version %d from proxy server, but expected version 5.  Remote proxy server problem?", version.Got)
	case err != nil:
		why := reasonOf(err)
		if ended(err) {
			why = "server closed connection"
		}
		return 0, bad("could not read proxy server's response concerning method to use, read %d/2: %s", c.got, why)
	case method == socks.MethodNoAcceptable:
		return 0, bad("proxy server said we did not offer any acceptable authentication methods")
	case !slices.Contains(offer, method):
		failed := bad("proxy server selected method 0x%x (%s), but that is not among the methods we offered it",
			byte(method), methodWord(method))
		failed.Warning = "negotiate_method(): " + failed.Text
		return 0, failed
	case method != socks.MethodUserPass:
		return method, nil
	}
	if message, err = wire.AppendLogin(nil, q.Login); err != nil {
		return 0, refused(socks.ConnectionRefused, ofUser+"%v", err)
	}
	defer clear(message)
	if failed := c.send(message); failed != nil {
		return 0, failed
	}
	ok, err := r.LoginStatus()
	switch {
	case err != nil && ended(err):
		return 0, refused(socks.ConnectionRefused, ofUser+"server closed connection")
	case err != nil:
		return 0, refused(socks.ConnectionRefused, ofUser+"%s", reasonOf(err))
	case !ok:
		return 0, refused(socks.ConnectionRefused, ofUser+"proxy server rejected our username/password")
	}
	return method, nil
}

func methodWord(m socks.Method) string {
	switch m {
	case socks.MethodNoAuth:
		return "none"
	case socks.MethodGSSAPI:
		return "gssapi"
	case socks.MethodUserPass:
		return "username"
	}
	return "<unknown>"
}

// refusal5 says what a reply of a SOCKS5 proxy means for the client and the route.
//
// COMPAT: the client gets the proxy's own code only when it is about the way to the target.
func refusal5(code socks.Reply) *ProxyError {
	switch code {
	case socks.GeneralFailure:
		return bad("generic failure at remote proxy server")
	case socks.NotAllowed:
		return refused(socks.ConnectionRefused, "connection denied by proxy server")
	case socks.NetworkUnreachable:
		return refused(code, "net unreachable by proxy server")
	case socks.HostUnreachable:
		return refused(code, "target unreachable by proxy server")
	case socks.ConnectionRefused:
		return refused(code, "target refused connection by proxy server")
	case socks.TTLExpired:
		return refused(code, "connection to target from proxy server timed out")
	case socks.CommandNotSupported:
		failed := bad("command not supported by proxy server")
		failed.Warning = "serverreplyisok(): " + failed.Text
		return failed
	case socks.AddressNotSupported:
		return bad("address format in the request we sent is not supported by the proxy server")
	}
	return bad("unknown v5 reply from proxy server: %d", code)
}
