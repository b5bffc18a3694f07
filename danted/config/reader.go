package config

import (
	"fmt"
	"strings"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
)

// Read gives the configuration a file describes, with everything there is to say about it. The configuration is not to
// be used when the list has errors.
func Read(file *syntax.File, facts hostfacts.Facts, opt Options) (*Config, diag.List) {
	r := &reader{file: file, facts: facts, opt: opt, cfg: defaults()}
	r.cfg.KeepAlive = opt.KeepAlive
	if file.Source == "" {
		r.whole(diag.Error, codeEmptyFile, "config file "+file.Name+" is empty", "")
		return r.cfg, r.said
	}
	r.oldLines()
	for _, item := range file.Items {
		if item.Node != nil {
			r.global(item.Node)
		}
	}
	for _, item := range file.Items {
		if item.Block != nil {
			r.block(item.Block)
		}
	}
	r.checkWhole()
	r.commandLine()
	r.said.Sort()
	return r.cfg, r.said
}

// reader is the state of one reading. Statements are handled in file order, because the meaning of some depends on
// those before them.
type reader struct {
	file  *syntax.File
	facts hostfacts.Facts
	opt   Options
	cfg   *Config
	said  diag.List
	// errors counts the errors in said.
	errors int

	externals   []external // as written: what is checked is not what is expanded
	usesLibwrap bool
	masks       []cpuMask
	fileDebug   int // what the file says, when the command line does not contradict it
	covered     int // inside a block that is not supported as a whole: its parts need not be mentioned
}

// handler reads one statement.
type handler func(*reader, *syntax.Node)

func (r *reader) say(t syntax.Token, severity diag.Severity, code, message, hint string) {
	if severity == diag.Error {
		r.errors++
	}
	r.said = append(r.said, r.file.At(t, severity, code, message, hint))
}

func (r *reader) fail(t syntax.Token, code, message, hint string) {
	r.say(t, diag.Error, code, message, hint)
}

func (r *reader) warn(t syntax.Token, code, message, hint string) {
	r.say(t, diag.Warning, code, message, hint)
}

// whole says something about the file as a whole.
func (r *reader) whole(severity diag.Severity, code, message, hint string) {
	r.said = append(r.said, diag.Diagnostic{
		Code: code, Severity: severity, Pos: diag.Pos{File: r.file.Name}, Message: message, Hint: hint,
	})
}

// notYet says that danted does something here that this server cannot do yet.
func (r *reader) notYet(t syntax.Token, what, note string) {
	if r.covered > 0 {
		return
	}
	severity := diag.Warning
	if r.opt.Mode == Start {
		severity = diag.Error
	}
	r.say(t, severity, codeNotYet, `"`+what+`" is not supported yet: `+note, "remove it, or stay with danted for this configuration")
}

// text gives the text of a value. In a file that was refused for its line ends these are no part of the values, so that
// they are not complained about again.
func (r *reader) text(t syntax.Token) string {
	if r.file.CRLF {
		return strings.TrimSuffix(t.Value, "\r")
	}
	return t.Value
}

// carriageReturn warns of a value that ends in the CR of a DOS line end, in a file that danted accepts because all of
// its CRs are in values.
func (r *reader) carriageReturn(t syntax.Token) {
	if !r.file.CRLF && strings.HasSuffix(t.Value, "\r") {
		r.warn(t, codeCarriageReturn, "the value ends in a carriage return, which is a part of it", "save the file with Unix line ends")
	}
}

// oldLines warns of the lines danted skips.
func (r *reader) oldLines() {
	for _, t := range r.file.Ignored {
		r.warn(t, codeIgnoredKeyword, `keyword "`+t.Value+`" is deprecated and no longer used`, "remove the line")
	}
}

// statement makes the checks that the table of keywords describes; it tells whether the statement is to be read.
func (r *reader) statement(n *syntax.Node) bool {
	if n.Bad {
		return false
	}
	row := n.Row
	if n.Old.Text != "" && n.Old.Fate == keyword.Renamed {
		r.warn(n.Key, codeDeprecated, `keyword "`+n.Old.Text+`" is deprecated - assuming the new keyword "`+row.Name+`" was meant`,
			`write "`+row.Name+`"`)
	}
	if row.Status == keyword.Refused {
		if harmless(n) {
			r.say(n.Key, diag.Note, codeNoEffect, `"`+row.Name+`" has no effect: there is no `+row.Needs.String()+" here", "remove the line")
			return false
		}
		r.refused(n)
		return false
	}
	if !r.vocabulary(n) {
		return false
	}
	switch row.Status {
	case keyword.NotYet:
		t := r.file.Keyword(n)
		r.notYet(t, t.Value, row.Note)
	case keyword.NoEffect:
		t := r.file.Keyword(n)
		r.say(t, diag.Note, codeNoEffect, `"`+t.Value+`" has no effect: `+row.Note, "")
	}
	return true
}

// harmless tells whether a keyword of a feature that is not there is accepted all the same. COMPAT: where danted's
// grammar has two forms of a value the second one is never refused.
func harmless(n *syntax.Node) bool {
	if n.Row.Needs != keyword.LDAP {
		return false
	}
	return n.Choice != nil && n.Choice.Value.Value == "no" || n.Number != nil && n.Number.Minus.Value != ""
}

// refused says why a keyword is an error in every file.
func (r *reader) refused(n *syntax.Node) {
	row := n.Row
	if message, hint, code := missing(row.Needs); code != "" {
		r.fail(n.Key, code, message, hint)
		return
	}
	switch row.Shape {
	case keyword.Later:
		r.fail(n.Key, codeLaterRelease, `syntax error near "`+n.Key.Value+`": this keyword came with release `+row.Since+"; "+row.Note, "remove the line")
	case keyword.Gone:
		r.fail(n.Key, codeGone, `given keyword "`+n.Key.Value+`" is deprecated; new keyword is a general socket api`, row.Note)
	default:
		r.fail(n.Key, codeOtherProduct, `unknown keyword "`+row.Name+`": `+row.Note, "remove the line")
	}
}

// missing gives what to say of a feature that does not exist here.
func missing(f keyword.Feature) (message, hint, code string) {
	switch f {
	case keyword.NoFeature:
		return "", "", ""
	case keyword.HostID:
		return "hostid is not supported on this system", "remove it", codeNoHostID
	case keyword.Bandwidth, keyword.Redirect:
		return `license error: module "` + f.String() + `" is not installed`, "remove it", codeNoModule
	}
	return "in order to set the given keyword/value, this server must be linked with an external " + f.String() +
		" library, and it is not", "remove it", codeNoLibrary
}

// vocabulary checks that the words of a statement are words of its keyword: the scanner knows one vocabulary for a kind
// of value, of which a keyword may have a part only.
func (r *reader) vocabulary(n *syntax.Node) bool {
	var values []syntax.Token
	single := false
	switch {
	case n.Words != nil:
		values = n.Words.Values
		single = n.Row.Shape == keyword.Resolver
	case n.Flags != nil:
		values = n.Flags.Values
	case n.Choice != nil:
		values = []syntax.Token{n.Choice.Value}
	case n.Text != nil:
		switch n.Row.Shape {
		case keyword.Devices, keyword.Users, keyword.Groups:
		default:
			single = true
		}
		if single && len(n.Text.Values) > 1 {
			r.surplus(n, n.Text.Values[1])
			return false
		}
		return true
	default:
		return true
	}
	ok := true
	for i, v := range values {
		w, known := n.Row.Word(strings.TrimLeft(v.Value, " \t"))
		switch {
		case single && i > 0:
			r.surplus(n, v)
			return false
		case !known:
			r.fail(v, codeUnknownWord, `syntax error near "`+v.Value+`": "`+n.Row.Name+`" does not take it`, "its words are: "+words(n.Row))
			ok = false
		case w.Status == keyword.Refused && n.Row.Shape != keyword.Methods:
			message, hint, code := missing(w.Needs)
			r.fail(v, code, message, hint)
			ok = false
		case n.Row.ID == keyword.ExternalRotation, n.Row.Shape == keyword.Methods:
			// It depends on the number of addresses (checkExternal); methods have more to be checked first (methods).
		case w.Status == keyword.NotYet && n.Row.Status != keyword.NotYet:
			r.notYet(v, n.Row.Name+": "+w.Text, n.Row.Note)
		}
	}
	return ok
}

func (r *reader) surplus(n *syntax.Node, v syntax.Token) {
	r.fail(v, codeSurplus, `syntax error near "`+v.Value+`": "`+n.Row.Name+`" takes one value`, "remove the others")
}

func words(row *keyword.Row) string {
	var all []string
	for _, w := range row.Words {
		if w.Old == "" {
			all = append(all, w.Text)
		}
	}
	return strings.Join(all, " ")
}

// global reads a global option.
func (r *reader) global(n *syntax.Node) {
	if !r.statement(n) {
		return
	}
	before := r.errors
	if h, ok := globalHandlers[n.Row.ID]; ok {
		h(r, n)
	}
	if r.errors > before {
		r.file.Broken[n.Row.ID] = true
	}
}

// block reads a rule, route or monitor.
func (r *reader) block(b *syntax.Block) {
	if b.Old {
		r.warn(b.Verdict, codeDeprecated, `keyword "`+b.Verdict.Value+`" is deprecated - assuming the new keyword "socks `+b.Verdict.Value+`" was meant`,
			`write "socks `+b.Verdict.Value+`"`)
	}
	switch b.Kind.Scope {
	case keyword.HostidRule:
		message, hint, code := missing(b.Kind.Needs)
		r.fail(b.Opener, code, message, hint)
	case keyword.ClientRule, keyword.SocksRule:
		r.rule(b)
	case keyword.Route:
		r.notYet(b.Opener, b.Kind.Name, b.Kind.Note)
		r.route(b)
	case keyword.Monitor:
		r.notYet(b.Opener, b.Kind.Name, b.Kind.Note)
		r.monitor(b)
	}
}

// commandLine applies what wins over the file.
func (r *reader) commandLine() {
	if r.opt.Debug != nil {
		if *r.opt.Debug != r.cfg.Debug.V {
			r.about(diag.Note, r.cfg.Debug.Pos, codeDebugOverride, fmt.Sprintf("debug commandline value \"%d\" overrides config-file value \"%d\"", *r.opt.Debug, r.cfg.Debug.V), "")
		}
		r.cfg.Debug = Value[int]{V: *r.opt.Debug, Origin: CommandLine}
	}
}
