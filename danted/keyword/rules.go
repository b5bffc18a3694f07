package keyword

const (
	sessionNote = "sessions are not limited yet"
	pamNote     = "PAM is not used yet"
)

// ruleRows are the keywords of rules, routes and monitors that are not global options as well.
var ruleRows = []Row{
	{
		ID: From, Name: "from", Where: AnyRule | Route | Monitor, Shape: Address, Many: Once,
		Doc:     "where it comes from",
		Example: "from: 10.0.0.0/8",
	},
	{
		ID: To, Name: "to", Where: AnyRule | Route | Monitor, Shape: Address, Many: Once, After: []ID{From},
		Doc:     "where it goes to; in a client-rule the address the client connected to",
		Example: "to: 0/0",
	},
	{
		ID: Via, Name: "via", Where: Route, Shape: Address, Many: Once, After: []ID{To},
		Status: NotYet, Note: "upstream proxies are not used yet",
		Doc:     "the upstream proxy, or direct",
		Example: "via: direct",
	},
	{
		ID: RuleUser, Name: "user", Where: AnyRule, Shape: Users, Many: Append,
		Doc:     "names of which the client must have one",
		Example: "user: bob alice",
	},
	{
		ID: RuleGroup, Name: "group", Where: AnyRule, Shape: Groups, Many: Append,
		Doc:     "groups of which the client must be in one",
		Example: "group: staff",
	},
	{
		ID: Log, Name: "log", Where: AnyRule, Shape: Logs, Follow: GluedColon, Many: Append, Words: logWords,
		Reload:  NewSessions,
		Doc:     "what to log of a session",
		Example: "log: connect error",
	},
	{
		ID: Libwrap, Name: "libwrap", Where: AnyRule, Shape: Line, Many: LastWins,
		Status: NotYet, Note: "libwrap commands are not run yet",
		Doc:     "libwrap options to run when the rule matches",
		Example: "libwrap: spawn /bin/true",
	},
	{
		ID: PAMServiceName, Name: "pam.servicename", Where: AnyRule, Shape: Service, Many: LastWins,
		Old: []Spelling{{Text: "pamservicename", Fate: Alias}},
		// COMPAT: this is compiled into danted; Debian's manual says danted.
		Default: "sockd", Status: NotYet, Note: pamNote,
		Doc:     "PAM service to ask",
		Example: "pam.servicename: sockd",
	},
	{
		ID: BSDAuthStyleName, Name: "bsdauth.stylename", Where: SocksRule, Shape: Style, Many: LastWins,
		Needs: BSDAuth, Status: Refused,
		Doc:     "BSD authentication style to use",
		Example: "bsdauth.stylename: passwd",
	},
	{
		ID: GSSAPIServiceName, Name: "gssapi.servicename", Where: AnyRule | Route, Shape: GSSService, Many: LastWins,
		Default: "rcmd", Needs: GSSAPI, Status: Refused,
		Doc:     "GSSAPI service name",
		Example: "gssapi.servicename: rcmd",
	},
	{
		ID: GSSAPIKeytab, Name: "gssapi.keytab", Where: AnyRule | Route, Shape: Keytab, Many: LastWins,
		Default: "FILE:/etc/sockd.keytab", Needs: GSSAPI, Status: Refused,
		Doc:     "GSSAPI keytab",
		Example: "gssapi.keytab: FILE:/etc/sockd.keytab",
	},
	{
		ID: GSSAPIEncType, Name: "gssapi.enctype", Where: AnyRule | Route, Shape: Encryptions, Many: Append,
		Words: encryptionWords, Status: NoEffect, Note: "there is no GSSAPI here that it could apply to",
		Doc:     "kinds of GSSAPI protection to accept",
		Example: "gssapi.enctype: clear",
	},
	{
		ID: ClientCompatibility, Name: "clientcompatibility", Where: ClientRule | HostidRule | Route, Shape: Flags,
		Many: Append, Words: []Word{{Text: "necgssapi", Doc: "GSSAPI as NEC's client speaks it"}},
		Needs: GSSAPI, Status: Refused,
		Doc:     "quirks of clients to put up with",
		Example: "clientcompatibility: necgssapi",
	},
	{
		ID: RuleBandwidth, Name: "bandwidth", Where: AnyRule, Shape: Number, Many: LastWins,
		Needs: Bandwidth, Status: Refused,
		Doc:     "bytes per second all sessions of the rule may move",
		Example: "bandwidth: 100000",
	},
	{
		ID: RedirectFrom, Name: "redirect from", Head: "redirect", Where: AnyRule | Route, Shape: Redirection,
		Many: LastWins, Needs: Redirect, Status: Refused,
		Doc:     "address to send from instead",
		Example: "redirect from: 127.0.0.1/32",
	},
	{
		ID: RedirectTo, Name: "redirect to", Head: "redirect", Where: AnyRule, Shape: Redirection,
		Many: LastWins, Needs: Redirect, Status: Refused,
		Doc:     "address to send to instead",
		Example: "redirect to: 127.0.0.1 port = 80",
	},
	{
		ID: Bounce, Name: "bounce to", Head: "bounce", Where: ClientRule | HostidRule, Shape: Bouncing, Many: LastWins,
		Status: Refused, Note: "it belongs to another product",
		Doc:     "address to pass connections on to",
		Example: "bounce to: 127.0.0.1/32 port = 80",
	},
	{
		ID: RuleHostID, Name: "hostid", Where: AnyRule | Monitor, Shape: Address, Many: LastWins,
		Needs: HostID, Status: Refused,
		Doc:     "host id the connection must carry",
		Example: "hostid: 10.0.0.1/32",
	},
	{
		ID: RuleHostIndex, Name: "hostindex", Where: AnyRule | Monitor, Shape: HostIndex, Many: LastWins,
		Needs: HostID, Status: Refused,
		Doc:     "which of the host ids to look at",
		Example: "hostindex: 1",
	},
	{
		ID: SessionMax, Name: "session.max", Where: AnyRule, Shape: Number, Many: LastWins,
		Status: NotYet, Note: sessionNote,
		Doc:     "how many sessions the rule may have at a time",
		Example: "session.max: 10",
	},
	{
		ID: SessionThrottle, Name: "session.throttle", Where: AnyRule, Shape: Ratio, Many: LastWins,
		Status: NotYet, Note: sessionNote,
		Doc:     "how many new sessions in how many seconds",
		Example: "session.throttle: 10/1",
	},
	{
		ID: SessionStateKey, Name: "session.state.key", Where: AnyRule, Shape: StateKey, Many: LastWins,
		Words:  []Word{{Text: "from", Doc: "the client's address"}, {Text: "hostid", Status: Refused, Needs: HostID}},
		Status: NotYet, Note: sessionNote,
		Doc:     "what session.state.* counts by",
		Example: "session.state.key: from",
	},
	{
		ID: SessionStateKeyHostIndex, Name: "session.state.key.hostindex", Head: "session.state.key", Where: AnyRule,
		Shape: StateKey, Many: LastWins, Needs: HostID, Status: Refused,
		Doc:     "which host id is the key",
		Example: "session.state.key.hostindex: 1",
	},
	{
		ID: SessionStateMax, Name: "session.state.max", Where: AnyRule, Shape: Number, Many: LastWins,
		Status: NotYet, Note: sessionNote,
		Doc:     "session.max for each value of the key",
		Example: "session.state.max: 2",
	},
	{
		ID: SessionStateThrottle, Name: "session.state.throttle", Where: AnyRule, Shape: Ratio, Many: LastWins,
		Status: NotYet, Note: sessionNote,
		Doc:     "session.throttle for each value of the key",
		Example: "session.state.throttle: 10/1",
	},
	{
		ID: SessionInheritable, Name: "session.inheritable", Where: ClientRule | HostidRule, Shape: Switch,
		Many: LastWins, Words: []Word{{Text: "yes"}, {Text: "no", Status: NotYet}}, Default: "yes",
		Status: Partial, Note: sessionNote,
		Doc:     "whether the limits of a client-rule hold for the whole session",
		Example: "session.inheritable: yes",
	},
	{
		ID: Command, Name: "command", Where: SocksRule | Route | Monitor, Shape: Commands, Many: Append,
		Words:   commandWords,
		Doc:     "commands it applies to",
		Example: "command: connect",
	},
	{
		ID: Protocol, Name: "protocol", Where: SocksRule | Route | Monitor, Shape: Protocols, Many: Append,
		Words:   protocolWords,
		Doc:     "protocols it applies to",
		Example: "protocol: tcp",
	},
	{
		ID: ProxyProtocol, Name: "proxyprotocol", Where: SocksRule | Route, Shape: Proxies, Many: Append,
		Words: proxyWords, Default: "socks_v4 socks_v5",
		Doc:     "protocols between client and server, in a route between server and proxy",
		Example: "proxyprotocol: socks_v5",
	},
	{
		ID: UDPPortRange, Name: "udp.portrange", Where: SocksRule, Shape: Range, Many: LastWins,
		Status: NotYet, Note: "the kernel picks the ports of the UDP relay",
		Doc:     "ports the client sends UDP to",
		Example: "udp.portrange: 40000-45000",
	},
	{
		ID: RouteMethod, Name: "method", Where: Route, Shape: Methods, Many: Append, Words: methodWords,
		Default: "none", Status: NotYet, Note: "upstream proxies are not used yet",
		Doc:     "methods to offer to the upstream proxy",
		Example: "method: none",
	},
	{
		ID: AlarmData, Name: "alarm.data", Where: Monitor, Shape: DataAlarm, Many: Append,
		Status: NotYet, Note: "alarms are not raised yet",
		Doc:     "alarm when not more than BYTES move in SECONDS; internal. or external. in front and .recv or .send behind narrow it down",
		Example: "internal.alarm.data.recv: 1 in 60",
	},
	{
		ID: AlarmDisconnect, Name: "alarm.disconnect", Where: Monitor, Shape: CountAlarm, Many: Append,
		Status: NotYet, Note: "alarms are not raised yet",
		Doc:     "alarm when that many of that many sessions are closed by the peer; internal. or external. in front narrows it down",
		Example: "alarm.disconnect: 5/10 in 60",
	},
	{
		ID: AlarmMTU, Name: "alarm.mtu-error", Head: "alarm", Follow: GluedDot, Where: Monitor, Shape: TestAlarm,
		Many: Append, Status: NotYet, Note: "alarms are not raised yet",
		Doc:     "alarm on signs of MTU trouble",
		Example: "alarm.mtu-error",
	},
}
