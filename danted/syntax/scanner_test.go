package syntax

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/participle/v2/lexer"
	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

var names = lexer.SymbolsByRune(definition{symbols})

// scan gives the tokens of a text as "Type:value", trivia only when asked for.
func scan(text string, all bool) []string {
	s := newScanner("", text)
	var list []string
	for {
		t, _ := s.Next()
		if t.EOF() {
			return list
		}
		if all || !isTrivia(t.Type) {
			list = append(list, names[t.Type]+":"+t.Value)
		}
	}
}

func TestTokenTypesHaveNames(t *testing.T) {
	seen := map[lexer.TokenType]string{}
	for name, typ := range symbols {
		if other, twice := seen[typ]; twice {
			t.Errorf("%s and %s are the same token type", name, other)
		}
		seen[typ] = name
	}
	for typ := tokKeyAddress; typ <= tokIgnored; typ++ {
		if seen[typ] == "" {
			t.Errorf("token type %d has no name", typ)
		}
	}
}

func TestEveryShapeHasAForm(t *testing.T) {
	for _, s := range keyword.Shapes() {
		if f, ok := forms[s]; !ok || f.key == 0 {
			t.Errorf("shape %d has no form: keywords of it cannot be lexed", s)
		}
	}
	if len(forms) != len(keyword.Shapes()) {
		t.Errorf("%d forms for %d shapes", len(forms), len(keyword.Shapes()))
	}
}

// Each spelling of each row is lexed as a keyword of the row's form, where the row can stand.
func TestEveryRowLexes(t *testing.T) {
	for _, r := range keyword.All() {
		spellings := []string{r.Lexed()}
		for _, old := range r.Old {
			spellings = append(spellings, old.Text)
		}
		for _, text := range spellings {
			example := strings.Replace(r.Example, r.Lexed(), text, 1)
			s := newScanner("", example)
			var got Token
			for {
				got, _ = s.Next()
				if got.EOF() || got.Type != tokSide {
					break
				}
			}
			want := text
			if r.Follow == keyword.Rest {
				want = example
			}
			if got.Type != forms[r.Shape].key || got.Value != want {
				t.Errorf("%s: %q begins with the token %s %q", r.Name, example, names[got.Type], got.Value)
			}
		}
	}
}

// The oddities of Dante's scanner that files depend on.
func TestOddities(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want string
	}{
		"colon of its own":             {"socksmethod : none", "KeyWords:socksmethod Colon:: Word:none"},
		"no word boundaries":           {"socksmethod: nonenone", "KeyWords:socksmethod Colon:: Word:none Word:none"},
		"the list ends with the line":  {"socksmethod: none\nnone", "KeyWords:socksmethod Colon:: Word:none Plain:none"},
		"the list goes on":             {"socksmethod: none\\\nnone", "KeyWords:socksmethod Colon:: Word:none Word:none"},
		"a comment ends the list":      {"log: error # x\nerror", "KeyWords:log Colon:: Word:error Other:e Other:r Other:r Other:o Other:r"},
		"a list knows its words only":  {"command: log", "KeyWords:command Colon:: Other:l Other:o Other:g"},
		"greedy brace":                 {"user: bob }", "KeyTexts:user Colon:: Text:bob Text:}"},
		"brace behind a list":          {"command: bind }", "KeyWords:command Colon:: Word:bind Close:}"},
		"attached comment":             {"logoutput: stderr#x", "KeyTexts:logoutput Colon:: Text:stderr#x"},
		"comment behind a blank":       {"logoutput: stderr #x y", "KeyTexts:logoutput Colon:: Text:stderr"},
		"lone comment as a name":       {"user.libwrap: #nobody", "KeyText:user.libwrap Colon:: Text:#nobody"},
		"comment longer than the name": {"user.libwrap: #no body", "KeyText:user.libwrap Colon::"},
		"number and comment":           {"timeout.io: 5#c", "KeyNumber:timeout.io Colon:: Number:5"},
		"numbers hold no condition":    {"timeout.io: 5 timeout.connect: 6", "KeyNumber:timeout.io Colon:: Number:5 KeyNumber:timeout.connect Colon:: Number:6"},
		"one hexadecimal digit":        {"debug: 0x10", "KeyNumber:debug Colon:: Number:0x10"},
		"two hexadecimal digits":       {"debug: 0xff", "KeyNumber:debug Colon:: Number:0xf Other:f"},
		"address swallows the colon":   {"from:10.0.0.0/8", "KeyAddress:from Address::10.0.0.0 Slash:/ Number:8"},
		"any address":                  {"from: 0/0", "KeyAddress:from Colon:: Address:0 Slash:/ Number:0"},
		"no any address":               {"from: 0 / 0", "KeyAddress:from Colon:: Number:0 Slash:/ Number:0"},
		"any name":                     {"to: . port = 1", "KeyAddress:to Colon:: Address:. Port:port Operator:= Number:1"},
		"all of IPv6":                  {"to: ::/0", "KeyAddress:to Colon:: Address::: Slash:/ Number:0"},
		"a number as an address":       {"to: 80", "KeyAddress:to Colon:: Address:80"},
		"a keyword as an address":      {"to: user", "KeyAddress:to Colon:: Address:user"},
		"URL":                          {"via: http://x/ y", "KeyAddress:via Colon:: URL:http://x/ y"},
		"service":                      {"from: lo port eq ssh", "KeyAddress:from Colon:: Address:lo Port:port Operator:eq Service:ssh"},
		"neq":                          {"from: lo port neq 80", "KeyAddress:from Colon:: Address:lo Port:port Operator:ne Service:q Number:80"},
		"no service behind a colon":    {"from: lo port: ssh", "KeyAddress:from Colon:: Address:lo Port:port Colon:: Other:s Other:s Other:h"},
		"port on the next line":        {"internal: lo\nport = 1", "KeyAddress:internal Colon:: Address:lo Other:p Other:o Other:r Other:t Operator:= Number:1"},
		"range":                        {"to: lo port 1-2", "KeyAddress:to Colon:: Address:lo Port:port Number:1 Dash:- Number:2"},
		"keyword behind a port":        {"internal: lo port = 1 external: lo", "KeyAddress:internal Colon:: Address:lo Port:port Operator:= Number:1 KeyAddress:external Colon:: Address:lo"},
		"internal needs its colon":     {"internal lo", "In:in Other:t Other:e Other:r Other:n Other:a Other:l Other:l Other:o"},
		"log needs its colon at once":  {"log : error", "Other:l Other:o Other:g Colon:: Other:e Other:r Other:r Other:o Other:r"},
		"rule at the line start":       {"client pass {", "Opener:client Verdict:pass Open:{"},
		"rule behind blanks":           {"\t client  block", "Opener:client Verdict:block"},
		"rule behind a tab":            {"client\tpass", "Other:c Other:l Other:i Other:e Other:n Other:t Verdict:pass"},
		"two rules on a line":          {"} socks pass", "Close:} Other:s Other:o Other:c Other:k Other:s Verdict:pass"},
		"old rule":                     {" pass {", "Opener: Verdict:pass Open:{"},
		"indented route option":        {" route.maxfail: 1", "Opener:route Dot:. Plain:maxfail Colon:: Number:1"},
		"route option":                 {"route.maxfail: 1", "KeyRoute:route. Plain:maxfail Colon:: Number:1"},
		"libwrap line":                 {"libwrap: spawn x # y \\\nlog: error", "KeyLine:libwrap Colon:: Line: spawn x # y \\ KeyWords:log Colon:: Word:error"},
		"line without a colon":         {"libwrap\nx", "KeyLine:libwrap Other:x"},
		"ignored line":                 {"localdomain: a user: b\ndebug: 1", "KeyNumber:debug Colon:: Number:1"},
		"not an ignored line":          {"localdomain a", "Other:l Other:o Other:c Other:a Other:l Other:d Other:o Other:m Other:a In:in Other:a"},
		"error level":                  {"internal.log.info.error: EPIPE e", "KeySpecial:internal.log Dot:. Level:info Dot:. LogKind:error Colon:: Symbol:EPIPE Other:e"},
		"socket option":                {"external.ip.ip_tos.tos: -1", "KeySocket:external. SockLevel:ip Dot:. SockName:ip_tos.tos Colon:: SockValue:-1"},
		"socket option number":         {"external.ip.1: 2", "KeySocket:external. SockLevel:ip Dot:. Number:1 Colon:: Number:2"},
		"policy ends the condition":    {"cpu.schedule.io: fifo/1 debug: 1", "KeyCPU:cpu Dot:. CPUWord:schedule Dot:. Process:io Colon:: Text:fifo Slash:/ Number:1 KeyNumber:debug Colon:: Number:1"},
		"policy over the line end":     {"cpu.schedule.io: fifo\n/1", "KeyCPU:cpu Dot:. CPUWord:schedule Dot:. Process:io Colon:: Other:fifo Slash:/ Number:1"},
		"any processor, once":          {"cpu.mask.io: any any", "KeyCPU:cpu Dot:. CPUWord:mask Dot:. Process:io Colon:: Word:any Other:a Other:n Other:y"},
		"alarm":                        {"internal.alarm.data.recv: 1 in 2", "Side:internal. KeyDataAlarm:alarm.data Direction:.recv Colon:: Number:1 In:in Number:2"},
		"alarm without a colon":        {"alarm.mtu-error", "KeyTestAlarm:alarm Dot:. Test:mtu-error"},
		"state key":                    {"session.state.key: fromX", "KeyState:session.state.key Colon:: StateKey:from Other:X"},
		"state key index":              {"session.state.key.hostindex: any", "KeyState:session.state.key Dot:. HostIndex:hostindex Colon:: Word:any"},
		"hostindex at the start only":  {"from: lo hostindex", "KeyAddress:from Colon:: Address:lo Other:h Other:o Other:s Other:t In:in Other:d Other:e Other:x"},
		"high byte in a name":          {"user: j\xfcrgen", "KeyTexts:user Colon:: Text:j\xfcrgen"},
		"high byte elsewhere":          {"\xfc", "Other:\xfc"},
		"keytab":                       {"gssapi.keytab: FILE:/x", "KeyText:gssapi.keytab Colon:: Text:FILE:/x"},
		"ldap value with blanks":       {"ldap.filter: a b\tc", "KeyText:ldap.filter Colon:: Text:a b Other:c"},
		"pam service":                  {"pam.servicename: a-b/c", "KeyService:pam.servicename Colon:: Service:a-b Slash:/ Other:c"},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, strings.Join(scan(c.text, false), " ")); diff != "" {
				t.Errorf("%q (-want +got):\n%s", c.text, diff)
			}
		})
	}
}

func TestPositions(t *testing.T) {
	s := newScanner("f", "é: x\n  user: bob")
	var at []string
	for {
		tok, _ := s.Next()
		if tok.EOF() {
			break
		}
		if tok.Type == tokText || tok.Type == tokColon {
			at = append(at, Pos(tok).String())
		}
	}
	if diff := cmp.Diff([]string{"f:1:2", "f:2:7", "f:2:9"}, at); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// FuzzLex checks that the tokens of any text are the text, and that the scanner always moves on.
func FuzzLex(f *testing.F) {
	for _, text := range seeds(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := newScanner("", text)
		var all strings.Builder
		line := 1
		for {
			tok, err := s.Next()
			if err != nil {
				t.Fatal(err)
			}
			if tok.EOF() {
				break
			}
			if tok.Value == "" && tok.Type != tokOpener {
				t.Fatalf("an empty token of type %s at %s", names[tok.Type], tok.Pos)
			}
			if tok.Pos.Offset != all.Len() || tok.Pos.Line < line {
				t.Fatalf("token %q is said to be at %s, offset %d", tok.Value, tok.Pos, all.Len())
			}
			line = tok.Pos.Line
			all.WriteString(tok.Value)
		}
		if all.String() != text {
			t.Fatalf("the tokens of %q are %q", text, all.String())
		}
	})
}

// seeds gives the configuration files of the tests.
func seeds(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("../testdata/*.conf")
	if err != nil || len(files) == 0 {
		t.Fatalf("no seeds: %v", err)
	}
	var all []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, string(text))
	}
	return all
}

// The dot of some words is any byte of the line to danted's scanner, and the parser sees what was meant.
func TestDotIsAnyByte(t *testing.T) {
	for text, want := range map[string]string{
		"socksmethod: pam-any":       "pam.any",
		"socksmethod: pam address":   "pam.address",
		"socksmethod: pam#username":  "pam.username",
		"clientmethod: pam:any none": "pam.any none",
		"socksmethod: pam none":      "pam none",
	} {
		file, said := Parse("", text)
		if said.HasErrors() || len(file.Items) != 1 || file.String() != text {
			t.Errorf("%s: %v, read as %q", text, said.Err(), file)
			continue
		}
		var values []string
		for _, v := range file.Items[0].Node.Words.Values {
			values = append(values, v.Value)
		}
		if got := strings.Join(values, " "); got != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"socksmethod: pam\nany", "timeout-connect: 5", "proxyprotocol: http_v1x0"} {
		if _, said := Parse("", text); !said.HasErrors() {
			t.Errorf("%q: accepted", text)
		}
	}
	file, said := Parse("", inPlace(keyword.SocksRule, "session.state-key: from\nsession.state max: 5"))
	if said.HasErrors() {
		t.Fatal(said.Err())
	}
	block := file.Items[len(file.Items)-1].Block
	for i, id := range []keyword.ID{keyword.SessionStateKey, keyword.SessionStateMax} {
		if got := block.Nodes[len(block.Nodes)-2+i].Row.ID; got != id {
			t.Errorf("got row %d, want %d", got, id)
		}
	}
}
