package format

import (
	"math/bits"
	"net/netip"
	"strconv"
	"strings"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
)

// refused are words of earlier releases that 1.4.2 takes for nothing at all. They are in no table of keywords, because a
// file with one of them is an error.
var refused = []struct {
	behind string // the keyword whose words they are among; empty for a keyword of rules
	old    string
	new    string
}{
	{keyword.Get(keyword.SrcHost).Name, "nomismatch", "nodnsmismatch"},
	{keyword.Get(keyword.SrcHost).Name, "nounknown", "nodnsunknown"},
	{"", "maxsessions", keyword.Get(keyword.SessionMax).Name},
}

const refusedReason = "release 1.4 does not know the old name"

// buffers are the socket options that took the place of a keyword about both sides of a session.
var buffers = map[string]string{
	"socket.recvbuf.tcp": "tcp.so_rcvbuf",
	"socket.recvbuf.udp": "udp.so_rcvbuf",
	"socket.sendbuf.tcp": "tcp.so_sndbuf",
	"socket.sendbuf.udp": "udp.so_sndbuf",
}

// oldSpellings finds what to rewrite in a file.
func oldSpellings(file *syntax.File, said diag.List) []edit {
	var all []edit
	for _, t := range file.Ignored {
		line := strings.TrimRight(t.Value, " \t\r")
		all = append(all, edit{t.Pos.Offset, t.Pos.Offset + len(line), "# " + line, "danted ignores the line"})
	}
	for _, item := range file.Items {
		nodes := []*syntax.Node{item.Node}
		if b := item.Block; b != nil {
			nodes = b.Nodes
			if b.Old {
				all = append(all, replace(b.Verdict, b.Kind.Name+" "+b.Verdict.Value, "an old way to begin a "+b.Kind.Scope.String()))
			}
		}
		for _, n := range nodes {
			all = append(all, ofStatement(file, n)...)
		}
	}
	for _, d := range said {
		word := file.Source[d.Pos.Offset : d.Pos.Offset+d.Span]
		for _, r := range refused {
			if word == r.old && (r.behind == "" && d.Code == "unknown-keyword" && inRule(file, d.Pos.Offset) ||
				r.behind != "" && behind(file, d.Pos.Offset, r.behind)) {
				all = append(all, edit{d.Pos.Offset, d.Pos.Offset + d.Span, r.new, refusedReason})
			}
		}
	}
	return all
}

func replace(t syntax.Token, text, reason string) edit {
	return edit{t.Pos.Offset, t.Pos.Offset + len(t.Value), text, reason}
}

// inRule tells whether a place is inside a rule.
func inRule(file *syntax.File, offset int) bool {
	for _, item := range file.Items {
		b := item.Block
		if b != nil && b.Kind.Scope&keyword.AnyRule != 0 && b.Open.Value != "" &&
			b.Open.Pos.Offset < offset && (b.Close.Value == "" || offset < b.Close.Pos.Offset) {
			return true
		}
	}
	return false
}

// behind tells whether a place is behind a keyword on its line, which may be continued.
func behind(file *syntax.File, offset int, key string) bool {
	there := false
	for _, t := range file.Tokens {
		switch {
		case t.Pos.Offset >= offset:
			return there
		case t.Value == key:
			there = true
		case syntax.EndsLine(t) && !syntax.IsContinued(t):
			there = false
		}
	}
	return there
}

// ofStatement finds the old spellings in a statement.
func ofStatement(file *syntax.File, n *syntax.Node) []edit {
	var all []edit
	switch {
	case n.Gone != nil:
		return bufferSize(file, n)
	case n.Old.Text != "":
		all = append(all, replace(n.Key, n.Row.Name, "an old name of the keyword"))
	}
	if n.Old.Text == "" && !written(file, n.Key) {
		all = append(all, replace(n.Key, n.Key.Value, loose))
	}
	if n.Words != nil {
		for _, t := range n.Words.Values {
			if w, ok := n.Row.Word(t.Value); ok && w.Old != "" {
				all = append(all, replace(t, w.Old, "an old name"))
			} else if !written(file, t) {
				all = append(all, replace(t, t.Value, loose))
			}
		}
	}
	if n.Address != nil {
		a := n.Address.Value
		if a.Port != nil && a.Port.NotEqual() {
			start := a.Port.Op.Pos.Offset
			all = append(all, edit{start, start + len("neq"), "!=", "danted reads neq as the operator ne and the service q"})
		}
		all = append(all, dottedMask(file, a)...)
	}
	return all
}

// loose is the reason to rewrite what only danted reads as a word with a dot.
const loose = "danted takes any byte for the dot"

// written tells whether a token is written as what it means.
func written(file *syntax.File, t syntax.Token) bool {
	return strings.HasPrefix(file.Source[t.Pos.Offset:], t.Value)
}

// dottedMask finds a netmask that is written like an address.
func dottedMask(file *syntax.File, a *syntax.Address) []edit {
	if a.Mask == nil {
		return nil
	}
	host, err := netip.ParseAddr(a.Host.Value)
	if err != nil || !host.Is4() {
		return nil
	}
	start := a.Mask.Bits.Pos.Offset
	text := file.Source[start:]
	if end := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); end >= 0 {
		text = text[:end]
	}
	mask, err := netip.ParseAddr(text)
	if err != nil {
		return nil
	}
	b := mask.As4()
	m := uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	size := bits.LeadingZeros32(^m)
	if m<<size != 0 {
		return nil // its bits are not in one piece, so no number says the same
	}
	return []edit{{start, start + len(text), strconv.Itoa(size), "danted knows netmasks as a number of bits only"}}
}

// bufferSize gives the two statements that a statement about the size of socket buffers stands for.
func bufferSize(file *syntax.File, n *syntax.Node) []edit {
	option, ok := buffers[n.Key.Value]
	if !ok {
		return nil
	}
	var rest []syntax.Token // of the line
	for _, t := range file.Tokens[n.Last+1:] {
		if syntax.EndsLine(t) {
			break
		}
		if !syntax.IsTrivia(t) {
			rest = append(rest, t)
		}
	}
	if len(rest) != 2 || rest[0].Value != ":" || !syntax.IsNumber(rest[1]) {
		return nil
	}
	size := rest[1]
	text := "internal." + option + ": " + size.Value + "\nexternal." + option + ": " + size.Value
	return []edit{{
		n.Key.Pos.Offset, size.Pos.Offset + len(size.Value), text,
		"release 1.4 has socket options instead, one for each side",
	}}
}
