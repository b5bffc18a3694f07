package keyword

// Methods with what this server does with them. Which of them a keyword takes is checked where the value is read:
// Dante's scanner knows one list for all.
var methodWords = []Word{
	{Text: "none", Doc: "no authentication"},
	{Text: "username", Doc: "name and password (RFC 1929), checked in the system's password file"},
	{Text: "rfc931", Doc: "the name that an ident server on the client's machine gives", Status: NotYet},
	{Text: "pam.any", Doc: "PAM, asked about the client's address and a name and password if there are any", Status: NotYet},
	{Text: "pam.address", Doc: "PAM, asked about the client's address, and a name if there is one", Status: NotYet},
	{Text: "pam.username", Doc: "name and password (RFC 1929), checked by PAM", Status: NotYet},
	{Text: "pam", Doc: "an old name of pam.username", Old: "pam.username", Status: NotYet},
	{Text: "gssapi", Doc: "GSSAPI, as Kerberos (RFC 1961)", Status: Refused, Needs: GSSAPI},
	{Text: "bsdauth", Doc: "name and password (RFC 1929), checked by BSD authentication", Status: Refused, Needs: BSDAuth},
	{Text: "ldapauth", Doc: "name and password (RFC 1929), checked by an LDAP server", Status: Refused, Needs: LDAP, Since: "1.4.3"},
}

var commandWords = []Word{
	{Text: "bind", Doc: "wait for one connection for the client"},
	{Text: "connect", Doc: "connect to a target"},
	{Text: "udpassociate", Doc: "relay UDP: the request, and what the client sends"},
	{Text: "bindreply", Doc: "the connection that a bind waits for"},
	{Text: "udpreply", Doc: "relay UDP: what is sent to the client"},
}

var protocolWords = []Word{{Text: "tcp", Doc: "TCP"}, {Text: "udp", Doc: "UDP"}}

var familyWords = []Word{{Text: "ipv4", Doc: "IPv4 addresses"}, {Text: "ipv6", Doc: "IPv6 addresses"}}

var resolverWords = []Word{
	{Text: "udp", Doc: "resolve over UDP"},
	{Text: "tcp", Doc: "resolve over TCP", Status: NotYet},
	{Text: "fake", Doc: "rules resolve no name, so one with an address never matches a name, even if it blocks"},
}

var proxyWords = []Word{
	{Text: "socks_v4", Doc: "SOCKS 4"},
	{Text: "socks_v5", Doc: "SOCKS 5"},
	{Text: "http", Doc: "the CONNECT method of HTTP"},
	{Text: "http_v1.0", Doc: "the same as http"},
	{Text: "upnp", Doc: "a UPnP gateway"},
}

var logWords = []Word{
	{Text: "connect", Doc: "the start of a session"},
	{Text: "disconnect", Doc: "the end of a session, with byte counts"},
	{Text: "data", Doc: "the data itself, with unprintable bytes escaped"},
	{Text: "error", Doc: "sessions that fail, and errors during sessions"},
	{Text: "ioop", Doc: "the size of each piece of data"},
	{Text: "iooperation", Doc: "another name of ioop", Old: "ioop"},
	{Text: "tcpinfo", Doc: "the kernel's TCP statistics, added to the other lines"},
}

var yesNo = []Word{{Text: "yes", Doc: "it is so"}, {Text: "no", Doc: "it is not so"}}

var encryptionWords = []Word{
	// COMPAT: without GSSAPI danted refuses this word and accepts the others.
	{Text: "any", Doc: "whatever the client asks for", Status: Refused, Needs: GSSAPI},
	{Text: "clear", Doc: "no protection"},
	{Text: "integrity", Doc: "messages are signed"},
	{Text: "confidentiality", Doc: "messages are signed and encrypted"},
	{Text: "permessage", Doc: "what each message asks for"},
}

var srchostWords = []Word{
	{Text: "nodnsmismatch", Doc: "block a client whose name in the DNS does not lead back to its address"},
	{Text: "nodnsunknown", Doc: "block a client whose address has no name in the DNS"},
	{Text: "checkreplyauth", Doc: "bindreply and udpreply must also satisfy the methods of the rule"},
}

var tcpOptionWords = []Word{
	{Text: "ecn", Doc: "explicit congestion notification"},
	{Text: "sack", Doc: "selective acknowledgements"},
	{Text: "timestamps", Doc: "timestamps"},
	{Text: "wscale", Doc: "window scaling"},
}

// Processes are Dante's kinds of processes.
var processWords = []Word{
	{Text: "mother", Doc: "accepts connections and starts the others"},
	{Text: "monitor", Doc: "raises alarms"},
	{Text: "negotiate", Doc: "talks to clients until they have sent a request"},
	{Text: "request", Doc: "carries requests out"},
	{Text: "io", Doc: "relays data"},
}

var policyWords = []Word{
	{Text: "other", Doc: "the usual policy, SCHED_OTHER"},
	{Text: "fifo", Doc: "real time, SCHED_FIFO"},
	{Text: "rr", Doc: "real time with time slices, SCHED_RR"},
	{Text: "idle", Doc: "only when nothing else runs, SCHED_IDLE"},
	{Text: "batch", Doc: "long computations, SCHED_BATCH"},
}

var levelWords = []Word{
	{Text: "emerg", Doc: "the system is unusable"},
	{Text: "alert", Doc: "something must be done at once"},
	{Text: "crit", Doc: "critical"},
	{Text: "err", Doc: "an error"},
	{Text: "warning", Doc: "a warning"},
	{Text: "notice", Doc: "normal, but worth a look"},
	{Text: "info", Doc: "information"},
	{Text: "debug", Doc: "only with debug"},
}

var facilityWords = []Word{
	{Text: "user", Doc: "programs of users"},
	{Text: "auth", Doc: "security"},
	{Text: "daemon", Doc: "servers"},
	{Text: "local0", Doc: "local use"},
	{Text: "local1", Doc: "local use"},
	{Text: "local2", Doc: "local use"},
	{Text: "local3", Doc: "local use"},
	{Text: "local4", Doc: "local use"},
	{Text: "local5", Doc: "local use"},
	{Text: "local6", Doc: "local use"},
	{Text: "local7", Doc: "local use"},
	{Text: "authpriv", Doc: "security, kept private"},
}

// Processes gives the process kinds of cpu.*.
func Processes() []Word { return processWords }

// Levels gives the log levels of *.log.LEVEL.*.
func Levels() []Word { return levelWords }

// Facilities gives the syslog facilities.
func Facilities() []Word { return facilityWords }
