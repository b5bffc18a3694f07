package lint

import "github.com/rustsocks/rustsocks/danted/diag"

// Check is one kind of finding.
type Check struct {
	Code     string        // stable, kebab-case
	Severity diag.Severity // the worst it is reported with
	Doc      string        // what it means, and why it matters
	Mend     string        // what to do about it
	run      func(*linter)
}

// Checks gives all checks in the order in which they are made: the first two find the rules that cannot decide
// anything, which the others leave out.
func Checks() []Check {
	return []Check{
		{
			"never-matches", diag.Warning,
			"No client or request can ever fulfil the conditions of the rule: a name with an asterisk, a port that does not exist, an address family or an address this server is not reached on, commands that the protocols of the rule do not have. A block rule of this kind protects nothing.",
			"Correct the condition that the finding names, or remove the rule.", neverMatches,
		},
		{
			"shadowed-rule", diag.Warning,
			"The first rule that matches decides. An earlier rule matches everything that this one could match, so that this one never decides anything. It is dangerous when the one passes and the other blocks.",
			"Put the narrower rule first, or remove it.", shadowedRules,
		},
		{
			"interface-is-not-network", diag.Warning,
			"The name of an interface in a rule stands for the addresses this machine itself has on it, not for the network behind it. A block rule for the loopback interface leaves the rest of 127.0.0.0/8 open.",
			"Write the network, as 192.168.1.0/24.", interfaceIsNotNetwork,
		},
		{
			"family-left-out", diag.Warning,
			"0.0.0.0/0 is every IPv4 address and ::/0 every IPv6 address; only 0/0 is both. The rules leave out a family that the internal or external addresses have, or speak of targets in one that the external addresses do not have.",
			"Write 0/0, add a rule for the other family, or turn the family off with internal.protocol or external.protocol.", familyLeftOut,
		},
		{
			"no-client-rule", diag.Warning,
			"What no rule lets pass is blocked. No client-rule can let a client pass, so that nobody can use the server.",
			"Add a client pass rule.", noClientRule,
		},
		{
			"no-socks-rule", diag.Warning,
			"What no rule lets pass is blocked. No socks-rule can let a request pass, so that all clients are refused.",
			"Add a socks pass rule.", noSocksRule,
		},
		{
			"no-udpreply", diag.Warning,
			"UDP associations are allowed but no rule lets replies through: datagrams go out, and the answers are dropped without a log line.",
			"Add udpreply to a pass rule.", noUDPReply,
		},
		{
			"no-bindreply", diag.Warning,
			"Bind is allowed but no rule lets the awaited connection through: whoever connects is refused.",
			"Add bindreply to a pass rule.", noBindReply,
		},
		{
			"socks-method-not-offered", diag.Warning,
			"What is offered to a client is the socksmethod list of the client-rule that matched, never that of a socks-rule. This socks-rule is for methods that no client-rule offers, or only behind \"none\", so that clients fall through to the default block.",
			"Add the method to the socksmethod line of the client-rule, before none.", methodNotOffered,
		},
		{
			"open-proxy", diag.Warning,
			"Anyone who can reach the server may connect to anywhere through it without a password. Such servers are found and abused within hours. A note only when all internal addresses are private: it depends on what is forwarded to them.",
			"Restrict \"from\" to known networks, or require a method other than none.", openProxy,
		},
		{
			"password-in-clear", diag.Warning,
			"SOCKS sends user names and passwords as they are (RFC 1929), and clients from public networks are asked for them.",
			"Let clients come through a TLS tunnel to a loopback address, or from private networks only.", passwordInClear,
		},
		{
			"password-needs-root", diag.Warning,
			"Method username compares passwords with /etc/shadow, which only root may read. With another user.privileged every login fails.",
			"Write user.privileged: root, or use method pam.username.", passwordNeedsRoot,
		},
		{
			"unknown-user", diag.Warning,
			"The rule is for a user that this machine does not have. With method username the users are those of the machine.",
			"Correct the name, or create the user.", unknownUser,
		},
		{
			"loopback-reachable", diag.Note,
			"Clients from elsewhere may connect to the loopback addresses of the server, where services listen that trust whoever can reach them.",
			"Add socks block rules to 127.0.0.0/8 and ::1/128 before the pass rule.", loopbackReachable,
		},
		{
			"names-not-resolved", diag.Warning,
			"With resolveprotocol: fake names are not looked up to match a rule: a block rule for an address does not stop a request for a name that has this address.",
			"Remove resolveprotocol: fake.", namesNotResolved,
		},
		{
			"unconfirmed-name", diag.Warning,
			"A domain as \"from\" is compared with the name that the DNS gives for the client's address. Whoever administers the reverse zone of an address can make it any name.",
			"Use addresses, or add srchost: nodnsmismatch.", unconfirmedName,
		},
		{
			"block-by-name", diag.Note,
			"A block rule with a name stops requests for this name and for the addresses found with it: a host name by its addresses, a domain only if their reverse names are in it. The same service under another name or address is not blocked.",
			"Block the addresses too, or pass only what is wanted.", blockByName,
		},
		{
			"suffix-boundary", diag.Note,
			"A domain is compared as the end of the name, without regard to the dot: .example.com is example.com, www.example.com and notexample.com.",
			"Write a host name where one is meant; there is no way to write the dot.", suffixBoundary,
		},
	}
}
