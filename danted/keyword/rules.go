package keyword

const (
	pamNote = "PAM is not used yet"
)

// ruleRows are the keywords of rules, routes and monitors that are not global options as well.
var ruleRows = []Row{
	{
		ID: From, Name: "from", Where: AnyRule | Route | Monitor, Shape: Address, Many: Once,
		Doc: "Where a client comes from. It is an IP address with a netmask, a host name, a domain with a dot in " +
			"front or the name of a network interface, and can have a port. `0/0` is every address; `0.0.0.0/0` is " +
			"IPv4 only and `::/0` IPv6 only. An interface name means the addresses that the interface has itself, " +
			"not its network. With the commands bindreply and udpreply it is the other host that connects or sends " +
			"to the client. `port = N` is one port; `port: N`, with a colon, matches every port. It must be there " +
			"once, with `to` right behind it.",
		Example: "from: 10.0.0.0/8",
	},
	{
		ID: To, Name: "to", Where: AnyRule | Route | Monitor, Shape: Address, Many: Once, After: []ID{From},
		Doc: "Where a client wants to go; in a client-rule, the address of this server it has connected to. It takes " +
			"the same values as `from`, and if the client asks for a name, that name is compared or, with an address " +
			"in the rule, resolved first. With the command bind it is the address this server has bound for the " +
			"client, with bindreply and udpreply the client. While a UDP association is made the target is not known " +
			"yet: then rules with pass match whatever is written here, and rules with block only if this is all " +
			"addresses and has no port. `port = N` is one port; `port: N`, with a colon, matches every port. It must " +
			"be there once, right behind `from`.",
		Example: "to: 0/0",
	},
	{
		ID: Via, Name: "via", Where: Route, Shape: Address, Many: Once, After: []ID{To},
		Doc: "The upstream proxy to use, or `direct` for none. It is an IP address without a netmask or a host name, " +
			"and can have a port, which is 80 for HTTP and 1080 otherwise if it is missing. It must be there once, right behind `to`.",
		Example: "via: direct",
	},
	{
		ID: RuleUser, Name: "user", Where: AnyRule, Shape: Users, Many: Append,
		Doc: "Names of which the client must have one. They need a method that gives a name; with `none` or `pam.any` " +
			"in the rule's own list the rule is an error. If there is `group` as well, the client must satisfy both. " +
			"All words to the end of the line are names, a closing brace too.",
		Example: "user: bob alice",
	},
	{
		ID: RuleGroup, Name: "group", Where: AnyRule, Shape: Groups, Many: Append,
		Doc: "Groups of which the client must be in one. Both its primary group and the lists of members count. " +
			"Groups are looked up when the rule is evaluated; one that does not exist gives a warning each time and " +
			"nobody is in it. Otherwise it is like `user`.",
		Example: "group: staff",
	},
	{
		ID: Log, Name: "log", Where: AnyRule, Shape: Logs, Follow: GluedColon, Many: Append, Words: logWords,
		Reload: NewSessions,
		Doc: "What to log about the sessions of the rule. There is no global setting: a rule without it logs nothing. " +
			"The client-rule decides about the lines with tcp/accept, the socks-rule about the others. What the rule " +
			"blocks is logged with any of connect, disconnect, data and ioop; error alone is not enough. All words " +
			"to the end of the line belong to the list; a closing brace may follow.",
		Example: "log: connect error",
	},
	{
		ID: Libwrap, Name: "libwrap", Where: AnyRule, Shape: Line, Many: LastWins,
		Status: Partial, Note: "`spawn`, `twist` and `aclexec` are refused: this server runs no commands",
		Doc: "Options of libwrap to act on when the rule matches, as in hosts_options(5). Also those of a rule that blocks " +
			"are acted on. `banners DIRECTORY` sends the client the file of the program's name in that directory, before " +
			"anything else. The options about commands and logging have no effect. It is the rest of the line, of at " +
			"most 199 bytes.",
		Example: "libwrap: banners /etc/banners",
	},
	{
		ID: PAMServiceName, Name: "pam.servicename", Where: AnyRule, Shape: Service, Many: LastWins,
		Old: []Spelling{{Text: "pamservicename", Fate: Alias}},
		// COMPAT: this is compiled into danted; Debian's manual says danted.
		Default: "sockd", Status: NotYet, Note: pamNote,
		Doc: "The PAM service to ask. A name begins with a letter and has no slash and no colon. The default is sockd " +
			"whatever the name of the program; if there is no file of that name in /etc/pam.d, PAM uses the one " +
			"called other.",
		Example: "pam.servicename: sockd",
	},
	{
		ID: BSDAuthStyleName, Name: "bsdauth.stylename", Where: SocksRule, Shape: Style, Many: LastWins,
		Needs: BSDAuth, Status: Refused,
		Doc:     "The style of BSD authentication to use.",
		Example: "bsdauth.stylename: passwd",
	},
	{
		ID: GSSAPIServiceName, Name: "gssapi.servicename", Where: AnyRule | Route, Shape: GSSService, Many: LastWins,
		Default: "rcmd", Needs: GSSAPI, Status: Refused,
		Doc:     "The service name in the server's GSSAPI principal.",
		Example: "gssapi.servicename: rcmd",
	},
	{
		ID: GSSAPIKeytab, Name: "gssapi.keytab", Where: AnyRule | Route, Shape: Keytab, Many: LastWins,
		Default: "FILE:/etc/sockd.keytab", Needs: GSSAPI, Status: Refused,
		Doc:     "The file with the server's Kerberos keys.",
		Example: "gssapi.keytab: FILE:/etc/sockd.keytab",
	},
	{
		ID: GSSAPIEncType, Name: "gssapi.enctype", Where: AnyRule | Route, Shape: Encryptions, Many: Append,
		Words: encryptionWords, Status: NoEffect, Note: "there is no GSSAPI here that it could apply to",
		Doc:     "Kinds of GSSAPI protection to accept.",
		Example: "gssapi.enctype: clear",
	},
	{
		ID: ClientCompatibility, Name: "clientcompatibility", Where: ClientRule | HostidRule | Route, Shape: Flags,
		Many: Append, Words: []Word{{Text: "necgssapi", Doc: "GSSAPI as NEC's client speaks it"}},
		Needs: GSSAPI, Status: Refused,
		Doc:     "Quirks of clients to put up with.",
		Example: "clientcompatibility: necgssapi",
	},
	{
		ID: RuleBandwidth, Name: "bandwidth", Where: AnyRule, Shape: Number, Many: LastWins,
		// COMPAT: a danted without the module of this name refuses it with a license error; so do the next two.
		Doc: "Bytes per second that all sessions of the rule share, both directions together. A client " +
			"rule's holds for the sessions of socks rules without one.",
		Example: "bandwidth: 100000",
	},
	{
		ID: RedirectFrom, Name: "redirect from", Head: "redirect", Where: AnyRule | Route, Shape: Redirection,
		Many: LastWins, Status: Partial, Note: "in a route it means nothing",
		Doc: "The address to send from, in place of the one that would be used. It must be an address of this machine; " +
			"with a port, that is the port to use when it is free. A socks-rule without a redirection has its " +
			"client-rule's. In a route it means nothing.",
		Example: "redirect from: 127.0.0.1/32",
	},
	{
		ID: RedirectTo, Name: "redirect to", Head: "redirect", Where: AnyRule, Shape: Redirection,
		Many: LastWins,
		Doc: "The address to go to, in place of the one the client has asked for. The rules are asked about that one; " +
			"routes and the log see the new one. Without a port it is the port that was asked for. A socks-rule without " +
			"a redirection has its client-rule's.",
		Example: "redirect to: 127.0.0.1 port = 80",
	},
	{
		ID: Bounce, Name: "bounce to", Head: "bounce", Where: ClientRule | HostidRule, Shape: Bouncing, Many: LastWins,
		Status: Refused, Note: "it belongs to another product",
		Doc:     "The address to pass connections on to.",
		Example: "bounce to: 127.0.0.1/32 port = 80",
	},
	{
		ID: RuleHostID, Name: "hostid", Where: AnyRule | Monitor, Shape: Address, Many: LastWins,
		Needs: HostID, Status: Refused,
		Doc:     "A host id that the connection must carry.",
		Example: "hostid: 10.0.0.1/32",
	},
	{
		ID: RuleHostIndex, Name: "hostindex", Where: AnyRule | Monitor, Shape: HostIndex, Many: LastWins,
		Needs: HostID, Status: Refused,
		Doc:     "Which of the host ids of a connection to look at, counted from 1, or `any`.",
		Example: "hostindex: 1",
	},
	{
		ID: SessionMax, Name: "session.max", Where: AnyRule, Shape: Number, Many: LastWins,
		Doc: "How many sessions the rule may have at a time. Beyond that the rule blocks, and later rules are not " +
			"tried. The limit of a client-rule closes the connection, that of a socks-rule gives a reply. A socks-rule " +
			"that has session limits takes over from the client-rule, whose own then hold during negotiation only.",
		Example: "session.max: 10",
	},
	{
		ID: SessionThrottle, Name: "session.throttle", Where: AnyRule, Shape: Ratio, Many: LastWins,
		Doc: "How many new sessions the rule may have in how many seconds. The seconds begin with the first session " +
			"after those before are over. Beyond that the rule blocks, and later rules are not tried.",
		Example: "session.throttle: 10/1",
	},
	{
		ID: SessionStateKey, Name: "session.state.key", Where: AnyRule, Shape: StateKey, Many: LastWins,
		Words: []Word{
			{Text: "from", Doc: "the client's address"},
			{Text: "hostid", Doc: "a host id of the connection", Status: Refused, Needs: HostID},
		},
		Doc: "What the limits of `session.state.max` and `session.state.throttle` are counted by. It needs one of " +
			"them, and they need it.",
		Example: "session.state.key: from",
	},
	{
		ID: SessionStateKeyHostIndex, Name: "session.state.key.hostindex", Head: "session.state.key", Where: AnyRule,
		Shape: StateKey, Many: LastWins, Needs: HostID, Status: Refused,
		Doc:     "Which of the host ids of a connection is the key.",
		Example: "session.state.key.hostindex: 1",
	},
	{
		ID: SessionStateMax, Name: "session.state.max", Where: AnyRule, Shape: Number, Many: LastWins,
		Doc: "How many sessions each client address may have at a time. It needs `session.state.key` and cannot be " +
			"larger than `session.max`.",
		Example: "session.state.max: 2",
	},
	{
		ID: SessionStateThrottle, Name: "session.state.throttle", Where: AnyRule, Shape: Ratio, Many: LastWins,
		Doc: "How many new sessions each client address may have in how many seconds. It needs `session.state.key` " +
			"and cannot allow more than `session.throttle`.",
		Example: "session.state.throttle: 10/1",
	},
	{
		ID: SessionInheritable, Name: "session.inheritable", Where: ClientRule | HostidRule, Shape: Switch,
		Many: LastWins, Words: []Word{
			{Text: "yes", Doc: "they do"},
			{Text: "no", Doc: "they hold until a socks-rule has let the request pass"},
		}, Default: "yes",
		Doc: "Whether the limits of a client-rule hold for the whole session. That is so only for socks-rules " +
			"without session limits of their own, which take their place.",
		Example: "session.inheritable: yes",
	},
	{
		ID: Command, Name: "command", Where: SocksRule | Route | Monitor, Shape: Commands, Many: Append,
		Words: commandWords,
		Doc: "The commands that the rule, route or monitor is about. Without it they follow from `protocol`, and " +
			"without that they are all commands; a route is about connect only. A client that may bind also needs a " +
			"rule for bindreply, or the host it waits for is turned away; one that may use udpassociate needs a rule " +
			"for udpreply, or answers are dropped, both without a word if no rule logs it. A route through a proxy " +
			"can only do connect. All words to the end of the line belong to the list; a closing brace may follow.",
		Example: "command: connect",
	},
	{
		ID: Protocol, Name: "protocol", Where: SocksRule | Route | Monitor, Shape: Protocols, Many: Append,
		Words: protocolWords,
		Doc: "The protocols that the rule, route or monitor is about. Without it they follow from `command`, and " +
			"without that they are both; a route through a proxy is about TCP only. A `command` of the other " +
			"protocol gives a warning.",
		Example: "protocol: tcp",
	},
	{
		ID: ProxyProtocol, Name: "proxyprotocol", Where: SocksRule | Route, Shape: Proxies, Many: Append,
		Words: proxyWords, Default: "socks_v4 socks_v5",
		Doc: "The protocol between the client and this server; in a route, between this server and the proxy. Rules " +
			"are about SOCKS only. A route cannot mix SOCKS with another protocol. Of several routes that fit, the " +
			"protocol decides and not the order in the file: a direct one is preferred, then SOCKS 4, SOCKS 5 and " +
			"HTTP.",
		Example: "proxyprotocol: socks_v5",
	},
	{
		ID: UDPPortRange, Name: "udp.portrange", Where: SocksRule, Shape: Range, Many: LastWins,
		Doc: "The ports of this server that clients send UDP to, ends included. A firewall can then be opened for " +
			"these alone. Without it, it is any port.",
		Example: "udp.portrange: 40000-45000",
	},
	{
		ID: RouteMethod, Name: "method", Where: Route, Shape: Methods, Many: Append, Words: methodWords,
		Default: "none",
		Doc: "Methods to offer to the upstream proxy. Only `none`, `username` and `gssapi` are possible. With " +
			"`username` the client's own name and password are sent to the proxy, so the proxy should be under your " +
			"control.",
		Example: "method: none",
	},
	{
		ID: AlarmData, Name: "alarm.data", Where: Monitor, Shape: DataAlarm, Many: Append,
		Status: NotYet, Note: "alarms are not raised yet",
		Doc: "Alarm when not more than this many bytes are moved in that many seconds. With `internal.` or " +
			"`external.` in front it is about one side, with `.recv` or `.send` behind about one direction; else it " +
			"is about both together. It goes off when more bytes are moved again. One that is about both sides or " +
			"both directions must be the last of its kind in a monitor.",
		Example: "internal.alarm.data.recv: 1 in 60",
	},
	{
		ID: AlarmDisconnect, Name: "alarm.disconnect", Where: Monitor, Shape: CountAlarm, Many: Append,
		Status: NotYet, Note: "alarms are not raised yet",
		Doc: "Alarm when peers end too many sessions. That is when, within the seconds, at least COUNT sessions are " +
			"ended by the peer, and at least COUNT in every SESSIONS; without seconds it is within 5. SESSIONS " +
			"cannot be lower than COUNT. With `internal.` or `external.` in front it is about one side. One that is " +
			"about both sides must be the last of its kind in a monitor.",
		Example: "alarm.disconnect: 5/10 in 60",
	},
	{
		ID: AlarmMTU, Name: "alarm.mtu-error", Head: "alarm", Follow: GluedDot, Where: Monitor, Shape: TestAlarm,
		Many: Append, Status: NotYet, Note: "alarms are not raised yet",
		Doc: "Alarm on signs of trouble with the size of packets. It has no colon. With `internal.` or `external.` in " +
			"front it is about one side.",
		Example: "alarm.mtu-error",
	},
}
