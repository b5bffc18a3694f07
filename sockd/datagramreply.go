package sockd

import (
	"bytes"
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
	"github.com/rustsocks/rustsocks/sockd/relay/udp"
)

// Datagrams from targets to the client.

// Reply implements udp.Handler.
func (a *association) Reply(ua *udp.Association, at udp.Socket, from netip.AddrPort, payload []byte) {
	a.fromTarget(ua, at, from, payload, a.known)
}

// fromTarget handles a reply, given what is known of names.
func (a *association) fromTarget(ua *udp.Association, at udp.Socket, from netip.AddrPort, payload []byte, known map[acl.Question]acl.Answer) {
	t := a.target(at)
	// COMPAT: others than the target are asked about for each of their datagrams, and so is the target until some reply
	// has passed.
	last := ua.Connected(at) || from == t.remote
	if t.back.rule == nil || t.source != from || !last || !a.back.kept {
		snap := a.snapshot.Load()
		o := a.decide(snap, socks.UDPReply, socks.AddrFrom(from), a.client, known)
		if len(o.Ask) > 0 {
			kept := bytes.Clone(payload)
			a.find(ua, snap, o.Ask, known, func(known map[acl.Question]acl.Answer) { a.fromTarget(ua, at, from, kept, known) })
			return
		}
		a.noteOddities(o.Notes)
		t.source, t.back = from, verdict{snap.plan.Decided(acl.Socks, o.Rule), o.Verdict == acl.Pass}
	}
	rule := t.back.rule
	a.back.rule = rule
	src, dst := t.end(from), a.clientEnd(a.expected)
	if !t.back.pass {
		a.dropped(rule, socks.UDPReply, src, dst, "")
		return
	}
	a.back.kept = true
	header := wire.AppendDatagramHeader(make([]byte, 0, udp.MaxHeader+len(payload)), socks.AddrFrom(from))
	frame := append(header, payload...)
	if errno := ua.Send(udp.Client, a.expected, frame, at); errno != 0 {
		a.trouble(rule, socks.UDPReply, src, dst, unsent(len(frame), errno))
		return
	}
	if rule.Log&(acl.LogData|acl.LogIOOp) != 0 {
		a.datagramLine(rule, socks.UDPReply, src, dst, payload)
		return
	}
	if last {
		ua.Back(at, from, header)
	}
}
