package differential

// socketOption is a line that sets a socket option. What fails must fail in both daemons alike, with the same line in
// the log; so_linger and the timeouts are rows of the deviation table.
func (g *generator) socketOption(side string) string {
	return side + "." + pick(g,
		"tcp.tcp_nodelay: 0", "tcp.tcp_nodelay: 1", "tcp.tcp_keepidle: 60", "tcp.tcp_maxseg: 1000", "tcp.so_keepalive: 0",
		"socket.so_keepalive: 1", "socket.so_rcvbuf: 65536", "tcp.so_sndbuf: 8192",
		"ip.ip_tos: 16", "ip.ip_tos.dscp: af21", "ip.ip_tos.prec: flash", "ip.ip_tos.tos: lowdelay", "ip.ip_ttl: 70",
		"udp.so_rcvbuf: 300000", "udp.ip_tos: 8", "udp.so_sndbuf: 300000", "udp.9999: 1", "udp.10: 0",
		"tcp.18: 10000",                  // TCP_USER_TIMEOUT has no name
		"ip.ip_ttl: 4000", "tcp.9999: 1", // refused by the kernel
		"tcp.ip_ttl: 71", "ip.udp_cork: 1", // at another level than their own
	)
}

// socketOptions adds socket options to those of a rule that decides with the opener.
func (g *generator) socketOptions(opener string, options []string) []string {
	if g.chance(10) {
		options = append(options, g.socketOption("internal"))
	}
	if opener == "pass" || opener == "socks pass" {
		if g.chance(10) {
			options = append(options, g.socketOption("external"))
		}
	}
	return options
}

// globalSocketOptions writes socket options that hold for all sessions.
func (g *generator) globalSocketOptions() {
	for _, side := range []string{"internal", "external"} {
		if g.chance(15) {
			g.line("%s", g.socketOption(side))
		}
	}
}
