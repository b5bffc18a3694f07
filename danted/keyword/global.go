package keyword

const (
	cpuNote    = "this server is one process; the operating system schedules it (see systemd.exec(5) for CPU settings)"
	childNote  = "this server does not fork a child for each kind of work"
	socketNote = "socket options are not set yet"
	logNote    = "the log level of single errors is not changed yet"
	laterNote  = "this server speaks the language of release 1.4.2"
)

// globalRows are the keywords that stand before the first rule, route or monitor.
var globalRows = []Row{
	{
		ID: Internal, Name: "internal", Where: Global, Shape: Address, Follow: Colon, Many: Append,
		After:   []ID{InternalProtocol},
		Reload:  Live,
		Doc:     "an address, host or interface to accept clients on",
		Example: "internal: 127.0.0.1 port = 1080",
	},
	{
		ID: External, Name: "external", Where: Global, Shape: Address, Follow: Colon, Many: Append,
		After:   []ID{ExternalProtocol},
		Doc:     "an address, host or interface to connect out from",
		Example: "external: 127.0.0.1",
	},
	{
		ID: InternalProtocol, Name: "internal.protocol", Where: Global, Shape: Families, Many: Append,
		Words: familyWords, Default: "ipv4 ipv6", Reload: Live,
		Doc:     "which addresses of an interface or host name to accept clients on",
		Example: "internal.protocol: ipv4",
	},
	{
		ID: ExternalProtocol, Name: "external.protocol", Where: Global, Shape: Families, Many: Append,
		Words: familyWords, Default: "ipv4 ipv6",
		Doc:     "which addresses of an interface or host name to connect out from",
		Example: "external.protocol: ipv4",
	},
	{
		ID: ExternalRotation, Name: "external.rotation", Where: Global, Shape: Choice, Many: LastWins,
		Words: []Word{
			{Text: "none", Doc: "always the first address"},
			{Text: "route", Doc: "the address the kernel routes from", Status: NotYet},
			{Text: "same-same", Doc: "the address the client connected to", Status: NotYet},
		},
		Default: "none", Status: Partial, Note: "addresses are not rotated yet",
		Doc:     "which of several external addresses to use",
		Example: "external.rotation: none",
	},
	{
		ID: ClientMethod, Name: "clientmethod", Where: Global | AnyRule, Shape: Methods, Many: LastWins,
		Old:   []Spelling{{Text: "method", Where: ClientRule, Fate: Renamed}},
		Words: methodWords, Default: "none", Status: Partial, Note: "this authentication method is not available yet",
		Doc:     "methods to identify a client by, before it has sent a byte",
		Example: "clientmethod: none",
	},
	{
		ID: SocksMethod, Name: "socksmethod", Where: Global | AnyRule, Shape: Methods, Many: LastWins,
		Old:   []Spelling{{Text: "method", Where: Global | HostidRule | SocksRule, Fate: Renamed}},
		Words: methodWords, Status: Partial, Note: "this authentication method is not available yet",
		Doc:     "methods to offer to clients, the preferred one first",
		Example: "socksmethod: none",
	},
	{
		ID: UserPrivileged, Name: "user.privileged", Where: Global, Shape: User, Many: LastWins, Reload: Restart,
		Doc:     "whose rights to use for passwords, log files and the pid file",
		Example: "user.privileged: root",
	},
	{
		ID: UserUnprivileged, Name: "user.unprivileged", Where: Global, Shape: User, Many: LastWins, Reload: Restart,
		Old:     []Spelling{{Text: "user.notprivileged", Fate: Alias}},
		Doc:     "whom to run as",
		Example: "user.unprivileged: nobody",
	},
	{
		ID: UserLibwrap, Name: "user.libwrap", Where: Global, Shape: User, Many: LastWins, Reload: Restart,
		Doc:     "whom to run libwrap commands as",
		Example: "user.libwrap: nobody",
	},
	{
		ID: LogOutput, Name: "logoutput", Where: Global, Shape: Devices, Many: Append, Reload: Live,
		Doc:     "where to log: stderr, stdout, syslog, syslog/FACILITY or a file name",
		Example: "logoutput: stderr",
	},
	{
		ID: ErrorLog, Name: "errorlog", Where: Global, Shape: Devices, Many: Append, Reload: Live,
		Doc:     "where to log warnings and worse, in addition",
		Example: "errorlog: stderr",
	},
	{
		ID: Debug, Name: "debug", Where: Global, Shape: Number, Many: LastWins, Default: "0", Reload: Live,
		Doc:     "debug level; from 1 on every rule also logs connect, disconnect, error and ioop",
		Example: "debug: 0",
	},
	{
		ID: ChildMaxRequests, Name: "child.maxrequests", Where: Global, Shape: Number, Many: LastWins, Default: "0",
		Status: NoEffect, Note: childNote,
		Doc:     "after how many requests to replace a child",
		Example: "child.maxrequests: 1000",
	},
	{
		ID: ChildMaxIdle, Name: "child.maxidle", Where: Global | AnyRule | Route | Monitor, Shape: Ignored, Follow: Rest,
		Many: Append, Status: NoEffect, Note: "no longer used",
		Doc:     "old; ignored",
		Example: "child.maxidle: negotiate/2",
	},
	{
		ID: ChildMaxLifetime, Name: "child.maxlifetime", Where: Global, Shape: Later, Status: Refused, Since: "1.4.3",
		Note:    laterNote,
		Doc:     "after how many seconds to replace a child",
		Example: "child.maxlifetime: 3600",
	},
	timeout(TimeoutConnect, "timeout.connect", "connecttimeout", "30", "how long a connect to a target may take"),
	timeout(TimeoutNegotiate, "timeout.negotiate", "", "30", "how long a client may take until its request is complete"),
	timeout(TimeoutIO, "timeout.io", "iotimeout", "", "timeout.io.tcp and timeout.io.udp"),
	timeout(TimeoutIOTCP, "timeout.io.tcp", "", "0", "how long a TCP session may be idle"),
	timeout(TimeoutIOUDP, "timeout.io.udp", "", "86400", "how long a UDP session may be idle"),
	timeout(TimeoutFinWait, "timeout.tcp_fin_wait", "", "0", "how long one side of a TCP session may stay closed"),
	{
		ID: ResolveProtocol, Name: "resolveprotocol", Where: Global, Shape: Resolver, Many: LastWins,
		Words: resolverWords, Default: "udp", Status: Partial, Note: "the resolver's transport cannot be chosen yet",
		Doc:     "how to resolve names",
		Example: "resolveprotocol: udp",
	},
	{
		ID: SrcHost, Name: "srchost", Where: Global, Shape: SourceChecks, Many: Append, Words: srchostWords,
		Status: NotYet, Note: "clients are not looked up in the DNS yet",
		Doc:     "additional conditions on the address of a client",
		Example: "srchost: nodnsunknown",
	},
	{
		ID: Compatibility, Name: "compatibility", Where: Global, Shape: Flags, Many: Append,
		Words: []Word{
			{Text: "sameport", Doc: "use the client's port number on the external side"},
			{Text: "draft-5.05", Doc: "honour the USECLIENTSPORT flag"},
		},
		Status: NotYet, Note: "neither is done yet",
		Doc:     "old behaviour some clients need",
		Example: "compatibility: sameport",
	},
	{
		ID: Extension, Name: "extension", Where: Global | Route, Shape: Flags, Many: Append,
		Words:  []Word{{Text: "bind", Doc: "the bind extension"}},
		Status: NotYet, Note: "the bind extension does not exist yet",
		Doc:     "protocol extensions",
		Example: "extension: bind",
	},
	{
		ID: UDPConnectDst, Name: "udp.connectdst", Where: Global, Shape: Switch, Many: LastWins,
		Words:   []Word{{Text: "yes"}, {Text: "no", Status: NotYet}},
		Default: "yes", Status: Partial, Note: "UDP sockets are always connected to their target",
		Doc:     "connect UDP sockets to their target, so that others cannot send to the client",
		Example: "udp.connectdst: yes",
	},
	{
		ID: RouteMaxFail, Name: "route.maxfail", Head: "route.", Where: Global, Shape: RouteOption, Many: LastWins,
		Default: "1", Status: NotYet, Note: "upstream proxies are not used yet",
		Doc:     "failures after which a route is not used any more; 0: never",
		Example: "route.maxfail: 1",
	},
	{
		ID: RouteBadExpire, Name: "route.badexpire", Head: "route.", Where: Global, Shape: RouteOption, Many: LastWins,
		Default: "300", Status: NotYet, Note: "upstream proxies are not used yet",
		Doc:     "seconds until a failed route is used again",
		Example: "route.badexpire: 300",
	},
	{
		ID: LibwrapAllow, Name: "libwrap.allow", Where: Global, Shape: File, Many: LastWins,
		Status: NotYet, Note: "access files of libwrap are not read yet",
		Doc:     "file of clients libwrap allows",
		Example: "libwrap.allow: /etc/hosts.allow",
	},
	{
		ID: LibwrapDeny, Name: "libwrap.deny", Where: Global, Shape: File, Many: LastWins,
		Status: NotYet, Note: "access files of libwrap are not read yet",
		Doc:     "file of clients libwrap denies",
		Example: "libwrap.deny: /etc/hosts.deny",
	},
	{
		ID: LibwrapHostsAccess, Name: "libwrap.hosts_access", Where: Global, Shape: Switch, Many: LastWins,
		Words:   []Word{{Text: "yes", Status: NotYet}, {Text: "no"}},
		Default: "no", Status: Partial, Note: "access files of libwrap are not read yet",
		Doc:     "ask libwrap about every client",
		Example: "libwrap.hosts_access: no",
	},
	{
		ID: CPUSchedule, Name: "cpu.schedule.PROC", Head: "cpu", Where: Global, Shape: CPU, Many: LastWins,
		Words: policyWords, Status: NoEffect, Note: cpuNote,
		Doc:     "scheduling policy and priority of a kind of process",
		Example: "cpu.schedule.io: other/0",
	},
	{
		ID: CPUMask, Name: "cpu.mask.PROC", Head: "cpu", Where: Global, Shape: CPU, Many: LastWins,
		Status: NoEffect, Note: cpuNote,
		Doc:     "CPUs a kind of process may run on",
		Example: "cpu.mask.io: any",
	},
	special(InternalLogError, "internal.log.LEVEL.error", "internal.log", nil,
		"log these errors of the client's side at that level", "internal.log.info.error: EPIPE"),
	special(InternalLogDisabled, "internal.log.LEVEL.tcp.disabled", "internal.log", tcpOptionWords,
		"log when the client's side has these TCP options off", "internal.log.info.tcp.disabled: sack"),
	special(InternalLogEnabled, "internal.log.LEVEL.tcp.enabled", "internal.log", tcpOptionWords,
		"log when the client's side has these TCP options on", "internal.log.info.tcp.enabled: ecn"),
	special(ExternalLogError, "external.log.LEVEL.error", "external.log", nil,
		"log these errors of the target's side at that level", "external.log.info.error: ECONNREFUSED"),
	special(ExternalLogDisabled, "external.log.LEVEL.tcp.disabled", "external.log", tcpOptionWords,
		"log when the target's side has these TCP options off", "external.log.info.tcp.disabled: sack"),
	special(ExternalLogEnabled, "external.log.LEVEL.tcp.enabled", "external.log", tcpOptionWords,
		"log when the target's side has these TCP options on", "external.log.info.tcp.enabled: ecn"),
	{
		ID: InternalSocket, Name: "internal.LEVEL.OPTION", Head: "internal.", Follow: LevelDot,
		Where: Global | AnyRule | Route, Shape: SocketOption, Many: Append, Status: NotYet, Note: socketNote,
		Doc:     "a socket option of the client's side",
		Example: "internal.tcp.tcp_nodelay: 1",
	},
	{
		ID: ExternalSocket, Name: "external.LEVEL.OPTION", Head: "external.", Follow: LevelDot,
		Where: Global | AnyRule | Route, Shape: SocketOption, Many: Append, Status: NotYet, Note: socketNote,
		Doc:     "a socket option of the target's side",
		Example: "external.tcp.tcp_nodelay: 1",
	},
	{
		ID: RealmName, Name: "realm", Where: Global, Shape: Realm, Status: Refused,
		Note:    "it belongs to another product",
		Doc:     "name shown by an HTTP proxy",
		Example: "realm: example",
	},
	{
		ID: LocalDomain, Name: "localdomain", Where: Global | AnyRule | Route | Monitor, Shape: Ignored, Follow: Rest,
		Many: Append, Status: NoEffect, Note: "no longer used",
		Doc:     "old; ignored",
		Example: "localdomain: example.com",
	},
	{
		ID: SocketBuffers, Name: "socket.recvbuf.tcp", Where: Global, Shape: Gone, Status: Refused,
		Old: []Spelling{
			{Text: "socket.recvbuf.udp", Fate: Alias},
			{Text: "socket.sendbuf.tcp", Fate: Alias},
			{Text: "socket.sendbuf.udp", Fate: Alias},
		},
		Note:    "write internal.tcp.so_rcvbuf, external.tcp.so_sndbuf and so on",
		Doc:     "old; replaced by the socket options",
		Example: "socket.recvbuf.tcp: 65536",
	},
}

func timeout(id ID, name, old, value, doc string) Row {
	r := Row{
		ID: id, Name: name, Where: Global | AnyRule, Shape: Number, Many: LastWins, Default: value,
		Doc: doc + ", in seconds; 0: no limit", Example: name + ": 30",
	}
	if old != "" {
		r.Old = []Spelling{{Text: old, Fate: Renamed}}
	}
	return r
}

func special(id ID, name, head string, words []Word, doc, example string) Row {
	return Row{
		ID: id, Name: name, Head: head, Follow: GluedDot, Where: Global | ClientRule | HostidRule | SocksRule,
		Shape: LogSpecial, Many: Append, Words: words, Status: NotYet, Note: logNote, Doc: doc, Example: example,
	}
}
