package syntax

import (
	"strings"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// condition is a state of the scanner: which words exist behind a keyword. Dante's scanner has one for each form of
// value, entered by the keyword and left at the end of the line, so the conditions are part of the language: a word
// that is legal behind `log:` is a syntax error behind `command:`.
type condition uint8

const (
	condInitial condition = iota
	condAddress
	condPort
	condService
	condMethod
	condCommand
	condProtocol
	condProxy
	condLog
	condSrcHost
	condEncryption
	condText // log devices, users, groups, files, names: all greedy in the same way
	condStyle
	condKeytab
	condLineStart
	condLine
	condLDAPText
	condLDAPURL
	condLevel
	condLogKind
	condSymbol
	condTCPOption
	condSockLevel
	condSockName
	condSockValue
	condCPU
	condMaskProcess
	condScheduleProcess
	condMask
	condPolicy
	condStateKey
	condHostIndex
	condTest

	conditions

	stay condition = 255 // the token does not change the condition
)

// pattern recognises a value. length is that of the token, 0 for no match; ahead is what was looked at behind it, which
// counts when the longest match is chosen.
type pattern struct {
	typ  lexer.TokenType
	next condition
	find func(s string) (length, ahead int)
}

// state is what the scanner recognises in a condition besides what it recognises everywhere.
type state struct {
	keywords bool // keywords are recognised here as well
	patterns []pattern
}

// form is what a shape of the keyword table means for the text: the token type of the keyword, which picks the grammar
// of the statement, and the condition of what follows.
type form struct {
	key  lexer.TokenType
	next condition
}

var forms = map[keyword.Shape]form{
	keyword.Address:      {tokKeyAddress, condAddress},
	keyword.Number:       {tokKeyNumber, stay},
	keyword.Ratio:        {tokKeyRatio, stay},
	keyword.Range:        {tokKeyRange, stay},
	keyword.Switch:       {tokKeyPlain, stay},
	keyword.Choice:       {tokKeyPlain, stay},
	keyword.Flags:        {tokKeyPlains, stay},
	keyword.Methods:      {tokKeyWords, condMethod},
	keyword.Commands:     {tokKeyWords, condCommand},
	keyword.Protocols:    {tokKeyWords, condProtocol},
	keyword.Families:     {tokKeyWords, condProtocol},
	keyword.Resolver:     {tokKeyWord, condProtocol},
	keyword.Proxies:      {tokKeyWords, condProxy},
	keyword.Logs:         {tokKeyWords, condLog},
	keyword.SourceChecks: {tokKeyWords, condSrcHost},
	keyword.Encryptions:  {tokKeyWords, condEncryption},
	keyword.Devices:      {tokKeyTexts, condText},
	keyword.Users:        {tokKeyTexts, condText},
	keyword.Groups:       {tokKeyTexts, condText},
	keyword.User:         {tokKeyText, condText},
	keyword.File:         {tokKeyText, condText},
	keyword.Service:      {tokKeyService, condService},
	keyword.Style:        {tokKeyService, condStyle},
	keyword.GSSService:   {tokKeyText, condText},
	keyword.Keytab:       {tokKeyText, condKeytab},
	keyword.Realm:        {tokKeyText, condText},
	keyword.Line:         {tokKeyLine, condLineStart},
	keyword.LDAPText:     {tokKeyText, condLDAPText},
	keyword.LDAPFile:     {tokKeyText, condText},
	keyword.LDAPURL:      {tokKeyText, condLDAPURL},
	keyword.LDAPKeytab:   {tokKeyText, condKeytab},
	keyword.SignedNumber: {tokKeyNumber, stay},
	keyword.LogSpecial:   {tokKeySpecial, condLevel},
	keyword.SocketOption: {tokKeySocket, condSockLevel},
	keyword.CPU:          {tokKeyCPU, condCPU},
	keyword.RouteOption:  {tokKeyRoute, stay},
	keyword.StateKey:     {tokKeyState, condStateKey},
	keyword.HostIndex:    {tokKeyNumber, condHostIndex},
	keyword.Redirection:  {tokKeyRedirect, stay},
	keyword.Bouncing:     {tokKeyBounce, stay},
	keyword.DataAlarm:    {tokKeyDataAlarm, stay},
	keyword.CountAlarm:   {tokKeyCountAlarm, stay},
	keyword.TestAlarm:    {tokKeyTestAlarm, condTest},
	keyword.Ignored:      {tokIgnored, stay},
	keyword.Gone:         {tokKeyGone, stay},
}

// states is the scanner's table. The words come from the keyword table; what is written out here is the form of values
// that are no closed vocabulary.
var states = func() [conditions]state {
	var t [conditions]state
	t[condInitial] = state{keywords: true}
	t[condAddress] = state{keywords: true, patterns: []pattern{
		{tokURL, stay, url("http://", "ftp://")},
		{tokAddress, condPort, anyAddress},
		{tokAddress, condPort, address},
	}}
	t[condPort] = state{keywords: true, patterns: []pattern{{tokPort, stay, word("port")}}}
	t[condService] = state{patterns: []pattern{{tokService, condInitial, serviceName}}}
	t[condStyle] = state{patterns: []pattern{{tokService, stay, serviceName}}}
	t[condText] = state{patterns: []pattern{{tokText, stay, text}}}
	t[condKeytab] = state{patterns: []pattern{{tokText, stay, text}, {tokText, stay, keytab}}}
	t[condLine] = state{patterns: []pattern{{tokLine, condInitial, restOfLine}}}
	t[condLineStart] = state{patterns: []pattern{{tokColon, condLine, word(":")}}}
	t[condLDAPText] = state{patterns: []pattern{{tokText, stay, ldapText}}}
	t[condLDAPURL] = state{patterns: []pattern{{tokText, stay, url("ldap://", "ldaps://")}}}
	t[condLevel] = state{patterns: []pattern{{tokLevel, condLogKind, level}}}
	t[condLogKind] = state{patterns: []pattern{
		{tokLogKind, condSymbol, word("error")},
		{tokLogKind, condTCPOption, word("tcp.disabled")},
		{tokLogKind, condTCPOption, word("tcp.enabled")},
	}}
	t[condSymbol] = state{patterns: []pattern{{tokSymbol, stay, symbol}}}
	t[condSockLevel] = state{patterns: words(tokSockLevel, condSockName, keyword.SocketLevels())}
	t[condSockName] = state{patterns: []pattern{{tokSockName, condSockValue, socketName}}}
	t[condSockValue] = state{patterns: []pattern{{tokSockValue, condInitial, socketValue}}}
	t[condCPU] = state{patterns: []pattern{
		{tokCPUWord, condScheduleProcess, word("schedule")},
		{tokCPUWord, condMaskProcess, word("mask")},
	}}
	t[condScheduleProcess] = state{patterns: words(tokProcess, condPolicy, keyword.Processes())}
	t[condMaskProcess] = state{patterns: words(tokProcess, condMask, keyword.Processes())}
	t[condPolicy] = state{patterns: []pattern{{tokText, condInitial, policy}, {tokOther, condInitial, brokenPolicy}}}
	t[condMask] = state{patterns: []pattern{{tokWord, condInitial, word("any")}}}
	t[condStateKey] = state{patterns: []pattern{
		{tokStateKey, condInitial, word("from")},
		{tokStateKey, condInitial, hostidKey},
		{tokHostIndex, condHostIndex, word("hostindex")},
	}}
	t[condHostIndex] = state{patterns: []pattern{{tokWord, condInitial, word("any")}}}
	t[condTest] = state{patterns: []pattern{{tokTest, stay, word("mtu-error")}}}

	// The closed vocabularies: whatever words the rows of a shape have are words of the shape's condition.
	for _, r := range keyword.All() {
		c := forms[r.Shape].next
		if r.Shape == keyword.LogSpecial {
			c = condTCPOption
		}
		switch c {
		case condMethod, condCommand, condProtocol, condProxy, condLog, condSrcHost, condEncryption, condTCPOption:
			for _, w := range r.Words {
				if !has(t[c].patterns, w.Text) {
					t[c].patterns = append(t[c].patterns, pattern{tokWord, stay, loose(w.Text)})
				}
			}
		}
	}
	return t
}()

func words(typ lexer.TokenType, next condition, list []keyword.Word) []pattern {
	var all []pattern
	for _, w := range list {
		all = append(all, pattern{typ, next, word(w.Text)})
	}
	return all
}

// has tells whether one of the patterns takes all of text.
func has(list []pattern, text string) bool {
	for _, p := range list {
		if n, _ := p.find(text); n == len(text) {
			return true
		}
	}
	return false
}

// word recognises itself, whatever follows: Dante's scanner knows no word boundaries.
func word(text string) func(string) (int, int) {
	return func(s string) (int, int) {
		if strings.HasPrefix(s, text) {
			return len(text), 0
		}
		return 0, 0
	}
}

// loose recognises a word as danted's scanner does, in which the dot of some stands for any byte.
func loose(text string) func(string) (int, int) {
	return func(s string) (int, int) {
		if begins(s, text) {
			return len(text), 0
		}
		return 0, 0
	}
}

// run gives the length of the leading bytes that are not in set.
func run(s, set string) int {
	if i := strings.IndexAny(s, set); i >= 0 {
		return i
	}
	return len(s)
}

func restOfLine(s string) (int, int) { return run(s, "\n"), 0 }

func url(prefixes ...string) func(string) (int, int) {
	return func(s string) (int, int) {
		for _, p := range prefixes {
			if strings.HasPrefix(s, p) {
				return restOfLine(s)
			}
		}
		return 0, 0
	}
}

// anyAddress recognises the two addresses of one character: "." and the 0 of 0/0.
func anyAddress(s string) (int, int) {
	switch {
	case s[0] == '.':
		return 1, 0
	case strings.HasPrefix(s, "0/"):
		return 1, 1
	}
	return 0, 0
}

// address recognises everything else that may be an address. It has two bytes at least; the first may be a slash or a
// colon, which is why a blank is needed between `from:` and its address.
func address(s string) (int, int) {
	if strings.IndexByte(" \t\n", s[0]) >= 0 {
		return 0, 0
	}
	if n := run(s[1:], "/ \t\n"); n > 0 {
		return 1 + n, 0
	}
	return 0, 0
}

func letters(s string) int {
	n := 0
	for n < len(s) && (s[n] >= 'a' && s[n] <= 'z' || s[n] >= 'A' && s[n] <= 'Z') {
		n++
	}
	return n
}

func serviceName(s string) (int, int) {
	if letters(s) == 0 {
		return 0, 0
	}
	return run(s, ": /\t\n"), 0
}

func text(s string) (int, int) { return run(s, ": \t\n"), 0 }

func keytab(s string) (int, int) {
	const prefix = "FILE:"
	if !strings.HasPrefix(s, prefix) {
		return 0, 0
	}
	if n := run(s[len(prefix):], " \t\n"); n > 0 {
		return len(prefix) + n, 0
	}
	return 0, 0
}

func ldapText(s string) (int, int) {
	if strings.IndexByte(": \t\n", s[0]) >= 0 {
		return 0, 0
	}
	if n := run(s, "\t\n"); n > 1 {
		return n, 0
	}
	return 0, 0
}

func level(s string) (int, int) {
	if n := letters(s); n > 0 && n < len(s) && s[n] == '.' {
		return n, 1
	}
	return 0, 0
}

func symbol(s string) (int, int) {
	if letters(s) == 0 {
		return 0, 0
	}
	if n := run(s[1:], ": \t\n\v\f\r"); n > 0 {
		return 1 + n, 0
	}
	return 0, 0
}

func socketName(s string) (int, int) {
	inside := func(c byte, first bool) bool {
		switch {
		case c == '-', c == '_', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z':
			return true
		}
		return !first && (c == '.' || c >= '0' && c <= '9')
	}
	n := 0
	for n < len(s) && inside(s[n], n == 0) {
		n++
	}
	if n < 2 {
		return 0, 0
	}
	return n, 0
}

func socketValue(s string) (int, int) {
	if strings.IndexByte(": \t\n0123456789", s[0]) >= 0 {
		return 0, 0
	}
	if n := run(s[1:], " \t\n"); n > 0 {
		return 1 + n, 0
	}
	return 0, 0
}

// policy recognises a scheduling policy.
func policy(s string) (int, int) {
	n, _ := restOfLine(s[:policyRun(s)])
	if n < policyRun(s) {
		return 0, 0
	}
	return n, 0
}

// brokenPolicy recognises what is left on its line of a policy that goes on behind it. COMPAT: to danted's scanner the
// end of the line is a part of the name, and no policy has such a name.
func brokenPolicy(s string) (int, int) {
	run := policyRun(s)
	n, _ := restOfLine(s[:run])
	return n, run - n
}

func policyRun(s string) int { return run(s, ": 0123456789\t/") }

func hostidKey(s string) (int, int) {
	if !strings.HasPrefix(s, "hostid") {
		return 0, 0
	}
	return run(s, ": /\t\n"), 0
}
