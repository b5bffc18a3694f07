package config

import (
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
)

// globalHandlers read the global options. Every row of the table that is valid there and not refused has one; a test
// checks it.
var globalHandlers = map[keyword.ID]handler{
	keyword.Internal:            readInternal,
	keyword.External:            readExternal,
	keyword.InternalProtocol:    readInternalFamilies,
	keyword.ExternalProtocol:    readExternalFamilies,
	keyword.ExternalRotation:    readRotation,
	keyword.ClientMethod:        readClientMethod,
	keyword.SocksMethod:         readSocksMethod,
	keyword.UserPrivileged:      readPrivileged,
	keyword.UserUnprivileged:    readUnprivileged,
	keyword.UserLibwrap:         readLibwrapUser,
	keyword.LogOutput:           readLogOutput,
	keyword.ErrorLog:            readErrorLog,
	keyword.Debug:               readDebug,
	keyword.ChildMaxRequests:    readUnused,
	keyword.ChildMaxLifetime:    readUnused,
	keyword.TimeoutConnect:      readTimeout,
	keyword.TimeoutNegotiate:    readTimeout,
	keyword.TimeoutIO:           readTimeout,
	keyword.TimeoutIOTCP:        readTimeout,
	keyword.TimeoutIOUDP:        readTimeout,
	keyword.TimeoutFinWait:      readTimeout,
	keyword.ResolveProtocol:     readResolver,
	keyword.SrcHost:             readSrcHost,
	keyword.Compatibility:       readCompatibility,
	keyword.Extension:           readExtension,
	keyword.UDPConnectDst:       readConnectDst,
	keyword.RouteMaxFail:        readMaxFail,
	keyword.RouteBadExpire:      readBadExpire,
	keyword.LibwrapAllow:        readLibwrapAllow,
	keyword.LibwrapDeny:         readLibwrapDeny,
	keyword.LibwrapHostsAccess:  readHostsAccess,
	keyword.CPUSchedule:         readCPU,
	keyword.CPUMask:             readCPU,
	keyword.InternalLogError:    readSpecial,
	keyword.InternalLogDisabled: readSpecial,
	keyword.InternalLogEnabled:  readSpecial,
	keyword.ExternalLogError:    readSpecial,
	keyword.ExternalLogDisabled: readSpecial,
	keyword.ExternalLogEnabled:  readSpecial,
	keyword.InternalSocket:      readSocketOption,
	keyword.ExternalSocket:      readSocketOption,
}

// builtin is the file name of statements that nobody wrote: the defaults.
const builtin = "\x00defaults"

// defaults is the configuration before anything was read: what the table of keywords says, read like a file. Keywords
// that add to what there is have no part in it; their defaults are what an empty list means.
func defaults() *Config {
	var text strings.Builder
	for _, row := range keyword.All() {
		if row.Where&keyword.Global != 0 && row.Default != "" && row.Many == keyword.LastWins {
			text.WriteString(row.Name + ": " + row.Default + "\n")
		}
	}
	file, _ := syntax.Parse(builtin, text.String())
	r := &reader{file: file, cfg: &Config{}}
	for _, item := range file.Items {
		if h, ok := globalHandlers[item.Node.Row.ID]; ok {
			h(r, item.Node)
		}
	}
	return r.cfg
}

// checkWhole makes the checks that need all of the file, in danted's order.
func (r *reader) checkWhole() {
	r.checkMethods()
	r.checkUsers()
	r.checkInternal()
	r.checkExternal()
	r.checkRoutes()
	r.checkCPU()
}

func readRotation(r *reader, n *syntax.Node) { r.cfg.Rotation = at(n, n.Choice.Value.Value) }

func readDebug(r *reader, n *syntax.Node) {
	v, ok := r.single(n)
	if !ok {
		return
	}
	// COMPAT: danted keeps the value in a C int.
	level := int(int32(v))
	r.cfg.Debug = at(n, level)
	// COMPAT: when the command line says otherwise, the file's level is not even used while the file is read.
	if r.opt.Debug == nil || *r.opt.Debug == level {
		r.fileDebug = level
	}
}

// readUnused reads a number nothing depends on.
func readUnused(r *reader, n *syntax.Node) { r.single(n) }

func readResolver(r *reader, n *syntax.Node) { r.cfg.Resolver = at(n, n.Words.Values[0].Value) }

func readSrcHost(r *reader, n *syntax.Node) {
	for _, w := range n.Words.Values {
		r.cfg.SourceChecks = append(r.cfg.SourceChecks, at(n, w.Value))
	}
}

func readCompatibility(r *reader, n *syntax.Node) {
	for _, w := range n.Flags.Values {
		r.cfg.Compatibility = append(r.cfg.Compatibility, at(n, w.Value))
	}
}

func readExtension(r *reader, n *syntax.Node) {
	for _, w := range n.Flags.Values {
		r.cfg.Extensions = append(r.cfg.Extensions, at(n, w.Value))
	}
}

func readConnectDst(r *reader, n *syntax.Node) {
	r.cfg.ConnectDst = at(n, n.Choice.Value.Value == "yes")
}

func readHostsAccess(r *reader, n *syntax.Node) {
	r.cfg.HostsAccess = at(n, n.Choice.Value.Value == "yes")
}

func readLibwrapAllow(r *reader, n *syntax.Node) {
	r.cfg.LibwrapAllow = at(n, r.text(n.Text.Values[0]))
}

func readLibwrapDeny(r *reader, n *syntax.Node) {
	r.cfg.LibwrapDeny = at(n, r.text(n.Text.Values[0]))
}

func readMaxFail(r *reader, n *syntax.Node) {
	if v, ok := r.number(n.Route.Value); ok {
		r.cfg.MaxFail = at(n, v)
	}
}

func readBadExpire(r *reader, n *syntax.Node) {
	if v, ok := r.number(n.Route.Value); ok {
		r.cfg.BadExpire = at(n, seconds(v))
	}
}
