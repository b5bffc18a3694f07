package config

import (
	"fmt"
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

func readLogOutput(r *reader, n *syntax.Node) {
	r.cfg.LogOutput = append(r.cfg.LogOutput, r.devices(n)...)
}

func readErrorLog(r *reader, n *syntax.Node) {
	r.cfg.ErrorLog = append(r.cfg.ErrorLog, r.devices(n)...)
}

// devices reads log devices. Nothing is opened here: that is for whoever uses them.
func (r *reader) devices(n *syntax.Node) []Value[plan.LogOutput] {
	var all []Value[plan.LogOutput]
	for _, t := range n.Text.Values {
		text := r.text(t)
		r.checkCarriageReturn(t)
		r.checkSwallowedKeyword(t)
		device := plan.LogOutput{Kind: plan.LogFile, Path: text}
		switch name, facility, slash := strings.Cut(text, "/"); {
		case text == "stderr":
			device = plan.LogOutput{Kind: plan.LogStderr}
		case text == "stdout":
			device = plan.LogOutput{Kind: plan.LogStdout}
		case name == "syslog":
			if !slash {
				facility = "daemon"
			}
			if !r.checkFacility(t, facility) {
				continue
			}
			device = plan.LogOutput{Kind: plan.LogSyslog, Facility: facility}
		}
		all = append(all, at(n, device))
	}
	return all
}

// checkSwallowedKeyword warns of a keyword among log devices. COMPAT: they go on to the end of the line, and so the next
// keyword on it is a file name.
func (r *reader) checkSwallowedKeyword(t syntax.Token) {
	text := r.text(t)
	if _, isKeyword := keyword.Named(text); isKeyword {
		r.warn(t, codeBraceInValue, `"`+text+`" is taken for the name of a log file`, "start a new line before it")
	}
}

// checkFacility warns of a facility there is not. COMPAT: danted goes on without the device.
func (r *reader) checkFacility(t syntax.Token, facility string) bool {
	if !isWord(keyword.Facilities(), facility) {
		r.warn(t, codeUnknownFacility, fmt.Sprintf("unknown syslog facility %q", facility), "the facilities are: "+texts(keyword.Facilities()))
		return false
	}
	return true
}

func isWord(list []keyword.Word, text string) bool {
	for _, w := range list {
		if w.Text == text {
			return true
		}
	}
	return false
}

func texts(list []keyword.Word) string {
	var all []string
	for _, w := range list {
		all = append(all, w.Text)
	}
	return strings.Join(all, " ")
}

func readSpecial(r *reader, n *syntax.Node) {
	if l, ok := r.special(n); ok {
		r.cfg.ErrorLogs = append(r.cfg.ErrorLogs, at(n, l))
	}
}

// special reads *.log.LEVEL.*; ok is false when nothing is left of it.
func (r *reader) special(n *syntax.Node) (l plan.ErrorLog, ok bool) {
	s := n.Special
	if !r.checkLevel(s.Level) {
		return l, false
	}
	l = plan.ErrorLog{Side: side(n), Level: s.Level.Value}
	list := &l.Symbols
	switch n.Row.ID {
	case keyword.InternalLogDisabled, keyword.ExternalLogDisabled:
		list = &l.TCPDisabled
	case keyword.InternalLogEnabled, keyword.ExternalLogEnabled:
		list = &l.TCPEnabled
	}
	for _, t := range s.Values {
		name := t.Value
		if list == &l.Symbols {
			if name, ok = r.checkErrorSymbol(t); !ok {
				continue
			}
		}
		*list = append(*list, name)
	}
	return l, len(*list) > 0
}

// checkLevel checks the level of *.log.LEVEL.*.
func (r *reader) checkLevel(t syntax.Token) bool {
	if isWord(keyword.Levels(), t.Value) {
		return true
	}
	r.fail(t, codeUnknownLevel, fmt.Sprintf("unknown loglevel: %q", t.Value), "the levels are: "+texts(keyword.Levels()))
	return false
}

// checkErrorSymbol gives an error symbol as it is usually written. COMPAT: one that is unknown is left out.
func (r *reader) checkErrorSymbol(t syntax.Token) (string, bool) {
	name, ok := errorSymbol(t.Value)
	if !ok {
		r.warn(t, codeUnknownSymbol, `unknown error symbol specified: "`+t.Value+`"`,
			"the symbols are those of errno(3), EAI_* of getaddrinfo(3), no-route, dns-any and system-any")
	}
	return name, ok
}
