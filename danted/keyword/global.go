package keyword

const (
	cpuNote    = "this server is one process; the operating system schedules it (see systemd.exec(5) for CPU settings)"
	childNote  = "this server does not fork a child for each kind of work"
	socketNote = "those of a route are not set"
	logNote    = "the log level of single errors is not changed yet"
)

// Sentences that several entries of the manual have in common.
const (
	symbolDoc = "The symbols are those of errno(3) and getaddrinfo(3), as EPIPE or EAI_AGAIN, and the groups no-route, " +
		"dns-any and system-any; an unknown one gives a warning. Such errors are logged at LEVEL even if the rule logs " +
		"nothing. Only errors that are there at once count, not those of a connection that fails later. Global lines and " +
		"those of rules add up."
	unusedDoc = "Dante reads it and never acts on it."
	socketDoc = "LEVEL is ip, socket, tcp or udp, and OPTION the option's name in small letters or its number. VALUE is " +
		"a number or, for the parts of ip_tos, a symbol; its range is not checked. There is no level for IPv6, and " +
		"options of level ip are not set on IPv6 sockets. For so_linger, so_rcvtimeo and so_sndtimeo it is seconds, 0 " +
		"turns them off. The parts of ip_tos do not add up: each sets all of it. What the kernel refuses gives a " +
		"warning. so_debug, so_rcvbufforce and so_sndbufforce need a server started by root, and there are global " +
		"lines for the client's side only. "
	processDoc = "PROC is one of the kinds of processes Dante has: mother, monitor, negotiate, request or io."
)

// globalRows are the keywords that stand before the first rule, route or monitor.
var globalRows = []Row{
	{
		ID: Internal, Name: "internal", Where: Global, Shape: Address, Follow: Colon, Many: Append,
		After:  []ID{InternalProtocol},
		Reload: Live,
		Doc: "An address to accept clients on. It is an IP address, a host name or the name of a network interface; a " +
			"name stands for all its addresses of the families in `internal.protocol`. Names are looked up when the " +
			"file is read, at start and at each reload. Without a port it is the port of the service socks or else " +
			"1080; whatever the operator, the number is the port to listen on. `0.0.0.0` and `::` are all addresses " +
			"of their family. Each line adds addresses, those that are there already are ignored, and there must be " +
			"one at least.",
		Example: "internal: 127.0.0.1 port = 1080",
	},
	{
		ID: External, Name: "external", Where: Global, Shape: Address, Follow: Colon, Many: Append,
		After: []ID{ExternalProtocol},
		Doc: "An address to connect to targets from. It is an IP address, a host name or the name of a network " +
			"interface, without a port; a name stands for all its addresses of the families in `external.protocol`. " +
			"Each line adds addresses, but as long as `external.rotation` is `none` only the first of each family is " +
			"used. Wildcard addresses are refused, and so are addresses that this machine cannot bind. There must be " +
			"one at least; a target of a family that has none gets reply 8.",
		Example: "external: 127.0.0.1",
	},
	{
		ID: InternalProtocol, Name: "internal.protocol", Where: Global, Shape: Families, Many: Append,
		Words: familyWords, Default: "ipv4 ipv6", Reload: Live,
		Doc: "The address families to accept clients on. Addresses of other families are left out of `internal` " +
			"without a word, whether written out or found behind a name. It must stand before the first `internal`.",
		Example: "internal.protocol: ipv4",
	},
	{
		ID: ExternalProtocol, Name: "external.protocol", Where: Global, Shape: Families, Many: Append,
		Words: familyWords, Default: "ipv4 ipv6",
		Doc: "The address families to connect to targets from. Addresses of other families are left out of `external` " +
			"without a word, whether written out or found behind a name. It must stand before the first `external`.",
		Example: "external.protocol: ipv4",
	},
	{
		ID: ExternalRotation, Name: "external.rotation", Where: Global, Shape: Choice, Many: LastWins,
		Words: []Word{
			{Text: "none", Doc: "the first one of the target's family"},
			{Text: "route", Doc: "the one the kernel would use for the target"},
			{Text: "same-same", Doc: "the one the client has connected to"},
		},
		Default: "none",
		Doc: "Which of several external addresses to use. With anything but `none` the address that was chosen must " +
			"be one of the `external` addresses, or the request fails. With `same-same` a target of another family than " +
			"the client's connection fails. A target that the kernel knows no way to is tried from the first address.",
		Example: "external.rotation: route",
	},
	{
		ID: ClientMethod, Name: "clientmethod", Where: Global | AnyRule, Shape: Methods, Many: LastWins,
		Old:   []Spelling{{Text: "method", Where: ClientRule, Fate: Renamed}},
		Words: methodWords, Default: "none", Status: Partial, Note: "this authentication method is not available yet",
		Doc: "Methods to identify a client by before it has sent a byte. Only `none`, `rfc931`, `pam.address`, " +
			"`pam.any` and `gssapi` can do that. The global list, which is not derived from `socksmethod`, has what " +
			"rules may use; a rule without a list has the global one, in a rule with `user` or `group` without the " +
			"methods that give no name. A client-rule tries its methods in the order they are written: if ident " +
			"gives no name the next one is tried, but a client that PAM refuses is blocked. A socks-rule matches " +
			"only when the method the client-rule has used is in its list. The last line counts: a second one " +
			"replaces the first.",
		Example: "clientmethod: none",
	},
	{
		ID: SocksMethod, Name: "socksmethod", Where: Global | AnyRule, Shape: Methods, Many: LastWins,
		Old:   []Spelling{{Text: "method", Where: Global | HostidRule | SocksRule, Fate: Renamed}},
		Words: methodWords, Status: Partial, Note: "this authentication method is not available yet",
		Doc: "Methods clients can log in with, the preferred one first. The global list has what rules may use; a " +
			"rule without a list has the global one, in a rule with `user` or `group` without the methods that give " +
			"no name. What is offered to a client is the list of the client-rule it has matched: the first method in " +
			"it that the client knows is used, whatever the client prefers. The list of a socks-rule changes nothing " +
			"about that; it only says with which methods the rule can match, so a method that a socks-rule demands " +
			"must be in the client-rule too. What is written behind `none` is used only for clients that do not " +
			"offer `none`. SOCKS 4 knows no methods: its clients have `none`, and a client-rule without `none` " +
			"refuses them. The last line counts: a second one replaces the first. Without any method no request is " +
			"ever granted.",
		Example: "socksmethod: none",
	},
	{
		ID: UserPrivileged, Name: "user.privileged", Where: Global, Shape: User, Many: LastWins, Reload: Restart,
		Doc: "The user whose rights are used for passwords, log files and the pid file. It is a name, not a number, " +
			"and stands for its primary group as well. Without it, it is the user who starts the server. For " +
			"`username` this user must be able to read the system's password file, which on most systems means root.",
		Example: "user.privileged: root",
	},
	{
		ID: UserUnprivileged, Name: "user.unprivileged", Where: Global, Shape: User, Many: LastWins, Reload: Restart,
		Old: []Spelling{{Text: "user.notprivileged", Fate: Alias}},
		Doc: "The user to serve clients as. It is a name, not a number, and stands for its primary group as well; " +
			"other groups are dropped. Without it, it is the user who starts the server, which should not be root.",
		Example: "user.unprivileged: nobody",
	},
	{
		ID: UserLibwrap, Name: "user.libwrap", Where: Global, Shape: User, Many: LastWins, Reload: Restart,
		Doc: "The user to run the commands of `libwrap` lines as. It is a name, not a number, and stands for its " +
			"primary group as well. Without it, it is the user of `user.unprivileged`, or else the one who starts " +
			"the server.",
		Example: "user.libwrap: nobody",
	},
	{
		ID: LogOutput, Name: "logoutput", Where: Global, Shape: Devices, Many: Append, Reload: Live,
		Doc: "Where to log to. `stderr` and `stdout` are the server's own, `syslog` is the facility daemon and " +
			"`syslog/FACILITY` another one; every other word is the name of a file. Files are opened to append, made " +
			"with mode 0640 for `user.privileged` if they do not exist, and opened again on SIGHUP, which is what " +
			"log rotation needs. Several words and lines add up. All words to the end of the line are devices, also " +
			"what was meant as the next keyword, and a `#` counts as part of a name unless a blank is before it. " +
			"Without it nothing is logged about sessions.",
		Example: "logoutput: stderr",
	},
	{
		ID: ErrorLog, Name: "errorlog", Where: Global, Shape: Devices, Many: Append, Reload: Live,
		Doc:     "Where to log warnings and worse, in addition to `logoutput`. It takes the same values.",
		Example: "errorlog: stderr",
	},
	{
		ID: Debug, Name: "debug", Where: Global, Shape: Number, Many: LastWins, Default: "0", Reload: Live,
		Doc: "How much to log about the server's own work; 0 is nothing. From 1 on every rule also logs connect, " +
			"disconnect, error and ioop, and what no rule matches is logged as well, so a busy server writes a lot. " +
			"The option -d of the command line wins over the file, but adds nothing to what rules log.",
		Example: "debug: 0",
	},
	{
		ID: ChildMaxRequests, Name: "child.maxrequests", Where: Global, Shape: Number, Many: LastWins, Default: "0",
		Status: NoEffect, Note: childNote,
		Doc:     "After how many requests to replace a child process. 0 is never.",
		Example: "child.maxrequests: 1000",
	},
	{
		ID: ChildMaxIdle, Name: "child.maxidle", Where: Global | AnyRule | Route | Monitor, Shape: Ignored, Follow: Rest,
		Many: Append, Status: NoEffect, Note: "no longer used",
		Doc:     "An old keyword that is ignored with the rest of its line.",
		Example: "child.maxidle: negotiate/2",
	},
	{
		ID: ChildMaxLifetime, Name: "child.maxlifetime", Where: Global, Shape: Number, Many: LastWins,
		Default: "0", Status: NoEffect, Note: childNote, Since: "1.4.3",
		Doc:     "After how many seconds to replace a child process.",
		Example: "child.maxlifetime: 3600",
	},
	timeout(TimeoutConnect, "timeout.connect", "connecttimeout", "30",
		"Seconds until a connection to a target must have come about. 0 leaves it to the kernel. When they are "+
			"over, a SOCKS 5 client gets reply 6. All addresses of a name share the time. In a socks-rule it "+
			"replaces the global value."),
	timeout(TimeoutNegotiate, "timeout.negotiate", "", "30",
		"Seconds a client has to log in and send its request. 0 is no limit. When they are over, the connection "+
			"is closed without a reply. In a client-rule it replaces the global value."),
	timeout(TimeoutIO, "timeout.io", "iotimeout", "",
		"Seconds a session may be idle: `timeout.io.tcp` and `timeout.io.udp` in one. 0 is no limit. Of several "+
			"lines about the same protocol the last one counts."),
	timeout(TimeoutIOTCP, "timeout.io.tcp", "", "0",
		"Seconds a TCP session may be idle before it is ended. 0 is no limit. In a socks-rule it replaces the "+
			"global value for what is relayed."),
	timeout(TimeoutIOUDP, "timeout.io.udp", "", "86400",
		"Seconds a UDP session may be idle before it is ended. 0 is no limit. In a socks-rule it replaces the "+
			"global value for what is relayed."),
	timeout(TimeoutFinWait, "timeout.tcp_fin_wait", "", "0",
		"Seconds a TCP session may go on after one side has closed its direction. 0 is no limit. In a "+
			"socks-rule it replaces the global value, and is reduced to `timeout.io.tcp` if that is shorter, with a "+
			"warning."),
	{
		ID: ResolveProtocol, Name: "resolveprotocol", Where: Global, Shape: Resolver, Many: LastWins,
		Words: resolverWords, Default: "udp", Status: Partial, Note: "the resolver's transport cannot be chosen yet",
		Doc: "How host names are resolved. Names in requests must be resolved to connect in any case; the question is " +
			"whether that is done before the rules are asked.",
		Example: "resolveprotocol: udp",
	},
	{
		ID: SrcHost, Name: "srchost", Where: Global, Shape: SourceChecks, Many: Append, Words: srchostWords,
		Doc: "Additional conditions on the address of a client. They are looked at when a rule with pass has matched, " +
			"and turn it into a block. Several words and lines add up.",
		Example: "srchost: nodnsunknown",
	},
	{
		ID: Compatibility, Name: "compatibility", Where: Global, Shape: Flags, Many: Append,
		Words: []Word{
			{Text: "sameport", Doc: "use the client's port number for targets also if it is below 1024"},
			{Text: "draft-5.05", Doc: "honour the flag USECLIENTSPORT of UDP requests"},
		},
		Doc:     "Old behaviour that some clients need. Several words and lines add up.",
		Example: "compatibility: sameport",
	},
	{
		ID: Extension, Name: "extension", Where: Global | Route, Shape: Flags, Many: Append,
		Words:  []Word{{Text: "bind", Doc: "the server connects to the client for each host that connects to the bound address"}},
		Status: NoEffect, Note: "requests of the bind extension are always refused",
		Doc:     "Extensions of the protocol. Dante warns that the bind extension may go.",
		Example: "extension: bind",
	},
	{
		ID: UDPConnectDst, Name: "udp.connectdst", Where: Global, Shape: Switch, Many: LastWins,
		Words: []Word{
			{Text: "yes", Doc: "errors of targets are noticed, and nobody but the target can send to the client"},
			{Text: "no", Doc: "anybody can send to the client, as the rules for udpreply allow"},
		},
		Default: "yes",
		Doc:     "Whether UDP sockets are connected to the target they send to.",
		Example: "udp.connectdst: yes",
	},
	{
		ID: RouteMaxFail, Name: "route.maxfail", Head: "route.", Where: Global, Shape: RouteOption, Many: LastWins,
		Default: "1",
		Doc:     "After how many failures a route is not used for some time; 0 is never.",
		Example: "route.maxfail: 1",
	},
	{
		ID: RouteBadExpire, Name: "route.badexpire", Head: "route.", Where: Global, Shape: RouteOption, Many: LastWins,
		Default: "300",
		Doc: "After how many seconds a route that has failed is used again. While it is not used, requests that only " +
			"this route could serve fail.",
		Example: "route.badexpire: 300",
	},
	{
		ID: LibwrapAllow, Name: "libwrap.allow", Where: Global, Shape: File, Many: LastWins,
		Doc: "The file of clients that libwrap allows, in the format of hosts_access(5). It has a meaning only with " +
			"`libwrap.hosts_access: yes`. Without this line it is the system's file; one that does not exist counts as " +
			"empty.",
		Example: "libwrap.allow: /etc/hosts.allow",
	},
	{
		ID: LibwrapDeny, Name: "libwrap.deny", Where: Global, Shape: File, Many: LastWins,
		Doc: "The file of clients that libwrap denies, in the format of hosts_access(5). It has a meaning only with " +
			"`libwrap.hosts_access: yes`. Without this line it is the system's file; one that does not exist counts as " +
			"empty.",
		Example: "libwrap.deny: /etc/hosts.deny",
	},
	{
		ID: LibwrapHostsAccess, Name: "libwrap.hosts_access", Where: Global, Shape: Switch, Many: LastWins,
		Words:   []Word{{Text: "yes", Doc: "they must"}, {Text: "no", Doc: "they need not"}},
		Default: "no",
		Doc: "Whether clients must pass the access files of libwrap before the rules are asked. The name of the " +
			"service in these files is the name of the program. A client that is denied is dropped without a line in " +
			"the log. The files are read as user.unprivileged, and again when they have changed; who cannot be told " +
			"to be allowed, because a file cannot be read for one, is denied. Commands in them are not run.",
		Example: "libwrap.hosts_access: no",
	},
	{
		ID: CPUSchedule, Name: "cpu.schedule.PROC", Head: "cpu", Where: Global, Shape: CPU, Many: LastWins,
		Words: policyWords, Status: NoEffect, Note: cpuNote,
		Doc:     "The scheduling policy and priority of a kind of process. " + processDoc,
		Example: "cpu.schedule.io: other/0",
	},
	{
		ID: CPUMask, Name: "cpu.mask.PROC", Head: "cpu", Where: Global, Shape: CPU, Many: LastWins,
		Status: NoEffect, Note: cpuNote,
		Doc:     "The CPUs that a kind of process may run on: numbers from 0 on, or `any`. " + processDoc,
		Example: "cpu.mask.io: any",
	},
	special(InternalLogError, "internal.log.LEVEL.error", "internal.log", nil,
		"The level to log these errors of the client's side at. "+symbolDoc,
		"internal.log.info.error: EPIPE"),
	special(InternalLogDisabled, "internal.log.LEVEL.tcp.disabled", "internal.log", tcpOptionWords,
		"The level to log at when the client's side has these TCP options off. "+unusedDoc,
		"internal.log.info.tcp.disabled: sack"),
	special(InternalLogEnabled, "internal.log.LEVEL.tcp.enabled", "internal.log", tcpOptionWords,
		"The level to log at when the client's side has these TCP options on. "+unusedDoc,
		"internal.log.info.tcp.enabled: ecn"),
	special(ExternalLogError, "external.log.LEVEL.error", "external.log", nil,
		"The level to log these errors of the target's side at. "+symbolDoc,
		"external.log.info.error: ECONNREFUSED"),
	special(ExternalLogDisabled, "external.log.LEVEL.tcp.disabled", "external.log", tcpOptionWords,
		"The level to log at when the target's side has these TCP options off. "+unusedDoc,
		"external.log.info.tcp.disabled: sack"),
	special(ExternalLogEnabled, "external.log.LEVEL.tcp.enabled", "external.log", tcpOptionWords,
		"The level to log at when the target's side has these TCP options on. "+unusedDoc,
		"external.log.info.tcp.enabled: ecn"),
	{
		ID: InternalSocket, Name: "internal.LEVEL.OPTION", Head: "internal.", Follow: LevelDot,
		Where: Global | AnyRule | Route, Shape: SocketOption, Many: Append, Status: Partial, Note: socketNote,
		Doc: "Sets a socket option on the client's side. " + socketDoc +
			"Global lines are set on the listening sockets, from which those of clients have them; a reload sets what " +
			"the file has then, and unsets nothing. A line in a rule is applied in addition to the global ones, and " +
			"most options then come too late, because the connection is there already: that gives a warning, and " +
			"they are not set. ip_tos, so_debug and options that are only a number can be in a rule.",
		Example: "internal.tcp.tcp_nodelay: 1",
	},
	{
		ID: ExternalSocket, Name: "external.LEVEL.OPTION", Head: "external.", Follow: LevelDot,
		Where: Global | AnyRule | Route, Shape: SocketOption, Many: Append, Status: Partial, Note: socketNote,
		Doc: "Sets a socket option on the target's side. " + socketDoc +
			"A line in a rule is applied in addition to the global ones. In a client-rule and in a rule that blocks " +
			"it is an error, because there is no target's side.",
		Example: "external.tcp.tcp_nodelay: 1",
	},
	{
		ID: RealmName, Name: "realm", Where: Global, Shape: Realm, Status: Refused,
		Note:    "it belongs to another product",
		Doc:     "The name an HTTP proxy shows when it asks for a password.",
		Example: "realm: example",
	},
	{
		ID: LocalDomain, Name: "localdomain", Where: Global | AnyRule | Route | Monitor, Shape: Ignored, Follow: Rest,
		Many: Append, Status: NoEffect, Note: "no longer used",
		Doc:     "An old keyword that is ignored with the rest of its line.",
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
		Doc:     "The old way to set the sizes of socket buffers.",
		Example: "socket.recvbuf.tcp: 65536",
	},
}

func timeout(id ID, name, old, value, doc string) Row {
	r := Row{
		ID: id, Name: name, Where: Global | AnyRule, Shape: Number, Many: LastWins, Default: value,
		Doc: doc, Example: name + ": 30",
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
