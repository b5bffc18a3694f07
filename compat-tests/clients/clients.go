// Package clients sends programs people use through a running daemon, to the
// servers people use: curl in all its SOCKS dialects, Python, ssh, a browser,
// and programs that know nothing of proxies under socksify and proxychains4.
//
// A fetch gets a page that says where the request came from, so one that went
// around the daemon does not count. A scenario is anything that takes more: it
// starts servers of its own and looks into the daemon's log.
//
// It does not compare the daemons with each other; compat-tests/differential
// does.
package clients

// The daemon listens on an open port and on one that asks for a password. It
// leaves through addresses nobody else uses.
const (
	open     = "127.0.0.1:1080"
	openIPv6 = "[::1]:1080"
	password = "127.0.0.1:1081"
	external = "127.0.0.20"
)

const config = `
logoutput: stderr
internal: 127.0.0.1 port = 1080
internal: 127.0.0.1 port = 1081
internal: ::1 port = 1080
external: ` + external + `
external: ::1
user.privileged: root
user.unprivileged: nobody
clientmethod: none
socksmethod: username none
` + rules

const rules = `
client pass {
	from: 0/0 to: 0/0 port = 1080
	socksmethod: none
	log: connect disconnect error
}
client pass {
	from: 0/0 to: 0/0 port = 1081
	socksmethod: username
	log: connect disconnect error
}
socks block {
	from: 0/0 to: 127.0.0.66/32
	log: connect error
}
socks pass {
	from: 0/0 to: 0/0
	log: connect disconnect error
}
`

// python3 is Debian's, the one that Debian's packages of Python modules are
// for; another may come first on the PATH.
const python3 = "/usr/bin/python3"

// Modules of Python, where Debian puts them.
const (
	pysocks    = "/usr/lib/python3/dist-packages/socks.py"
	pyftpdlib  = "/usr/lib/python3/dist-packages/pyftpdlib"
	pyrequests = "/usr/lib/python3/dist-packages/requests"
)

// data is a body of n bytes without a pattern that loss or repetition of a
// part would preserve.
func data(n int) []byte {
	all := make([]byte, n)
	state := uint32(1)
	for i := range all {
		state = state*1664525 + 1013904223
		all[i] = byte(state >> 24)
	}
	return all
}
