package keyword

import "strings"

// SocketOpt is a socket option as internal.LEVEL.NAME and external.LEVEL.NAME know it.
type SocketOpt struct {
	Name    string
	Level   string // the level it belongs to; at another one Dante warns
	Number  int    // on Linux; it can be written instead of the name
	Symbols []string
	// Settable is false for options Dante knows and does not set: it says so and goes on.
	Settable bool
	// Early options take effect only before the connection exists.
	Early bool
}

var socketLevels = []Word{
	{Text: "ip", Doc: "IPPROTO_IP"},
	{Text: "socket", Doc: "SOL_SOCKET"},
	{Text: "tcp", Doc: "IPPROTO_TCP"},
	{Text: "udp", Doc: "IPPROTO_UDP"},
}

// SocketLevels gives the levels of socket options. There is none for IPv6.
func SocketLevels() []Word { return socketLevels }

var socketOpts = []SocketOpt{
	{"so_broadcast", "socket", 6, nil, true, true},
	{"so_debug", "socket", 1, nil, true, false},
	{"so_dontroute", "socket", 5, nil, true, true},
	{"so_keepalive", "socket", 9, nil, true, true},
	{"so_linger", "socket", 13, nil, true, true},
	{"so_oobinline", "socket", 10, nil, true, true},
	{"so_priority", "socket", 12, nil, true, true},
	{"so_rcvbuf", "socket", 8, nil, true, true},
	{"so_rcvbufforce", "socket", 33, nil, true, true},
	{"so_rcvlowat", "socket", 18, nil, true, true},
	{"so_rcvtimeo", "socket", 20, nil, true, true},
	{"so_sndbuf", "socket", 7, nil, true, true},
	{"so_sndbufforce", "socket", 32, nil, true, true},
	{"so_sndlowat", "socket", 19, nil, true, true},
	{"so_sndtimeo", "socket", 21, nil, true, true},
	{"so_timestamp", "socket", 29, nil, true, true},
	{"tcp_cork", "tcp", 3, nil, true, true},
	{"tcp_keepcnt", "tcp", 6, nil, true, true},
	{"tcp_keepidle", "tcp", 4, nil, true, true},
	{"tcp_keepintvl", "tcp", 5, nil, true, true},
	{"tcp_linger2", "tcp", 8, nil, true, true},
	{"tcp_maxseg", "tcp", 2, nil, true, true},
	{"tcp_md5sig", "tcp", 14, nil, true, true},
	{"tcp_nodelay", "tcp", 1, nil, true, true},
	{"tcp_syncnt", "tcp", 7, nil, true, true},
	{"tcp_window_clamp", "tcp", 10, nil, true, true},
	{"udp_cork", "udp", 1, nil, true, true},
	{"ip_freebind", "ip", 15, nil, true, true},
	{"ip_minttl", "ip", 21, nil, true, true},
	{"ip_mtu_discover", "ip", 10, nil, true, true},
	{"ip_tos", "ip", 1, nil, true, false},
	{"ip_tos.dscp", "ip", 1, dscpNames, true, false},
	{"ip_tos.prec", "ip", 1, precedenceNames, true, false},
	{"ip_tos.tos", "ip", 1, []string{"lowdelay", "throughput", "reliability"}, true, false},
	{"ip_ttl", "ip", 2, nil, true, true},

	{"so_acceptconn", "socket", 30, nil, false, false},
	{"so_error", "socket", 4, nil, false, false},
	{"so_reuseaddr", "socket", 2, nil, false, false},
	{"so_reuseport", "socket", 15, nil, false, false},
	{"so_type", "socket", 3, nil, false, false},
	{"ip_add_membership", "ip", 35, nil, false, false},
	{"ip_add_source_membership", "ip", 39, nil, false, false},
	{"ip_block_source", "ip", 38, nil, false, false},
	{"ip_drop_membership", "ip", 36, nil, false, false},
	{"ip_drop_source_membership", "ip", 40, nil, false, false},
	{"ip_hdrincl", "ip", 3, nil, false, false},
	{"ip_multicast_if", "ip", 32, nil, false, false},
	{"ip_multicast_loop", "ip", 34, nil, false, false},
	{"ip_multicast_ttl", "ip", 33, nil, false, false},
	{"ip_options", "ip", 4, nil, false, false},
	{"ip_recvtos", "ip", 13, nil, false, false},
	{"ip_recvttl", "ip", 12, nil, false, false},
	{"ip_unblock_source", "ip", 37, nil, false, false},
}

// COMPAT: the manual has "default" as well; danted aborts on it.
var dscpNames = strings.Fields("cs0 cs1 cs2 cs3 cs4 cs5 cs6 cs7 ef " +
	"af11 af12 af13 af21 af22 af23 af31 af32 af33 af41 af42 af43")

var precedenceNames = strings.Fields("netcontrol internetcontrol critic_ecp flashoverride flash immediate priority routine")

// SocketOptByName gives the option of a name.
func SocketOptByName(name string) (SocketOpt, bool) {
	for _, o := range socketOpts {
		if o.Name == name {
			return o, true
		}
	}
	return SocketOpt{}, false
}

// SocketOptByNumber gives the option a number stands for at a level.
func SocketOptByNumber(level string, number int64) (SocketOpt, bool) {
	for _, o := range socketOpts {
		if o.Level == level && int64(o.Number) == number {
			return o, true
		}
	}
	return SocketOpt{}, false
}

// SocketOptNames gives the names of all known options.
func SocketOptNames() []string {
	names := make([]string, len(socketOpts))
	for i, o := range socketOpts {
		names[i] = o.Name
	}
	return names
}
