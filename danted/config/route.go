package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
)

// Where proxies listen that no port is given for.
const (
	socksPort = 1080
	httpPort  = 80
)

// Names that stand for no host behind `via:`.
const (
	gatewayDirect    = "direct"
	gatewayBroadcast = "broadcast"
)

// hop is a route while it is read.
type hop struct {
	Route
	block    *syntax.Block
	from, to host
	gateway  host
	via      string // as written
	portless bool
	broken   bool
}

// routeHandlers read the options of routes. Every row of the table that is valid there and not refused has one; a test
// checks it.
var routeHandlers = map[keyword.ID]func(*reader, *hop, *syntax.Node){
	keyword.From: func(r *reader, h *hop, n *syntax.Node) {
		h.From, h.from, _ = r.spec(n.Address.Value, h.known())
	},
	keyword.To:  func(r *reader, h *hop, n *syntax.Node) { h.To, h.to, _ = r.spec(n.Address.Value, h.known()) },
	keyword.Via: readVia,
	keyword.Command: func(_ *reader, h *hop, n *syntax.Node) {
		h.Commands |= commandSet(n.Words.Values)
	},
	keyword.Protocol: func(_ *reader, h *hop, n *syntax.Node) {
		h.Protocols |= protocolSet(n.Words.Values)
	},
	keyword.ProxyProtocol: func(_ *reader, h *hop, n *syntax.Node) {
		h.Proxies |= versionSet(n.Words.Values)
	},
	keyword.RouteMethod:    func(r *reader, h *hop, n *syntax.Node) { h.Methods = r.methods(n, h.Methods) },
	keyword.Extension:      func(_ *reader, h *hop, _ *syntax.Node) { h.BindExtension = true },
	keyword.GSSAPIEncType:  func(*reader, *hop, *syntax.Node) {},
	keyword.InternalSocket: readRouteOption,
	keyword.ExternalSocket: readRouteOption,
	keyword.RedirectFrom: func(r *reader, _ *hop, n *syntax.Node) {
		// COMPAT: in a route this is accepted and means nothing.
		r.noEffect(r.file.Keyword(n), n.Row, "in a route it means nothing", "remove the line")
		r.spec(n.Redirect.From, transport{})
	},
}

func readRouteOption(r *reader, h *hop, n *syntax.Node) {
	// COMPAT: danted reads them and never sets them.
	r.noEffect(n.Key, n.Row, "socket options of a route are not set", "write them as global options or in the socks-rule")
	if o, _, add := r.socketOption(n); add {
		h.SocketOptions = append(h.SocketOptions, o)
	}
}

func (h *hop) known() transport {
	return transport{tcp: h.Protocols&acl.ProtoTCP != 0, udp: h.Protocols&acl.ProtoUDP != 0}
}

// at gives the statement a check is about, or the end of the route.
func (h *hop) at(ids ...keyword.ID) syntax.Token {
	for _, id := range ids {
		for _, n := range h.block.Nodes {
			if n.Row.ID == id {
				return n.Key
			}
		}
	}
	return h.block.Close
}

// readVia reads the gateway of a route.
func readVia(r *reader, h *hop, n *syntax.Node) {
	a := n.Address.Value
	gateway, ok := r.host(a.Host)
	if !ok {
		return
	}
	h.gateway, h.via = gateway, r.text(a.Host)
	bits, ok := r.mask(a, gateway, maskForbidden)
	if !ok {
		return
	}
	h.Gateway = addr.Spec{Kind: gateway.kind, Name: gateway.name}
	h.portless = a.Port == nil
	if gateway.kind == addr.Prefix {
		h.Gateway.Prefix = r.prefix(a, gateway, bits)
	}
	if a.Port == nil || !r.checkGatewayPort(a.Port, gateway) {
		return
	}
	// COMPAT: a service must be one of both protocols here. Whatever operator was written, the port is what to connect to.
	if port, ok := r.ports(a.Port, transport{tcp: true, udp: true}); ok {
		port.Op = addr.EQ
		h.Gateway.Ports = port
	}
}

// checkGatewayPort checks that a gateway has one port, when it can have one.
func (r *reader) checkGatewayPort(p *syntax.Port, gateway host) bool {
	switch {
	case gateway.kind == addr.Interface || gateway.kind == 0:
		r.fail(p.Key, codeExternalPort, `syntax error near "port": a gateway of this kind has no port`, "remove the port")
	case p.IsRange() || p.Op.Value == ":":
		r.fail(p.Key, codeExternalPort, `syntax error near "port": a gateway has one port`, "write port = 1080")
	default:
		return true
	}
	return false
}

// route reads a route.
func (r *reader) route(b *syntax.Block) {
	h := &hop{block: b, broken: b.Broken}
	h.Pos, h.Written = syntax.Pos(b.Opener), Written{}
	h.Number, h.Line = len(r.cfg.Routes)+1, h.Pos.Line
	for _, n := range b.Nodes {
		before := r.errors
		if r.statement(n) {
			h.Written[n.Row.ID] = syntax.Pos(n.Key)
			if read, ok := routeHandlers[n.Row.ID]; ok {
				read(r, h, n)
			}
		}
		h.broken = h.broken || r.errors > before
	}
	if !h.broken && r.checkGateway(h) && r.checkProxies(h) && r.checkChain(h) && r.checkRouteMethods(h) {
		r.checkRouteAddresses(h)
		h.completePort()
	}
	r.cfg.Routes = append(r.cfg.Routes, h.Route)
}

// completePort gives the gateway the usual port of what it speaks when the file gives none.
func (h *hop) completePort() {
	if h.Direct || !h.portless {
		return
	}
	port := uint16(socksPort)
	if h.Proxies == acl.VerHTTP {
		port = httpPort
	}
	h.Gateway.Ports = addr.Ports{Op: addr.EQ, TCP: port, UDP: port}
}

// checkGateway checks that the gateway can be one.
func (r *reader) checkGateway(h *hop) bool {
	via := h.at(keyword.Via)
	upnp := h.Proxies&acl.VerUPNP != 0
	switch {
	case upnp && h.via != gatewayBroadcast:
		if h.gateway.kind != addr.Interface && h.gateway.kind != 0 {
			r.fail(via, codeUPnPGateway, fmt.Sprintf("gateway for upnp proxy has to be an interface or url.  The %s %s is not a valid gateway", h.gateway.typeName(), h.via),
				"write an interface name")
			return false
		}
	case upnp:
	case h.gateway.kind == addr.Interface, h.gateway.kind == 0:
		r.fail(via, codeGatewayType, fmt.Sprintf("gateway must be an IP-address or qualified domainname, but type of %s is %s", h.via, h.gateway.typeName()),
			"write the proxy's address or host name")
		return false
	case h.Proxies == 0 && h.via == gatewayDirect:
		h.Direct = true
		h.Gateway = addr.Spec{}
	case h.Proxies == 0 && h.via == gatewayBroadcast:
		h.Proxies = acl.VerUPNP
	}
	return true
}

// checkProxies checks that the proxy protocols go together.
func (r *reader) checkProxies(h *hop) bool {
	token := h.at(keyword.ProxyProtocol, keyword.Via)
	socks := acl.VerSocks4 | acl.VerSocks5
	switch {
	case h.Direct:
	case h.Proxies == 0:
		h.Proxies = socks
	case h.Proxies&socks != 0 && h.Proxies&^socks != 0:
		r.fail(token, codeProxyMix, "cannot combine proxyprotocol socks with other proxyprotocols", "write a route for each")
		return false
	case h.Proxies&acl.VerHTTP != 0 && h.Proxies != acl.VerHTTP:
		r.fail(token, codeProxyMix, "cannot combine proxyprotocol http with other proxyprotocols", "write a route for each")
		return false
	case h.Proxies&acl.VerUPNP != 0:
		return r.checkFeature(token, keyword.UPnP)
	}
	return true
}

// checkChain checks the commands of a route.
func (r *reader) checkChain(h *hop) bool {
	if h.Commands == 0 {
		h.Commands = acl.CmdConnect
	} else if !h.Direct && (h.Commands&^acl.CmdConnect != 0 || h.Protocols&acl.ProtoUDP != 0) {
		r.fail(h.at(keyword.Command), codeChainCommand, "serverchaining only supported for the connect command", "write command: connect")
		return false
	}
	if h.Protocols == 0 {
		h.Protocols = acl.ProtoTCP
		if h.Direct {
			h.Protocols |= acl.ProtoUDP
		}
	}
	return true
}

// checkRouteMethods checks the methods of a route.
func (r *reader) checkRouteMethods(h *hop) bool {
	token := h.at(keyword.RouteMethod)
	for _, m := range h.Methods {
		switch {
		case m == auth.None:
		case m != auth.Username:
			r.fail(token, codeChainMethod, fmt.Sprintf("method %s is only valid for ACL rules", m), "routes have the methods none and username")
			return false
		case h.Proxies&acl.VerSocks5 == 0:
			r.fail(token, codeChainProtocol, fmt.Sprintf("rule specifies method %s, but that is not supported by the specified proxy protocol(s): %s", m, h.protocols()),
				"add socks_v5 to proxyprotocol")
			return false
		case !slices.ContainsFunc(r.cfg.SocksMethods.V, auth.Method.ProvidesName):
			r.fail(token, codeChainWithoutName, fmt.Sprintf("route specifies method %s in the proxychain route, but that can't work because no methods that can provide a username are set in the global socksmethod list; no client using username/password authentication will ever be accepted by us", m),
				"add username to the global socksmethod line")
			return false
		default:
			r.say(token, diag.Note, codeForwardsCredentials, fmt.Sprintf("this serverchain route specifies authmethod %s, indicating that we should forward username/password-credentials received by our own user to an upstream proxy.  Unless the upstream proxy is also under your control, this may not be what you want to do", m), "")
		}
	}
	if len(h.Methods) == 0 {
		h.Methods = auth.Methods{auth.None}
	}
	return true
}

func (h *hop) protocols() string {
	var all []string
	for _, p := range []struct {
		bit  acl.VersionSet
		name string
	}{{acl.VerSocks4, "socks_v4"}, {acl.VerSocks5, "socks_v5"}, {acl.VerHTTP, "http"}, {acl.VerUPNP, "upnp"}} {
		if h.Proxies&p.bit != 0 {
			all = append(all, p.name)
		}
	}
	if h.Direct {
		all = append(all, gatewayDirect)
	}
	return strings.Join(all, ", ")
}

// checkRouteAddresses refuses interfaces. COMPAT: danted never ends reading a route to one.
func (r *reader) checkRouteAddresses(h *hop) {
	if h.from.kind == addr.Interface {
		r.fail(h.at(keyword.From), codeInterfaceRoute, "interface names not supported for src address", "write the network of the interface")
	}
	if h.to.kind == addr.Interface {
		r.fail(h.at(keyword.To), codeInterfaceRoute, "interface names not supported for dst address of a route", "write the network of the interface")
	}
}

// checkRoutes makes the checks of routes that need all of the file.
func (r *reader) checkRoutes() {
	if r.cfg.MaxFail.V == 0 && r.cfg.BadExpire.V != 0 {
		r.about(diag.Warning, r.cfg.MaxFail.Pos, codeBadExpire, `it does not make sense to set "route.badexpire" when "route.maxfail" is set to zero`, "add route.badexpire: 0")
	}
}
