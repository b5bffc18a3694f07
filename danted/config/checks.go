package config

import (
	"slices"

	"github.com/rustsocks/rustsocks/danted/diag"
)

// Check is one thing that can be said about a file.
type Check struct {
	Code     string
	Severity diag.Severity
	// Rows are the checks of danted it stands for, numbered as in part 4 of dante-reference. The files of
	// compat-tests/corpus begin with the same numbers.
	Rows []int
	// Doc says what is wrong and how to mend it.
	Doc string
	// Says is a part of what danted says, which our message has as well; "" when danted says nothing of it.
	Says string
}

// Checks gives everything that can be said about a file, by code.
func Checks() []Check { return slices.Clone(checks) }

// Accepted are the rows of danted's list that are no mistake: danted takes the file, and there is nothing to say that is
// not said of other files too.
func Accepted() []int { return []int{1, 7, 8, 20, 21, 28, 39, 44, 46, 65, 66, 79, 85, 118, 119, 128} }

var checks = []Check{
	{
		"address-not-local", diag.Warning,
		[]int{23},
		"No network interface has this address to listen on. Give it to an interface before the server starts, or write another one.",
		"could not find address",
	},
	{
		"address-order", diag.Error,
		[]int{87},
		"The addresses of a block stand next to each other and in one order: from, to, and in a route via. Move other options before or behind them.",
		"syntax error",
	},
	{
		"address-zone", diag.Error,
		nil,
		"An address with a zone (fe80::1%eth0) cannot be listened on by itself, and danted dies of it. Write the name of the interface.",
		"",
	},
	{
		"alarm-repeated", diag.Error,
		[]int{150, 151},
		"A monitor with an alarm for both sides or both directions can have no other alarm of that kind. Write another monitor.",
		"alarm has already been specified",
	},
	{
		"bad-libwrap-line", diag.Error,
		[]int{126, 127},
		"The line is none that hosts_options(5) knows, or has an option that cannot be used here. Options are separated by colons.",
		"bad libwrap line",
	},
	{
		"bad-netmask", diag.Error,
		[]int{14, 15, 16},
		"An IPv4 address has 0 to 32 bits, an IPv6 address 0 to 128, and 0/0 has no other netmask than 0. Dotted netmasks cannot be written.",
		"netmask:",
	},
	{
		"bad-number", diag.Error,
		[]int{47},
		"A number that begins with 0 is octal, and so has no 8 or 9. Leave the 0 out.",
		"confusing.  Thought we would have a number here",
	},
	{
		"bad-port", diag.Error,
		[]int{100},
		"A port condition is an operator and a port, as in port = 80, or two ports, as in port 6000-6010.",
		"syntax error",
	},
	{
		"bad-value", diag.Error,
		[]int{17, 59},
		"The keyword does not take a value of this form. The hint has an example.",
		"syntax error",
	},
	{
		"badexpire-without-maxfail", diag.Warning,
		[]int{51},
		"With route.maxfail: 0 no route is ever given up, so that route.badexpire means nothing. Set it to 0 as well.",
		`it does not make sense to set "route.badexpire" when "route.maxfail" is set to zero`,
	},
	{
		"blank-after-colon", diag.Error,
		nil,
		"An address needs a blank between it and the colon of its keyword: without one the colon is a part of the address.",
		"syntax error",
	},
	{
		"brace-in-value", diag.Warning,
		nil,
		"Names and log devices go on to the end of the line, whatever is there: a brace or keyword on the line is one of them. Start a new line before it.",
		"",
	},
	{
		"byte-order-mark", diag.Error,
		nil,
		"The file begins with a byte order mark, at which danted stops reading. Save it as UTF-8 without one.",
		"",
	},
	{
		"cannot-switch-user", diag.Error,
		nil,
		"Only root can become another user. Start the server as root, or remove the user.* lines.",
		"",
	},
	{
		"carriage-return", diag.Warning,
		nil,
		"The value ends in a carriage return, which is a part of it. Save the file with Unix line ends.",
		"",
	},
	{
		"chain-command", diag.Error,
		[]int{137},
		"A proxy is only used to connect to targets. Only a route via: direct can have other commands, or UDP.",
		"serverchaining only supported for the connect command",
	},
	{
		"chain-method", diag.Error,
		[]int{141},
		"A route has the methods none and username.",
		"is only valid for ACL rules",
	},
	{
		"chain-protocol", diag.Error,
		[]int{140},
		"Only SOCKS version 5 can send the proxy a name and a password. Add socks_v5 to proxyprotocol.",
		"but that is not supported by the specified proxy protocol(s)",
	},
	{
		"chain-without-name", diag.Error,
		[]int{138},
		"The route passes on the client's name and password, and no client ever gives one. Add username to the global socksmethod line.",
		"no methods that can provide a username are set in the global socksmethod list",
	},
	{
		"checks-replies", diag.Error,
		[]int{84},
		"With srchost: checkreplyauth the one who sends a UDP reply must have a name, and cannot give one. Add a command line without udpreply.",
		"but the target sending us the UDP reply cannot provide any username",
	},
	{
		"command-without-protocol", diag.Warning,
		[]int{130, 131},
		"The commands and the protocols of the rule contradict each other, so that some of its commands never match. Write protocol: tcp udp.",
		"This is probably not what was intended",
	},
	{
		"cpu-mask", diag.Error,
		[]int{58},
		"The machine has no such processor. They are numbered from 0.",
		"invalid cpu mask configured for",
	},
	{
		"crlf", diag.Error,
		nil,
		"Lines end in CR LF, and danted takes the CR for a part of the line. Save the file with Unix line ends.",
		"",
	},
	{
		"debug-override", diag.Note,
		nil,
		"The command line sets another debug level than the file, and wins.",
		"overrides config-file value",
	},
	{
		"deprecated", diag.Warning,
		nil,
		"The keyword has another name now. The old one still works.",
		"is deprecated - assuming the new keyword",
	},
	{
		"disconnect-limit", diag.Error,
		[]int{152},
		"There can be no more disconnects than sessions. Swap the two numbers.",
		"cannot be lower than disconnect limit",
	},
	{
		"dotted-netmask", diag.Error,
		nil,
		"A netmask is a number of bits: write /16 for /255.255.0.0.",
		"syntax error",
	},
	{
		"duplicate-method", diag.Warning,
		[]int{68},
		"The method is on the line already. Remove one of them.",
		"Already set on this methodline",
	},
	{
		"dynamic-port", diag.Warning,
		nil,
		"With port 0 the server listens on another port after each start. Write a port.",
		"",
	},
	{
		"empty-file", diag.Error,
		[]int{2},
		"There is nothing in the file.",
		"is empty.  Not parsing",
	},
	{
		"external-port", diag.Error,
		[]int{37, 146},
		"There is no port here: an external address has none, and a gateway has one alone. Remove it, or write port = 1080.",
		"syntax error",
	},
	{
		"external-unusable", diag.Warning,
		nil,
		"external.protocol leaves no external address, so that no target can be reached. Add another one.",
		"",
	},
	{
		"family-too-late", diag.Error,
		[]int{30, 31},
		"internal.protocol and external.protocol choose among the addresses behind them. Move the line above these.",
		"must be specified before addresses for the same interface are specified",
	},
	{
		"fin-wait-reduced", diag.Warning,
		[]int{50},
		"A session is over after timeout.io.tcp, so that a longer timeout.tcp_fin_wait means nothing, and is reduced.",
		"it does not make sense to let the tcp-fin-wait timeout be longer than the tcp i/o timeout",
	},
	{
		"forwards-credentials", diag.Note,
		[]int{139},
		"The route passes on the names and passwords of clients to a proxy, who should be as trusted as this server.",
		"this may not be what you want to do",
	},
	{
		"gateway-type", diag.Error,
		[]int{132, 133},
		"A gateway is an address or a host name. Write that of the proxy.",
		"gateway must be an IP-address or qualified domainname",
	},
	{
		"gone-keyword", diag.Error,
		[]int{60},
		"The keyword does not exist any more. The hint has what replaced it.",
		"is deprecated.  New keyword is a general socket api",
	},
	{
		"ignored-keyword", diag.Warning,
		nil,
		"The keyword of an old release means nothing any more. Remove the line.",
		"is deprecated and no longer used",
	},
	{
		"interface-in-route", diag.Error,
		[]int{143, 144},
		"A route cannot be for the addresses of an interface; danted never ends reading one to it. Write its network.",
		"interface names not supported for",
	},
	{
		"interface-without-address", diag.Warning,
		[]int{27},
		"The interface has no address, so that its name is taken for a host name. Give it an address first.",
		"has no usable IP-addresses configured",
	},
	{
		"key-without-limit", diag.Error,
		[]int{112},
		"session.state.key says by what to count, and nothing is counted. Add session.state.max or session.state.throttle.",
		"but no value has been given to state.max or state.throttle",
	},
	{
		"libwrap-command", diag.Warning,
		nil,
		"The line runs a command for each client, as root in danted. This server runs none, and does not start with the line. Have the command run by what reads the log.",
		"",
	},
	{
		"libwrap-root", diag.Warning,
		[]int{43},
		"The commands of libwrap run as root. Write user.libwrap: nobody.",
		"setting the libwrap uid to 0 is almost never needed",
	},
	{
		"limit-without-key", diag.Error,
		[]int{110, 111},
		"session.state.max and session.state.throttle count by a key. Add session.state.key: from.",
		"is set, but session.state.key is not",
	},
	{
		"mapped-address", diag.Error,
		nil,
		"An IPv4 address is written as an IPv6 address (::ffff:1.2.3.4). Write the IPv4 address.",
		"we do not use IPv4-mapped IPv6 addresses",
	},
	{
		"method-for-replies", diag.Error,
		[]int{86},
		"Replies come without a name or a password, so that a rule for replies alone cannot ask for them. Leave its methods out.",
		"but this method can not be provided by",
	},
	{
		"method-not-global", diag.Error,
		[]int{74, 75, 76},
		"A rule chooses among the methods of the file. Add the method to the global line.",
		"Only methods that are part of the global method specification can be part of the methods set in a local rule",
	},
	{
		"missing-address", diag.Error,
		[]int{88, 147},
		"Each rule and monitor has a from and a to, each route a via as well. To mean anything write 0/0.",
		"syntax error",
	},
	{
		"missing-brace", diag.Error,
		nil,
		"The inside of a rule, route or monitor stands in braces.",
		"syntax error",
	},
	{
		"missing-colon", diag.Error,
		nil,
		"A keyword is followed by a colon.",
		"syntax error",
	},
	{
		"missing-netmask", diag.Error,
		[]int{11},
		"An address in a rule has a netmask: write 10.0.0.1/32 for one address.",
		"No netmask has been specified for this",
	},
	{
		"missing-value", diag.Error,
		[]int{92},
		"The value of the keyword is missing. It stands on the same line.",
		"syntax error",
	},
	{
		"name-without-method", diag.Error,
		[]int{78, 80, 81, 82},
		"The rule is for certain users or groups, and accepts clients by a method that does not tell who they are. Remove the user or group line, or the method.",
		"which cannot be depended on to provide this information",
	},
	{
		"negative-number", diag.Error,
		[]int{49},
		"The keyword takes no negative number.",
		"syntax error",
	},
	{
		"netmask-on-name", diag.Error,
		[]int{13},
		"Only an address has a netmask, and external addresses have none. Remove it, or write all four numbers of the address.",
		"syntax error",
	},
	{
		"no-alarm", diag.Warning,
		[]int{149},
		"The monitor watches nothing. Add an alarm.",
		"monitor has no alarms configured.  Is this intended?",
	},
	{
		"no-effect", diag.Note,
		[]int{61, 123},
		"The keyword is accepted and there is nothing for it to do here. It can be removed.",
		"",
	},
	{
		"no-external", diag.Error,
		[]int{5},
		"The server needs an address to connect out from. Write external: and the name of the interface.",
		"no external address specified for server to use when forwarding data on behalf of clients",
	},
	{
		"no-hostid", diag.Error,
		[]int{120},
		"Host ids need a kernel that knows them. Remove the line.",
		"hostid is not supported on this system",
	},
	{
		"no-internal", diag.Error,
		[]int{3, 4, 29},
		"The server needs an address to accept clients on, of a family that internal.protocol allows. Write internal: and an address.",
		"no internal address given for server to listen for clients on",
	},
	{
		"no-library", diag.Error,
		[]int{72, 73, 121, 122, 124, 125},
		"GSSAPI, LDAP and BSD authentication are not a part of this server, as they are none of a danted built without them. Remove the line.",
		"in order to set the given keyword/value",
	},
	{
		"no-methods", diag.Warning,
		[]int{6},
		"Without a socksmethod line no request is ever accepted. Add one.",
		"no socks authentication methods enabled",
	},
	{
		"no-port", diag.Error,
		[]int{22},
		"An address to listen on needs a port other than 0.",
		"does not specify a portnumber to bind",
	},
	{
		"no-such-user", diag.Error,
		[]int{40, 41},
		"The system has no user of the name. A number is a name here, and no user id.",
		"getpwnam(3) says no such user",
	},
	{
		"no-upnp", diag.Error,
		[]int{135},
		"UPnP gateways are not a part of this server, as they are none of a danted built without them. Remove the route.",
		"not configured for using upnp",
	},
	{
		"none-shadows", diag.Warning,
		[]int{69, 70},
		"Methods are tried in order, and none always succeeds, so that the methods behind it are never used. Write none last.",
		"we will never try to match any of the subsequent authentication methods",
	},
	{
		"not-a-clientmethod", diag.Error,
		[]int{71},
		"A clientmethod knows clients before they have sent a byte. Write the method behind socksmethod.",
		"is not a valid method for clientmethods",
	},
	{
		"not-bindable", diag.Error,
		[]int{24},
		"The machine cannot connect out from this address. Write one of its own.",
		"cannot bind external address #",
	},
	{
		"not-positive", diag.Error,
		[]int{107, 108, 153},
		"The number must be greater than 0. To set no limit, remove the line.",
		"number (0) must be > 0",
	},
	{
		"not-yet", diag.Error,
		nil,
		"The keyword is understood and checked, and the server cannot do yet what it says: it does not start with it. For danted -V it is a warning.",
		"",
	},
	{
		"number-range", diag.Error,
		[]int{48},
		"The number is larger than 9223372036854775807.",
		"number given is out of range",
	},
	{
		"option-after-rule", diag.Error,
		[]int{10},
		"Settings of the server stand before all rules, routes and monitors. Move the line above the first of them.",
		"syntax error",
	},
	{
		"option-in-block", diag.Error,
		[]int{160},
		"A rule that blocks has no external side to set a socket option on. Remove the line.",
		"it does not make sense to set a socket option for the external side in a rule that blocks access",
	},
	{
		"option-in-client-rule", diag.Error,
		[]int{159},
		"There is no external side yet when a client-rule matches. Move the line to the socks-rule.",
		"can not set socket options for the external side in a client-rule",
	},
	{
		"option-level", diag.Warning,
		[]int{157},
		"The socket option belongs to another protocol level, at which it is set. Write that one.",
		"is not valid at the protocol level given",
	},
	{
		"option-not-settable", diag.Warning,
		[]int{158},
		"The socket option is known and not set. Remove the line.",
		"not user settable, ignoring",
	},
	{
		"option-too-late", diag.Warning,
		[]int{161},
		"The socket option has to be set before there is a connection, and there is one when the rule matches. Make it a global option.",
		"can only be correctly applied at pre-connection establishment time",
	},
	{
		"option-value", diag.Error,
		[]int{162},
		"The socket option does not have the value; danted dies of it. Write a number that is not negative, or one of its symbols.",
		"symbolic",
	},
	{
		"other-product", diag.Error,
		[]int{52},
		"The keyword belongs to another product that shares its grammar with Dante. Remove the line.",
		"unknown keyword",
	},
	{
		"port-order", diag.Error,
		[]int{98, 105},
		"A range of ports begins with the smaller one. Swap them.",
		"can not be less than start port",
	},
	{
		"port-range", diag.Error,
		[]int{35, 103, 106},
		"Ports end at 65535.",
		"is too large.  Maximum is 65535",
	},
	{
		"port-without-operator", diag.Warning,
		[]int{104},
		"port: 80 sets no condition: every port matches. Write port = 80.",
		"",
	},
	{
		"proxy-mix", diag.Error,
		[]int{136},
		"A proxy is spoken to either by SOCKS, or by HTTP, or by UPnP. Write a route for each.",
		"with other proxyprotocols",
	},
	{
		"redirect-address", diag.Error,
		nil,
		"An address is replaced by one other address and port. Write one address or host name, and port = or no port.",
		"",
	},
	{
		"repeated-address", diag.Error,
		nil,
		"A block has one address of each kind. Write a block for each.",
		"syntax error",
	},
	{
		"rotation-of-one", diag.Warning,
		[]int{33},
		"There is one external address only, so that there is nothing to choose from. Add others, or remove external.rotation.",
		"rotation for external addresses is set to same-same, but the number of external addresses is only one",
	},
	{
		"rule-start", diag.Error,
		nil,
		"A rule begins at the start of a line with client, hostid or socks, spaces, and pass or block.",
		"syntax error",
	},
	{
		"rule-without-methods", diag.Warning,
		[]int{6, 77},
		"No method is left that a client could match the rule with. Add a socksmethod line to the file, or to the rule.",
		"sets no socks authentication methods",
	},
	{
		"several-externals", diag.Warning,
		[]int{32},
		"Without external.rotation only the first external address of a family is used. Remove the others, or set it.",
		"more than one external address has been specified",
	},
	{
		"state-max-larger", diag.Error,
		[]int{114},
		"One client cannot have more sessions than all of them. Make session.max larger.",
		"it does not make sense to have a larger value for session.state.max",
	},
	{
		"state-throttle-looser", diag.Error,
		[]int{115},
		"One client cannot begin more sessions than all of them. Allow more in session.throttle.",
		"it does not make sense to have a more strict limit for the combined, state-less, session.throttle limit",
	},
	{
		"stray-brace", diag.Error,
		[]int{90},
		"A brace opens or closes nothing. Remove it, or look above for one too many.",
		"syntax error",
	},
	{
		"stray-byte", diag.Error,
		nil,
		"A character that is not ASCII stands outside a comment. Danted stops reading there and starts with what it has. Remove it.",
		"",
	},
	{
		"too-many-errors", diag.Error,
		nil,
		"There are so many errors that the rest of the file was not read.",
		"",
	},
	{
		"udpreply-without-name", diag.Error,
		[]int{83},
		"The one who sends a UDP reply has no name, so that a rule for these alone cannot ask for one. Remove the user or group line.",
		"UDP replies cannot provide any username",
	},
	{
		"unclosed-block", diag.Error,
		[]int{89},
		"The rule, route or monitor has no } at its end, or has it on a line where it is a part of a value.",
		"syntax error",
	},
	{
		"unexpected-text", diag.Error,
		[]int{38, 113, 154},
		"The value has ended before the text. Start a new line before it, or remove it.",
		"syntax error",
	},
	{
		"unknown-facility", diag.Warning,
		[]int{45},
		"syslog has no such facility, and nothing is logged there. The hint names them.",
		"unknown syslog facility",
	},
	{
		"unknown-keyword", diag.Error,
		[]int{9, 62, 117},
		"There is no such keyword. Keywords are written in lower case.",
		"syntax error",
	},
	{
		"unknown-level", diag.Error,
		[]int{63},
		"There is no such log level. The hint names them.",
		"unknown loglevel",
	},
	{
		"unknown-operator", diag.Error,
		[]int{99},
		`The operator neq of Dante's documentation does not exist. Write ne or !=.`,
		"unknown tcp/udp protocol",
	},
	{
		"unknown-option", diag.Error,
		[]int{156, 163},
		"There is no such socket option, or it is one of IPv6 sockets. An option can be given by its number as well.",
		"unknown socket option",
	},
	{
		"unknown-policy", diag.Error,
		[]int{56},
		"There is no such scheduling policy. They are written in lower case and without SCHED_ in front.",
		"unknown scheduling policy",
	},
	{
		"unknown-service", diag.Error,
		[]int{36, 101, 102},
		"No such service is known for the protocol. Write the port number, or add it to /etc/services.",
		"protocol: ",
	},
	{
		"unknown-symbol", diag.Warning,
		[]int{64},
		"There is no error of the name, and nothing is logged of it.",
		"unknown error symbol specified",
	},
	{
		"unknown-word", diag.Error,
		[]int{34, 53, 54, 55, 57, 67, 91, 92, 97, 113, 148},
		"The keyword knows no such word. The hint names those it knows; many go on to the end of the line, and so take in what follows.",
		"syntax error",
	},
	{
		"unprivileged-root", diag.Warning,
		[]int{42},
		"The server would do all of its work as root. Write user.unprivileged: nobody.",
		"setting the unprivileged uid to 0 is not recommended for security reasons",
	},
	{
		"unresolvable", diag.Error,
		[]int{25, 26},
		"The name is no interface here and cannot be resolved. Check it, or write an address.",
		"could not resolve hostname",
	},
	{
		"unsupported-option", diag.Error,
		[]int{94},
		"A client-rule is for TCP, whatever the protocol. Remove the line, or move it to the socks-rule.",
		"unsupported option",
	},
	{
		"unwanted-netmask", diag.Error,
		[]int{12, 145},
		"One single address is wanted, and so no netmask. Remove it.",
		"but no netmask should be specified in this context",
	},
	{
		"upnp-gateway", diag.Error,
		[]int{134},
		"A UPnP gateway is an interface, a URL or broadcast.",
		"gateway for upnp proxy has to be an interface or url",
	},
	{
		"url-not-allowed", diag.Error,
		nil,
		"A URL can only be a gateway. Write the host name alone.",
		"syntax error",
	},
	{
		"value-too-long", diag.Error,
		[]int{129},
		"The value is longer than danted can keep. Shorten it.",
		"bytes long, but the maximum length",
	},
	{
		"wildcard-external", diag.Error,
		[]int{18, 19},
		"The server connects out from one address. Write it, or its interface.",
		"cannot be a wildcard address",
	},
	{
		"wrong-place", diag.Error,
		[]int{93, 95, 96, 109, 116, 142, 155},
		"The keyword cannot stand here. The hint says where it belongs.",
		"syntax error",
	},
}
