package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
)

// Read gives the configuration a file describes, with everything there is to say about it. The configuration is not to
// be used when the list has errors.
func Read(file *syntax.File, facts hostfacts.Facts, opt Options) (*Config, diag.List) {
	r := &reader{file: file, facts: facts, opt: opt, cfg: defaults(), noted: map[string]bool{}}
	r.cfg.KeepAlive = opt.KeepAlive
	if !r.checkEmpty() {
		return r.cfg, r.said
	}
	r.checkIgnored()
	for _, item := range file.Items {
		if item.Node != nil {
			r.global(item.Node)
		}
	}
	r.makeRoom()
	for _, item := range file.Items {
		if item.Block != nil {
			r.block(item.Block)
		}
	}
	r.checkWhole()
	r.checkDebugOverride()
	r.said.Sort()
	return r.cfg, r.said
}

// makeRoom makes room for the rules: there can be thousands, and they are large.
func (r *reader) makeRoom() {
	count := map[keyword.Scope]int{}
	for _, item := range r.file.Items {
		if item.Block != nil {
			count[item.Block.Kind.Scope]++
		}
	}
	r.cfg.ClientRules = slices.Grow(r.cfg.ClientRules, count[keyword.ClientRule])
	r.cfg.SocksRules = slices.Grow(r.cfg.SocksRules, count[keyword.SocksRule])
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
	fileDebug   int             // what the file says, when the command line does not contradict it
	noted       map[string]bool // keywords that are known by now to have no effect
	covered     int             // inside a block that is not supported as a whole: its parts need not be mentioned
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

func (r *reader) checkEmpty() bool {
	if r.file.Source == "" {
		r.whole(diag.Error, codeEmptyFile, "config file "+r.file.Name+" is empty.  Not parsing", "")
	}
	return r.file.Source != ""
}

// checkCarriageReturn warns of a value that ends in the CR of a DOS line end, in a file that danted accepts because all of
// its CRs are in values.
func (r *reader) checkCarriageReturn(t syntax.Token) {
	if !r.file.CRLF && strings.HasSuffix(t.Value, "\r") {
		r.warn(t, codeCarriageReturn, "the value ends in a carriage return, which is a part of it", "save the file with Unix line ends")
	}
}

// checkIgnored warns of the lines danted skips.
func (r *reader) checkIgnored() {
	for _, t := range r.file.Ignored {
		name, _, _ := strings.Cut(t.Value, ":")
		if r.first(strings.TrimRight(name, " \t")) {
			r.warn(t, codeIgnoredKeyword, `keyword "`+t.Value+`" is deprecated and no longer used`, "remove the line")
		}
	}
}

// noEffect says that a keyword does nothing here. It says it once: such keywords come in dozens.
func (r *reader) noEffect(t syntax.Token, row *keyword.Row, because, hint string) {
	if r.first(row.Name) {
		r.say(t, diag.Note, codeNoEffect, `"`+t.Value+`" has no effect: `+because, hint)
	}
}

// first tells whether a keyword without effect is the first of its name.
func (r *reader) first(name string) bool {
	seen := r.noted[name]
	r.noted[name] = true
	return !seen
}

// statement makes the checks that the table of keywords describes; it tells whether the statement is to be read.
func (r *reader) statement(n *syntax.Node) bool {
	if n.Bad {
		return false
	}
	row := n.Row
	r.checkSpelling(n)
	if row.Status == keyword.Refused {
		if harmless(n) {
			if n.Number != nil {
				r.number(n.Number.Value)
			}
			r.noEffect(n.Key, row, "there is no "+row.Needs.String()+" here", "remove the line")
			return false
		}
		r.checkRefused(n)
		return false
	}
	if !r.checkWords(n) {
		return false
	}
	switch row.Status {
	case keyword.NotYet:
		t := r.file.Keyword(n)
		r.notYet(t, t.Value, row.Note)
	case keyword.NoEffect:
		r.noEffect(r.file.Keyword(n), row, row.Note, "")
	}
	return true
}

// checkSpelling warns of old keywords.
func (r *reader) checkSpelling(n *syntax.Node) {
	if n.Old.Text != "" && n.Old.Fate == keyword.Renamed {
		r.warn(n.Key, codeDeprecated, `keyword "`+n.Old.Text+`" is deprecated - assuming the new keyword "`+n.Row.Name+`" was meant`,
			`write "`+n.Row.Name+`"`)
	}
}

// harmless tells whether a keyword of a feature that is not there is accepted all the same. COMPAT: where danted's
// grammar has two forms of a value the second one is never refused.
func harmless(n *syntax.Node) bool {
	if n.Row.Needs != keyword.LDAP {
		return false
	}
	return n.Choice != nil && n.Choice.Value.Value == "no" || n.Row.Shape == keyword.SignedNumber && n.Number.Minus.Value != ""
}

// checkRefused says why a keyword is an error in every file.
func (r *reader) checkRefused(n *syntax.Node) {
	row := n.Row
	switch {
	case !r.checkFeature(n.Key, row.Needs):
	case row.Shape == keyword.Gone:
		r.fail(n.Key, codeGone, `given keyword "`+n.Key.Value+`" is deprecated.  New keyword is a general socket api`, row.Note)
	default:
		r.fail(n.Key, codeOtherProduct, `unknown keyword "`+row.Name+`": `+row.Note, "remove the line")
	}
}

// checkFeature refuses what belongs to a feature that does not exist here.
func (r *reader) checkFeature(t syntax.Token, f keyword.Feature) bool {
	switch f {
	case keyword.NoFeature:
		return true
	case keyword.HostID:
		r.fail(t, codeNoHostID, "hostid is not supported on this system", "remove it")
	case keyword.UPnP:
		r.fail(t, codeNoUPnP, "not configured for using upnp", "remove it")
	default:
		r.fail(t, codeNoLibrary, "in order to set the given keyword/value, this server must be linked with an external "+f.String()+
			" library, and it is not", instead[f])
	}
	return false
}

// instead is what does the work of a feature that does not exist here.
var instead = map[keyword.Feature]string{
	keyword.GSSAPI:  `remove it; for Kerberos passwords use the method pam.username with pam_krb5`,
	keyword.LDAP:    `remove it; for LDAP accounts use the method pam.username with pam_sss or pam_ldap, and "group" with the groups that SSSD or nslcd brings`,
	keyword.BSDAuth: `remove it; use the method pam.username`,
}

// checkWords checks that the words of a statement are words of its keyword: the scanner knows one vocabulary for a kind
// of value, of which a keyword may have a part only.
func (r *reader) checkWords(n *syntax.Node) bool {
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
		return !single || len(n.Text.Values) < 2 || r.checkSurplus(n, n.Text.Values[1])
	default:
		return true
	}
	ok := true
	for i, v := range values {
		w, known := n.Row.Word(strings.TrimLeft(v.Value, " \t"))
		switch {
		case single && i > 0:
			return r.checkSurplus(n, v)
		case !known:
			r.fail(v, codeUnknownWord, `syntax error near "`+v.Value+`": "`+n.Row.Name+`" does not take it`, "its words are: "+words(n.Row))
			ok = false
		case w.Status == keyword.Refused && n.Row.Shape != keyword.Methods:
			ok = r.checkFeature(v, w.Needs) && ok
		case n.Row.Shape == keyword.Methods:
			// Methods have more to be checked first (methods).
		case w.Status == keyword.NotYet && n.Row.Status != keyword.NotYet:
			r.notYet(v, n.Row.Name+": "+w.Text, n.Row.Note)
		}
	}
	return ok
}

// checkSurplus refuses a second value of a keyword that takes one.
func (r *reader) checkSurplus(n *syntax.Node, v syntax.Token) bool {
	r.fail(v, codeSurplus, `syntax error near "`+v.Value+`": "`+n.Row.Name+`" takes one value`, "remove the others")
	return false
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
	r.checkOldBlock(b)
	switch b.Kind.Scope {
	case keyword.HostidRule:
		r.checkFeature(b.Opener, b.Kind.Needs)
	case keyword.ClientRule, keyword.SocksRule:
		r.rule(b)
	case keyword.Route:
		r.route(b)
	case keyword.Monitor:
		r.notYet(b.Opener, b.Kind.Name, b.Kind.Note)
		r.monitor(b)
	}
}

// checkOldBlock warns of a socks-rule without "socks".
func (r *reader) checkOldBlock(b *syntax.Block) {
	if b.Old {
		r.warn(b.Verdict, codeDeprecated, `keyword "`+b.Verdict.Value+`" is deprecated - assuming the new keyword "socks `+b.Verdict.Value+`" was meant`,
			`write "socks `+b.Verdict.Value+`"`)
	}
}

// checkDebugOverride applies what wins over the file, and says so.
func (r *reader) checkDebugOverride() {
	if r.opt.Debug == nil {
		return
	}
	if *r.opt.Debug != r.cfg.Debug.V {
		r.about(diag.Note, r.cfg.Debug.Pos, codeDebugOverride, fmt.Sprintf("debug commandline value \"%d\" overrides config-file value \"%d\"", *r.opt.Debug, r.cfg.Debug.V), "")
	}
	r.cfg.Debug = Value[int]{V: *r.opt.Debug, Origin: CommandLine}
}
