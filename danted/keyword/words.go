package keyword

// Methods with what this server does with them. Which of them a keyword takes is checked where the value is read:
// Dante's scanner knows one list for all.
var methodWords = []Word{
	{Text: "none", Doc: "no authentication"},
	{Text: "username", Doc: "RFC 1929, against the system's password file"},
	{Text: "rfc931", Doc: "ident", Status: NotYet},
	{Text: "pam.any", Doc: "PAM, with or without a name", Status: NotYet},
	{Text: "pam.address", Doc: "PAM, by the client's address", Status: NotYet},
	{Text: "pam.username", Doc: "PAM, with RFC 1929", Status: NotYet},
	{Text: "pam", Doc: "old name", Old: "pam.username", Status: NotYet},
	{Text: "gssapi", Doc: "RFC 1961", Status: Refused, Needs: GSSAPI},
	{Text: "bsdauth", Doc: "BSD authentication", Status: Refused, Needs: BSDAuth},
}

var commandWords = []Word{
	{Text: "bind", Doc: "accept one connection for the client"},
	{Text: "connect", Doc: "connect to a target"},
	{Text: "udpassociate", Doc: "relay UDP, from the client"},
	{Text: "bindreply", Doc: "the connection accepted for a bind"},
	{Text: "udpreply", Doc: "UDP to the client"},
}

var protocolWords = []Word{{Text: "tcp", Doc: "TCP"}, {Text: "udp", Doc: "UDP"}}

var familyWords = []Word{{Text: "ipv4", Doc: "IPv4 addresses"}, {Text: "ipv6", Doc: "IPv6 addresses"}}

var resolverWords = []Word{
	{Text: "udp", Doc: "resolve over UDP"},
	{Text: "tcp", Doc: "resolve over TCP", Status: NotYet},
	{Text: "fake", Doc: "never resolve a name to match a rule"},
}

var proxyWords = []Word{
	{Text: "socks_v4", Doc: "SOCKS 4"},
	{Text: "socks_v5", Doc: "SOCKS 5"},
	{Text: "http", Doc: "HTTP CONNECT"},
	{Text: "http_v1.0", Doc: "HTTP CONNECT"},
	{Text: "upnp", Doc: "UPnP gateway"},
}

var logWords = []Word{
	{Text: "connect", Doc: "start of a session"},
	{Text: "disconnect", Doc: "end of a session"},
	{Text: "data", Doc: "the data itself"},
	{Text: "error", Doc: "errors"},
	{Text: "ioop", Doc: "each i/o operation"},
	{Text: "iooperation", Doc: "each i/o operation", Old: "ioop"},
	{Text: "tcpinfo", Doc: "the kernel's statistics at the end"},
}

var yesNo = []Word{{Text: "yes"}, {Text: "no"}}

var encryptionWords = []Word{
	// COMPAT: without GSSAPI danted refuses this word and accepts the others.
	{Text: "any", Doc: "whatever the client asks for", Status: Refused, Needs: GSSAPI},
	{Text: "clear", Doc: "none"},
	{Text: "integrity", Doc: "signed"},
	{Text: "confidentiality", Doc: "signed and encrypted"},
	{Text: "permessage", Doc: "as each message asks for"},
}

var srchostWords = []Word{
	{Text: "nodnsmismatch", Doc: "block when name and address disagree"},
	{Text: "nodnsunknown", Doc: "block when the address has no name"},
	{Text: "checkreplyauth", Doc: "replies must pass the rule's method conditions"},
}

var tcpOptionWords = []Word{{Text: "ecn"}, {Text: "sack"}, {Text: "timestamps"}, {Text: "wscale"}}

// Processes are Dante's kinds of processes.
var processWords = []Word{{Text: "mother"}, {Text: "monitor"}, {Text: "negotiate"}, {Text: "request"}, {Text: "io"}}

var policyWords = []Word{{Text: "other"}, {Text: "fifo"}, {Text: "rr"}, {Text: "idle"}, {Text: "batch"}}

var levelWords = []Word{
	{Text: "emerg"},
	{Text: "alert"},
	{Text: "crit"},
	{Text: "err"},
	{Text: "warning"},
	{Text: "notice"},
	{Text: "info"},
	{Text: "debug"},
}

var facilityWords = []Word{
	{Text: "user"},
	{Text: "auth"},
	{Text: "daemon"},
	{Text: "local0"},
	{Text: "local1"},
	{Text: "local2"},
	{Text: "local3"},
	{Text: "local4"},
	{Text: "local5"},
	{Text: "local6"},
	{Text: "local7"},
	{Text: "authpriv"},
}

// Processes gives the process kinds of cpu.*.
func Processes() []Word { return processWords }

// Levels gives the log levels of *.log.LEVEL.*.
func Levels() []Word { return levelWords }

// Facilities gives the syslog facilities.
func Facilities() []Word { return facilityWords }
