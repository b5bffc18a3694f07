package show

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/rustsocks/rustsocks/danted/config"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

// globals gives the global options, in the order of the table but for the families: they must stand before addresses.
func globals(c *config.Config, opt Options) []setting {
	l := &list{all: opt.All}
	l.families(keyword.InternalProtocol, c.InternalFamilies)
	l.internal(c.Internal)
	l.families(keyword.ExternalProtocol, c.ExternalFamilies)
	l.external(c)
	l.global(keyword.ExternalRotation, c.Rotation.V, of(c.Rotation))
	l.global(keyword.ClientMethod, methods(c.ClientMethods.V), of(c.ClientMethods))
	l.global(keyword.SocksMethod, methods(c.SocksMethods.V), of(c.SocksMethods))
	l.global(keyword.UserPrivileged, c.Privileged.V.Name, of(c.Privileged))
	l.global(keyword.UserUnprivileged, c.Unprivileged.V.Name, of(c.Unprivileged))
	l.global(keyword.UserLibwrap, c.Libwrap.V.Name, of(c.Libwrap))
	each(l, keyword.LogOutput, c.LogOutput, device)
	each(l, keyword.ErrorLog, c.ErrorLog, device)
	l.debug(c.Debug)
	t := c.Timeouts
	l.global(keyword.TimeoutConnect, seconds(t.Connect.V), of(t.Connect))
	l.global(keyword.TimeoutNegotiate, seconds(t.Negotiate.V), of(t.Negotiate))
	l.global(keyword.TimeoutIOTCP, seconds(t.TCPIO.V), of(t.TCPIO))
	l.global(keyword.TimeoutIOUDP, seconds(t.UDPIO.V), of(t.UDPIO))
	l.global(keyword.TimeoutFinWait, seconds(t.FinWait.V), of(t.FinWait))
	l.global(keyword.ResolveProtocol, c.Resolver.V, of(c.Resolver))
	each(l, keyword.SrcHost, c.SourceChecks, itself)
	each(l, keyword.Compatibility, c.Compatibility, itself)
	each(l, keyword.Extension, c.Extensions, itself)
	l.global(keyword.UDPConnectDst, yesNo(c.ConnectDst.V), of(c.ConnectDst))
	l.global(keyword.RouteMaxFail, number(c.MaxFail.V), of(c.MaxFail))
	l.global(keyword.RouteBadExpire, seconds(c.BadExpire.V), of(c.BadExpire))
	l.global(keyword.LibwrapAllow, c.LibwrapAllow.V, of(c.LibwrapAllow))
	l.global(keyword.LibwrapDeny, c.LibwrapDeny.V, of(c.LibwrapDeny))
	l.global(keyword.LibwrapHostsAccess, yesNo(c.HostsAccess.V), of(c.HostsAccess))
	for _, v := range c.ErrorLogs {
		l.errorLog(v.V, of(v))
	}
	for _, v := range c.SocketOptions {
		l.socketOption(v.V, of(v))
	}
	return l.settings
}

func itself(s string) string { return s }

// each adds a line for each value.
func each[T any](l *list, id keyword.ID, values []config.Value[T], text func(T) string) {
	for _, v := range values {
		l.add(id, text(v.V), of(v))
	}
}

func (l *list) families(id keyword.ID, f config.Families) {
	o := written(f.Pos)
	if !f.Pos.IsValid() {
		f.IPv4, f.IPv6, o = true, true, byDefault
	}
	var words []string
	if f.IPv4 {
		words = append(words, "ipv4")
	}
	if f.IPv6 {
		words = append(words, "ipv6")
	}
	l.global(id, strings.Join(words, " "), o)
}

// internal adds the addresses to listen on. Those that cannot be written, because of a zone or without a port, stand
// behind the name they were found by, which gives them again.
func (l *list) internal(addrs []config.Value[netip.AddrPort]) {
	said := map[string]int{}
	for _, v := range addrs {
		o, host := of(v), v.V.Addr().String()
		if v.Name != "" && (v.V.Addr().Zone() != "" || v.V.Port() == 0) {
			o.name, host = host, v.Name
		}
		value := host + " port = " + strconv.Itoa(int(v.V.Port()))
		if i, ok := said[value]; ok {
			l.settings[i].origin.name += " " + o.name
			continue
		}
		said[value] = len(l.settings)
		l.add(keyword.Internal, value, o)
	}
}

// external adds the addresses to connect from. When there is none, danted still wants to see where they might have been.
func (l *list) external(c *config.Config) {
	for _, v := range c.External {
		l.add(keyword.External, v.V.String(), of(v))
	}
	if len(c.External) == 0 {
		each(l, keyword.External, c.IdleExternal, itself)
	}
}

// debug adds the debug level. That of the command line is a comment: in the file it would make every rule log.
func (l *list) debug(v config.Value[int]) {
	// COMPAT: danted keeps the value in a C int, and there is no way to write a negative one.
	value := strconv.FormatUint(uint64(uint32(v.V)), 10)
	if v.Origin == config.CommandLine {
		l.say(keyword.Debug, strconv.Itoa(v.V), of(v))
		return
	}
	l.global(keyword.Debug, value, of(v))
}

// errorLog adds a line that changes the level of errors.
func (l *list) errorLog(e plan.ErrorLog, o origin) {
	key, values := e.Side.String()+".log."+e.Level+".error", e.Symbols
	switch {
	case e.TCPDisabled != nil:
		key, values = e.Side.String()+".log."+e.Level+".tcp.disabled", e.TCPDisabled
	case e.TCPEnabled != nil:
		key, values = e.Side.String()+".log."+e.Level+".tcp.enabled", e.TCPEnabled
	}
	l.addAs(errorLogID(e), key, strings.Join(values, " "), o)
}

func errorLogID(e plan.ErrorLog) keyword.ID {
	ids := [...]keyword.ID{keyword.InternalLogError, keyword.InternalLogDisabled, keyword.InternalLogEnabled}
	if e.Side == plan.External {
		ids = [...]keyword.ID{keyword.ExternalLogError, keyword.ExternalLogDisabled, keyword.ExternalLogEnabled}
	}
	switch {
	case e.TCPDisabled != nil:
		return ids[1]
	case e.TCPEnabled != nil:
		return ids[2]
	}
	return ids[0]
}

// socketOption adds a socket option.
func (l *list) socketOption(s plan.SocketOption, o origin) {
	l.addAs(socketID(s), s.Side.String()+"."+s.Level+"."+s.Name, s.Value, o)
}

func socketID(s plan.SocketOption) keyword.ID {
	if s.Side == plan.Internal {
		return keyword.InternalSocket
	}
	return keyword.ExternalSocket
}
