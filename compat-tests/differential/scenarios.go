package differential

import (
	"net/netip"

	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
)

// A scenario is a fixed trial of one request on which ours is meant to differ
// from the real danted. Random trials do not come near it: their generator
// leaves out what a scenario is about.
type scenario struct {
	row     string // of docs/compatibility.md
	trial   Trial
	oracle  Exchange
	ours    Exchange
	comment string
}

// plain is a configuration that lets everybody do everything.
const plain = `logoutput: stderr
internal: 127.0.0.1 port = 1080
external: 127.0.0.5
user.privileged: root
user.unprivileged: nobody
socksmethod: none
client pass { from: 0/0 to: 0/0 log: connect disconnect error }
socks pass { from: 0/0 to: 0/0 log: connect disconnect error }
`

// passwordClients wants a password from every client, and says so only in the
// client rule.
const passwordClients = `logoutput: stderr
internal: 127.0.0.1 port = 1080
external: 127.0.0.5
user.privileged: root
user.unprivileged: nobody
socksmethod: username none
client pass { from: 0/0 to: 0/0 socksmethod: username
	log: connect disconnect error }
socks pass { from: 0/0 to: 0/0 log: connect disconnect error }
`

// oneReplies lets only one target answer.
const oneReplies = `logoutput: stderr
internal: 127.0.0.1 port = 1080
external: 127.0.0.5
user.privileged: root
user.unprivileged: nobody
socksmethod: none
client pass { from: 0/0 to: 0/0 log: connect disconnect error }
socks pass { from: 127.0.0.2/32 to: 0/0 command: udpreply
	log: connect disconnect error }
socks block { from: 0/0 to: 0/0 command: udpreply
	log: connect disconnect error }
socks pass { from: 0/0 to: 0/0 log: connect disconnect error }
`

// to is a datagram for a target, which answers.
func to(target, payload, answer string) Datagram {
	header := socks.DatagramHeader(0, netip.MustParseAddrPort(target))
	return Datagram{Frame: append(header, payload...), Answer: Bytes(answer), By: Addressee}
}

// one is a trial of one request, from a port that no other has used.
func one(config string, port uint16, request Request) Trial {
	request.From = netip.AddrPortFrom(clients4[1], port)
	request.Via = netip.MustParseAddrPort("127.0.0.1:1080")
	return Trial{Config: config, Requests: []Request{request}}
}

// talkAndClose is a short session.
var talkAndClose = []Move{
	{End: Client, Do: Send, Data: Bytes("there")},
	{End: Target, Do: Send, Data: Bytes("and back")},
	{End: Client, Do: Close},
}

var scenarios = []scenario{
	{
		row:     "socks4a",
		comment: "danted takes the address 0.0.0.1 for what it says; ours resolves the name",
		trial: one(plain, 10000, Request{
			Title: "SOCKS4a",
			Ask:   socks.Request4a(socks.Connect, "two.test.example", 80, "alice"),
			Talk:  talkAndClose,
		}),
		oracle: Exchange{
			Outcome: []string{"reply: 00 5b 127.0.0.5.10000", "closed"},
			Log: []string{
				"info: pass(1): tcp/accept [: 127.0.0.2.10000 127.0.0.1.1080",
				"info: block(1): tcp/connect ]: 127.0.0.2.10000 127.0.0.1.1080 -> 127.0.0.5.10000 0.0.0.1.80: connect(2) to 0.0.0.1.80 from 127.0.0.5.10000 failed: Network is unreachable",
				"info: block(1): tcp/accept ]: 127.0.0.2.10000 127.0.0.1.1080: request was not performed due to error: connect(2) to 0.0.0.1.80 from 127.0.0.5.10000 failed: Network is unreachable",
			},
		},
		ours: Exchange{
			Outcome: []string{
				"reply: 00 5a 127.0.0.5.10000",
				"target: from 127.0.0.5.10000 to 127.0.0.2.80",
				"client send: 5 bytes",
				"target send: 8 bytes",
				"client close: eof",
			},
			Log: []string{
				"info: pass(1): tcp/accept [: 127.0.0.2.10000 127.0.0.1.1080",
				"info: pass(1): tcp/connect [: 127.0.0.2.10000 127.0.0.1.1080 -> 127.0.0.5.10000 127.0.0.2.80",
				"info: pass(1): tcp/connect ]: 8 -> 127.0.0.2.10000 127.0.0.1.1080 -> 5, 5 -> 127.0.0.5.10000 127.0.0.2.80 -> 8: local client closed.  Session duration: *s",
				"info: pass(1): tcp/accept ]: 8 -> 127.0.0.2.10000 127.0.0.1.1080 -> 5: local client closed.  Session duration: *s",
			},
		},
	},
	{
		row:     "cve-2024-54662",
		comment: "danted 1.4.2 lets SOCKS4 clients past the socksmethod of a client rule; ours refuses them as 1.4.4 does",
		trial: one(passwordClients, 10001, Request{
			Title: "SOCKS4 where the client rule wants a password",
			Ask:   socks.Request4(socks.Connect, netip.MustParseAddrPort("127.0.0.2:80"), "alice"),
			Talk:  talkAndClose,
		}),
		oracle: Exchange{
			Outcome: []string{
				"reply: 00 5a 127.0.0.5.10001",
				"target: from 127.0.0.5.10001 to 127.0.0.2.80",
				"client send: 5 bytes",
				"target send: 8 bytes",
				"client close: eof",
			},
			Log: []string{
				"info: pass(1): tcp/accept [: 127.0.0.2.10001 127.0.0.1.1080",
				"info: pass(1): tcp/connect [: 127.0.0.2.10001 127.0.0.1.1080 -> 127.0.0.5.10001 127.0.0.2.80",
				"info: pass(1): tcp/connect ]: 8 -> 127.0.0.2.10001 127.0.0.1.1080 -> 5, 5 -> 127.0.0.5.10001 127.0.0.2.80 -> 8: local client closed.  Session duration: *s",
				"info: pass(1): tcp/accept ]: 8 -> 127.0.0.2.10001 127.0.0.1.1080 -> 5: local client closed.  Session duration: *s",
			},
		},
		ours: Exchange{
			Outcome: []string{"closed"},
			Log: []string{
				"info: pass(1): tcp/accept [: 127.0.0.2.10001 127.0.0.1.1080",
				"info: block(1): tcp/accept ]: 127.0.0.2.10001 127.0.0.1.1080: error after reading 1 byte in * seconds: client-rule #1 requires SOCKS authentication to use for matching clients to be \"username\", but connected client is using SOCKS v4, which does not support any authentication",
			},
		},
	},
	{
		row:     "udp-decisions",
		comment: "danted lets a blocked reply pass after one that may; ours asks the rules about each source",
		trial: one(oneReplies, 10002, Request{
			Title:     "UDP ASSOCIATE, two targets that answer",
			Greeting:  socks.Greeting(socks.NoAuthentication),
			Ask:       socks.Request5(socks.UDPAssociate, netip.MustParseAddrPort("0.0.0.0:0")),
			Senders:   []netip.AddrPort{netip.MustParseAddrPort("127.0.0.2:10003")},
			Datagrams: []Datagram{to("127.0.0.2:7", "a", "b"), to("127.0.0.3:7", "c", "d")},
		}),
		oracle: Exchange{
			Outcome: []string{
				"method: 05 00",
				"reply: 05 00 00 01 127.0.0.1.*",
				"datagram 1: at 127.0.0.2.7 from 127.0.0.5.10003: 61",
				"answer 1: at 127.0.0.2.10003 from 127.0.0.1.*: 00 00 00 01 7f 00 00 02 00 07 62",
				"datagram 2: at 127.0.0.3.7 from 127.0.0.5.10003: 63",
				"answer 2: at 127.0.0.2.10003 from 127.0.0.1.*: 00 00 00 01 7f 00 00 03 00 07 64",
			},
			Log: []string{
				"info: pass(1): tcp/accept [: 127.0.0.2.10002 127.0.0.1.1080",
				"info: pass(1): tcp/accept ]: 22 -> 127.0.0.2.10002 127.0.0.1.1080 -> 2: local client closed.  Session duration: *s",
				"info: pass(3): udp/udpassociate [: 0.0.0.0.0 127.0.0.1.*",
				"info: pass(3): udp/udpassociate ]: 22/2 -> 127.0.0.2.10003 127.0.0.1.* -> 22/2, 2/2 -> 127.0.0.5.10003 0.0.0.0.0 -> 2/2: local client closed.  Session duration: *s",
			},
		},
		ours: Exchange{
			Outcome: []string{
				"method: 05 00",
				"reply: 05 00 00 01 127.0.0.1.*",
				"datagram 1: at 127.0.0.2.7 from 127.0.0.5.10003: 61",
				"answer 1: at 127.0.0.2.10003 from 127.0.0.1.*: 00 00 00 01 7f 00 00 02 00 07 62",
				"datagram 2: at 127.0.0.3.7 from 127.0.0.5.10003: 63",
				"answer 2: does not arrive",
			},
			Log: []string{
				"info: pass(1): tcp/accept [: 127.0.0.2.10002 127.0.0.1.1080",
				"info: pass(1): tcp/accept ]: 11 -> 127.0.0.2.10002 127.0.0.1.1080 -> 2: local client closed.  Session duration: *s",
				"info: pass(3): udp/udpassociate [: 0.0.0.0.0 127.0.0.1.*",
				"info: block(2): udp/udpreply -: 127.0.0.3.7 127.0.0.5.10003 -> 127.0.0.1.* 127.0.0.2.10003",
				"info: pass(3): udp/udpassociate ]: 11/1 -> 127.0.0.2.10003 127.0.0.1.* -> 22/2, 2/2 -> 127.0.0.5.10003 0.0.0.0.0 -> 2/2: local client closed.  Session duration: *s",
			},
		},
	},
	{
		row:     "udp-port-0",
		comment: "danted sends what follows a datagram to port 0 there too",
		trial: one(plain, 10004, Request{
			Title:     "UDP ASSOCIATE, port 0",
			Greeting:  socks.Greeting(socks.NoAuthentication),
			Ask:       socks.Request5(socks.UDPAssociate, netip.MustParseAddrPort("0.0.0.0:0")),
			Senders:   []netip.AddrPort{netip.MustParseAddrPort("127.0.0.2:10005")},
			Datagrams: []Datagram{to("127.0.0.2:0", "a", "b"), to("127.0.0.2:7", "c", "d")},
		}),
		oracle: Exchange{
			Outcome: []string{
				"method: 05 00",
				"reply: 05 00 00 01 127.0.0.1.*",
				"datagram 1: does not arrive",
				"datagram 2: does not arrive",
			},
			Log: []string{
				"info: pass(1): tcp/accept [: 127.0.0.2.10004 127.0.0.1.1080",
				"info: pass(1): tcp/accept ]: 0 -> 127.0.0.2.10004 127.0.0.1.1080 -> 2: local client closed.  Session duration: *s",
				"info: pass(1): udp/udpassociate [: 0.0.0.0.0 127.0.0.1.*",
				"info: block(1): udp/udpassociate -: 127.0.0.2.10005 127.0.0.1.* -> 127.0.0.5.10005 127.0.0.2.0: Connection refused (delayed error)",
				"info: block(1): udp/udpassociate -: 127.0.0.2.10005 127.0.0.1.* -> 127.0.0.5.10005 127.0.0.2.0: Connection refused (delayed error)",
				"info: pass(1): udp/udpassociate ]: 0/0 -> 127.0.0.2.10005 127.0.0.1.* -> 22/2, 2/2 -> 127.0.0.5.10005 127.0.0.2.0 -> 0/0: local client closed.  Session duration: *s",
			},
		},
		ours: Exchange{
			Outcome: []string{
				"method: 05 00",
				"reply: 05 00 00 01 127.0.0.1.*",
				"datagram 1: does not arrive",
				"datagram 2: at 127.0.0.2.7 from 127.0.0.5.10005: 63",
				"answer 2: at 127.0.0.2.10005 from 127.0.0.1.*: 00 00 00 01 7f 00 00 02 00 07 64",
			},
			Log: []string{
				"info: pass(1): tcp/accept [: 127.0.0.2.10004 127.0.0.1.1080",
				"info: pass(1): tcp/accept ]: 11 -> 127.0.0.2.10004 127.0.0.1.1080 -> 2: local client closed.  Session duration: *s",
				"info: pass(1): udp/udpassociate [: 0.0.0.0.0 127.0.0.1.*",
				"info: block(1): udp/udpassociate -: 127.0.0.2.10005 127.0.0.1.* -> 127.0.0.5.10005 127.0.0.2.0: Connection refused (delayed error)",
				"info: pass(1): udp/udpassociate ]: 11/1 -> 127.0.0.2.10005 127.0.0.1.* -> 22/2, 2/2 -> 127.0.0.5.10005 0.0.0.0.0 -> 1/1: local client closed.  Session duration: *s",
			},
		},
	},
}
