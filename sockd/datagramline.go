package sockd

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/sockd/relay/udp"
)

// The lines of UDP associations (dante-reference 8.2, 8.4): those about one datagram have the tag "-".

// clientEnd is the client's side, when a datagram is from that address.
func (a *association) clientEnd(from netip.AddrPort) endpoint {
	e := *a.s.sender
	e.peer, e.own = socks.AddrFrom(from), a.own
	return e
}

// end is the side of a target. Not valid is a peer that is not one only.
func (t *outlet) end(peer netip.AddrPort) endpoint {
	e := endpoint{own: socks.AddrFrom(t.local)}
	if peer.IsValid() {
		e.peer = socks.AddrFrom(peer)
	}
	return e
}

// dropped tells of a datagram that a rule, or the wrong source, has blocked.
func (a *association) dropped(r *plan.Rule, cmd socks.Command, src, dst endpoint, text string) {
	a.temporary(blocked, r, cmd, src, dst, text)
}

// trouble tells of a datagram that was lost otherwise.
func (a *association) trouble(r *plan.Rule, cmd socks.Command, src, dst endpoint, text string) {
	a.temporary(failed, r, cmd, src, dst, text)
}

// undelivered tells of a datagram that has no target. COMPAT: what the rule before has said decides who wants to know.
func (a *association) undelivered(r *plan.Rule, src, dst endpoint, text string) {
	e := failed
	if r.Verdict == acl.Block {
		e = blocked
	}
	a.temporary(e, r, socks.UDPAssociate, src, dst, text)
}

func (a *association) temporary(e event, r *plan.Rule, cmd socks.Command, src, dst endpoint, text string) {
	if !e.wants(r.Log) {
		return
	}
	line := fmt.Sprintf("%s(%d): %s/%s -: %s -> %s", acl.Block, r.Number, socks.UDP, cmd, src.source(), dst.target())
	if text != "" {
		line += ": " + text
	}
	a.log.Info(line)
}

// datagramLine tells of a datagram that was passed on, for `log: data` and `log: ioop`.
func (a *association) datagramLine(r *plan.Rule, cmd socks.Command, src, dst endpoint, p []byte) {
	line := fmt.Sprintf("%s(%d): %s/%s -: %s -> %s (%d)", r.Verdict, r.Number, socks.UDP, cmd, src.source(), dst.target(), len(p))
	if r.Log&acl.LogData != 0 && len(p) > 0 {
		line += ": " + visible(p)
	}
	a.log.Info(line)
}

// said tells of bytes that came over the control connection, where there should be none.
func (w *Worker) said(s *session, p []byte) {
	plural := "s"
	if len(p) == 1 {
		plural = ""
	}
	w.log.Notice(fmt.Sprintf("run_io(): %d unexpected byte%s over control connection from client %s: %s",
		len(p), plural, socks.AddrFrom(s.client), visible(p)))
}

// associationEnd is how an association ended.
type associationEnd struct {
	text     string
	errors   bool
	lasted   time.Duration
	targets  []targetEnd
	reported udp.Traffic
}

type targetEnd struct {
	endpoint
	traffic udp.Traffic
}

func (e associationEnd) wants(l acl.LogSet) bool {
	return l&acl.LogDisconnect != 0 || e.errors && l&acl.LogError != 0
}

// associationEndLines writes the lines that close an association: the socks rule's, one for each of the target sockets,
// and the client rule's.
func (a *association) associationEndLines(e associationEnd) {
	s := a.s
	tail := fmt.Sprintf(": %s.  Session duration: %ds", e.text, int64(e.lasted/time.Second))
	from := *s.sender
	from.peer, from.own = a.client, a.own
	// COMPAT: the client rule's line has the counters of one of the target sockets only.
	last := e.reported
	if e.wants(s.rule.Log) {
		head := fmt.Sprintf("%s(%d): %s/%s ]: ", s.rule.Verdict, s.rule.Number, socks.UDP, socks.UDPAssociate)
		if len(e.targets) == 0 {
			a.log.Info(head + clientTraffic(from, last) + tail)
		}
		for _, t := range e.targets {
			last = t.traffic
			a.log.Info(fmt.Sprintf("%s%s, %d/%d -> %s -> %d/%d%s", head, clientTraffic(from, last),
				last.TargetWritten.Bytes, last.TargetWritten.Packets, t.target(), last.TargetRead.Bytes, last.TargetRead.Packets, tail))
		}
	}
	if c := s.clientRule; e.wants(c.Log) {
		a.log.Info(fmt.Sprintf("%s(%d): %s/%s ]: %d -> %s -> %d%s", c.Verdict, c.Number, socks.TCP, socks.Accept,
			last.ClientWritten.Bytes, s.acceptor().source(), last.TargetWritten.Bytes, tail))
	}
}

func clientTraffic(from endpoint, t udp.Traffic) string {
	return fmt.Sprintf("%d/%d -> %s -> %d/%d",
		t.ClientWritten.Bytes, t.ClientWritten.Packets, from.source(), t.ClientRead.Bytes, t.ClientRead.Packets)
}

// associationStatus is what SIGUSR1 tells of an association.
func (a *association) associationStatus(ua *udp.Association, age, idle time.Duration) (lines []string) {
	from := *a.s.sender
	from.peer, from.own = a.client, a.own
	times := fmt.Sprintf("age: %ds, idle: %ds", int64(age/time.Second), int64(idle/time.Second))
	if len(a.opened) == 0 {
		return []string{fmt.Sprintf("%s: %s: %s, bytes transferred: 0 <-> 0, packets: 0 <-> 0", socks.UDP, from.source(), times)}
	}
	for _, s := range a.opened {
		t, n := a.target(s), ua.Traffic(s)
		lines = append(lines, fmt.Sprintf("%s: %s <-> %s: %s, bytes transferred: %d <-> %d, packets: %d <-> %d",
			socks.UDP, from.source(), t.end(t.remote).target(), times,
			n.TargetWritten.Bytes, n.ClientWritten.Bytes, n.TargetWritten.Packets, n.ClientWritten.Packets))
	}
	return lines
}
