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
		r.carriageReturn(t)
		if _, isKeyword := keyword.Named(text); isKeyword {
			// COMPAT: the devices go on to the end of the line, and so the next keyword on it is a file name.
			r.warn(t, codeBraceInValue, `"`+text+`" is taken for the name of a log file`, "start a new line before it")
		}
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
			if !isWord(keyword.Facilities(), facility) {
				// COMPAT: danted says so and goes on without the device.
				r.warn(t, codeUnknownFacility, fmt.Sprintf("unknown syslog facility %q", facility), "the facilities are: "+texts(keyword.Facilities()))
				continue
			}
			device = plan.LogOutput{Kind: plan.LogSyslog, Facility: facility}
		}
		all = append(all, at(n, device))
	}
	return all
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

// readSpecial checks *.log.LEVEL.*.
func readSpecial(r *reader, n *syntax.Node) {
	s := n.Special
	if !isWord(keyword.Levels(), s.Level.Value) {
		r.fail(s.Level, codeUnknownLevel, fmt.Sprintf("unknown loglevel: %q", s.Level.Value), "the levels are: "+texts(keyword.Levels()))
		return
	}
	if s.Kind.Value != "error" {
		return
	}
	for _, t := range s.Values {
		if !knownErrorSymbol(t.Value) {
			r.warn(t, codeUnknownSymbol, `unknown error symbol specified: "`+t.Value+`"`, "the symbols are those of errno(3) and EAI_* of getaddrinfo(3)")
		}
	}
}
