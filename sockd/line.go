package sockd

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/sockd/relay"
)

// The session lines of Dante's log (dante-reference 8.2, 8.3; Dante lib/log.c iolog and sockd/sockd_io.c io_delete):
//
//	VERDICT(RULE): PROTO/COMMAND TAG: SRC [-> DST][: TEXT]

// event is what happened, which decides whether a rule's `log` wants the line and how it looks.
type event uint8

const (
	opened  event = iota // a session or phase has begun: "["
	blocked              // it was refused: "]", verdict block
	failed               // it ended before the relay: "]", verdict block
	ended                // it ended as it should: "]"
)

// wants tells whether a rule's log selects the event. COMPAT: `error` alone does not log what was blocked.
func (e event) wants(l acl.LogSet) bool {
	switch e {
	case opened:
		return l&acl.LogConnect != 0
	case blocked:
		return l&(acl.LogConnect|acl.LogDisconnect|acl.LogData|acl.LogIOOp) != 0
	case ended:
		return l&acl.LogDisconnect != 0
	}
	return l&(acl.LogError|acl.LogDisconnect) != 0
}

// unbound is how an address that is not known yet is printed.
const unbound = "0.0.0.0.0"

// endpoint is one side of a line: who is there, and our own address towards it.
type endpoint struct {
	method auth.Method
	user   string
	peer   socks.Addr
	own    socks.Addr
	via    *hop // the proxy between us and the peer
}

// peerText is the peer with its identity, `username%bob@192.0.2.1.4711`.
func (e endpoint) peerText() string { return string(e.appendPeer(nil)) }

func (e endpoint) appendPeer(b []byte) []byte {
	if e.user != "" {
		b = append(append(append(append(b, e.method.String()...), '%'), e.user...), '@')
	}
	return appendAddr(b, e.peer)
}

// source is the endpoint at the left of an arrow.
func (e endpoint) source() string {
	b := e.appendPeer(make([]byte, 0, lineRoom))
	if e.via != nil {
		b = append(appendAddr(append(b, " ["...), e.via.bound), "] "...)
		b = appendAddr(b, e.via.gateway)
	}
	return string(appendAddr(append(b, ' '), e.own))
}

// target is the endpoint at the right of an arrow.
func (e endpoint) target() string {
	b := append(appendAddr(make([]byte, 0, lineRoom), e.own), ' ')
	if e.via != nil {
		b = append(appendAddr(b, e.via.gateway), " ["...)
		b = append(appendAddr(b, e.via.bound), "] "...)
	}
	return string(e.appendPeer(b))
}

// lineRoom is enough for most lines.
const lineRoom = 256

func appendAddr(b []byte, a socks.Addr) []byte {
	if a == (socks.Addr{}) {
		return append(b, unbound...)
	}
	return a.AppendTo(b)
}

func addrText(a socks.Addr) string {
	if a == (socks.Addr{}) {
		return unbound
	}
	return a.String()
}

// sessionLine writes a line without counters.
func (w *Worker) sessionLine(e event, r *plan.Rule, proto socks.Protocol, cmd socks.Command, addresses, text string) {
	if !e.wants(r.Log) {
		return
	}
	verdict, tag := r.Verdict, "]"
	switch e {
	case opened:
		tag = "["
	case ended:
	default:
		verdict = acl.Block
	}
	b := append(appendHead(make([]byte, 0, lineRoom), verdict, r.Number, proto, cmd, tag), addresses...)
	if text != "" {
		b = append(append(b, ": "...), text...)
	}
	w.log.Info(string(b))
}

// appendHead appends what a line begins with.
func appendHead(b []byte, v acl.Verdict, rule int, proto socks.Protocol, cmd socks.Command, tag string) []byte {
	b = append(append(b, v.String()...), '(')
	b = append(strconv.AppendInt(b, int64(rule), 10), "): "...)
	b = append(append(b, proto.String()...), '/')
	b = append(append(b, cmd.String()...), ' ')
	return append(append(b, tag...), ": "...)
}

// dataLine writes what was read from one side, for `log: data` and `log: ioop`; n is 0 at end of file.
func (w *Worker) dataLine(r *plan.Rule, cmd socks.Command, from, to endpoint, p []byte) {
	line := fmt.Sprintf("%s(%d): %s/%s -: %s -> %s (%d)",
		r.Verdict, r.Number, socks.TCP, cmd, from.source(), to.target(), len(p))
	if r.Log&acl.LogData != 0 && len(p) > 0 {
		line += ": " + visible(p)
	}
	w.log.Info(line)
}

// ending is how a session ended that had been handed to the relay, or whose connection failed on the way there.
type ending struct {
	text   string // "local client closed"
	errors bool   // by an error: `log: error` wants the line too
	counts relay.Counts
	lasted time.Duration
}

func (e ending) wants(l acl.LogSet) bool {
	return l&acl.LogDisconnect != 0 || e.errors && l&acl.LogError != 0
}

// endLines writes the two lines that close a TCP session: the socks rule's with both sides, the client rule's with the
// client's only.
func (w *Worker) endLines(client, rule *plan.Rule, cmd socks.Command, from, to endpoint, e ending) {
	left := from.source()
	w.endLine(rule, cmd, left, to, e)
	if from.user != "" && e.wants(client.Log) { // the identity belongs to the socks rule
		from.user = ""
		left = from.source()
	}
	w.endAcceptLine(client, left, e.counts.ClientWritten, e.counts.TargetWritten, e)
}

// endLine is the line of the socks rule. What stands at the left of the arrow is the client's side of the relay.
func (w *Worker) endLine(rule *plan.Rule, cmd socks.Command, left string, to endpoint, e ending) {
	if !e.wants(rule.Log) {
		return
	}
	c := e.counts
	b := appendHead(make([]byte, 0, lineRoom), rule.Verdict, rule.Number, socks.TCP, cmd, "]")
	b = append(appendCounted(b, c.ClientWritten, left, c.ClientRead), ", "...)
	b = appendCounted(b, c.TargetWritten, to.target(), c.TargetRead)
	w.log.Info(string(e.appendTo(b)))
}

// endAcceptLine is the line of the client rule, with the bytes written to the client and to the other side.
func (w *Worker) endAcceptLine(client *plan.Rule, left string, toClient, toOther uint64, e ending) {
	if !e.wants(client.Log) {
		return
	}
	b := appendHead(make([]byte, 0, lineRoom), client.Verdict, client.Number, socks.TCP, socks.Accept, "]")
	w.log.Info(string(e.appendTo(appendCounted(b, toClient, left, toOther))))
}

// appendCounted appends addresses between the bytes that went there and those that came.
func appendCounted(b []byte, to uint64, addresses string, from uint64) []byte {
	b = append(strconv.AppendUint(b, to, 10), " -> "...)
	b = append(append(b, addresses...), " -> "...)
	return strconv.AppendUint(b, from, 10)
}

// appendTo appends why a session ended, and after what time.
func (e ending) appendTo(b []byte) []byte {
	b = append(append(append(b, ": "...), e.text...), ".  Session duration: "...)
	return append(strconv.AppendInt(b, int64(e.lasted/time.Second), 10), 's')
}

// strerror gives the C library's text of an error number; Go's differs by the case of the first letter.
func strerror(err error) string {
	s := err.Error()
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// plural gives "1 second", "2 seconds".
func plural(n int64, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
