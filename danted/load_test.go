package danted

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
)

// copied sends a snapshot through its JSON form, as it crosses to another process.
func copied(t *testing.T, s *hostfacts.Snapshot) *hostfacts.Snapshot {
	t.Helper()
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back hostfacts.Snapshot
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	return &back
}

// placed gives a whole file with a statement in one of its places.
func placed(where keyword.Scope, statement string, instead bool) string {
	address := "from: 0/0 to: 10.0.0.0/8"
	if where == keyword.Route {
		address += " via: 127.0.0.1"
	}
	if instead {
		var lines []string
		for _, id := range block(where).Order {
			line := keyword.Get(id).Example
			if strings.HasPrefix(statement, keyword.Get(id).Name+":") {
				line = statement
			}
			lines = append(lines, line)
		}
		address, statement = strings.Join(lines, "\n"), ""
	}
	text := "logoutput: stderr\ninternal: lo port = 1080\nexternal: lo\nuser.unprivileged: nobody\nuser.libwrap: nobody\nsocksmethod: username none\n"
	if where == keyword.Global {
		if strings.Contains(statement, ".protocol") {
			text = statement + "\n" + text
		} else {
			text += statement + "\n"
		}
	}
	rest := map[keyword.Scope]string{keyword.ClientRule: "client pass", keyword.SocksRule: "socks pass", keyword.Route: "route", keyword.Monitor: "monitor"}
	for _, s := range []keyword.Scope{keyword.ClientRule, keyword.SocksRule} {
		if s != where {
			text += rest[s] + " { from: 0/0 to: 0/0 }\n"
		}
	}
	if where != keyword.Global {
		alarm := ""
		if where == keyword.Monitor {
			alarm = "internal.alarm.data.send: 1 in 2\n"
		}
		text += rest[where] + " {\n" + address + "\n" + alarm + statement + "\n}\n"
	}
	return text
}

func block(where keyword.Scope) keyword.Block {
	b, _ := keyword.ByScope(where)
	return b
}

// What the table says of a keyword is what happens to its example: it works in silence, has no effect and says so, is
// not supported yet and says so, or is refused.
func TestStatusIsWhatHappens(t *testing.T) {
	for _, r := range keyword.All() {
		for _, where := range r.Where.Each() {
			if where == keyword.HostidRule {
				continue
			}
			statement := r.Example
			switch r.ID {
			case keyword.SessionStateKey:
				statement += "\nsession.state.max: 1"
			case keyword.SessionStateMax, keyword.SessionStateThrottle:
				statement += "\nsession.state.key: from"
			case keyword.ExternalSocket:
				if where == keyword.ClientRule {
					continue // danted's grammar has it and its checks refuse it, and so do ours
				}
			case keyword.RuleUser, keyword.RuleGroup:
				if where == keyword.ClientRule {
					continue // needs a method that is not available yet
				}
			}
			text := placed(where, statement, r.Many == keyword.Once && r.Status != keyword.Refused)
			verify := func(mode Mode) diag.List {
				_, said := Load("f", []byte(text), machine{root: true}, Options{Mode: mode})
				return said
			}
			said, start := verify(Verify), verify(Start)
			covered := where == keyword.Monitor
			switch {
			case r.Status == keyword.Refused:
				if !said.HasErrors() {
					t.Errorf("%s in a %s is refused, says the table, and was accepted", r.Name, where)
				}
				continue
			case said.HasErrors():
				t.Errorf("%s in a %s:\n%s%s", r.Name, where, text, said.Text())
				continue
			case r.Status == keyword.NotYet || covered:
				if !said.Has("not-yet") || !start.HasErrors() {
					t.Errorf("%s in a %s is not supported yet, and that is not said", r.Name, where)
				}
				continue
			case start.HasErrors():
				t.Errorf("%s in a %s works, says the table, and the daemon does not start with it:\n%s", r.Name, where, start.Text())
			}
			if r.Status == keyword.NoEffect && !said.Has("no-effect") && !said.Has("ignored-keyword") {
				t.Errorf("%s in a %s has no effect, and that is not said", r.Name, where)
			}
			if r.Status == keyword.Works && len(said) > 0 {
				t.Errorf("%s in a %s works, and still there is something to say:\n%s", r.Name, where, said.Text())
			}
		}
	}
}

// Keywords that must come first are refused when they come last.
func TestOrder(t *testing.T) {
	n := 0
	for _, r := range keyword.All() {
		for _, id := range r.After {
			n++
			first, then := keyword.Get(id).Example, r.Example
			where := r.Where.Each()[0]
			// A file has its addresses before the statement that should have come first.
			text := strings.Replace(placed(keyword.Global, "", false), "external: lo\n", "external: lo\n"+first+"\n", 1)
			switch where {
			case keyword.Global:
			case keyword.Route:
				text = "route {\nfrom: 0/0\n" + then + "\n" + first + "\n}\n"
			default:
				text = "client pass {\n" + then + "\n" + first + "\n}\n"
			}
			_, said := Load("f", []byte(text), machine{root: true}, Options{})
			if !said.Has("family-too-late") && !said.Has("address-order") {
				t.Errorf("%s behind %s:\n%s%s", keyword.Get(id).Name, r.Name, text, said.Text())
			}
		}
	}
	if n == 0 {
		t.Error("no keyword has an order")
	}
}

// Every word of a vocabulary is accepted, refused or not supported yet, as the table says.
func TestWordsOfVocabularies(t *testing.T) {
	// Words that other checks refuse in the place they are tried in.
	refused := map[string]bool{
		"clientmethod: username": true, "clientmethod: pam.username": true, "clientmethod: pam": true,
		"method: rfc931": true, "method: pam.any": true, "method: pam.address": true, "method: pam.username": true, "method: pam": true,
	}
	for _, r := range keyword.All() {
		if r.Status == keyword.Refused || r.Shape == keyword.CPU || r.Shape == keyword.StateKey {
			continue
		}
		where := r.Where.Each()[0]
		key, _, _ := strings.Cut(r.Example, ":")
		for _, w := range r.Words {
			statement := key + ": " + w.Text
			text := placed(where, statement, false)
			_, verify := Load("f", []byte(text), machine{root: true}, Options{})
			_, start := Load("f", []byte(text), machine{root: true}, Options{Mode: Start})
			if want := w.Status == keyword.Refused || refused[statement]; want != verify.HasErrors() {
				t.Errorf("%s: refused %v, want %v\n%s", statement, verify.HasErrors(), want, verify.Text())
			}
			if w.Status == keyword.NotYet && r.ID != keyword.ExternalRotation && !start.HasErrors() {
				t.Errorf("%s is not supported yet, and the daemon starts with it", statement)
			}
		}
	}
}

func TestEmptyAndTiny(t *testing.T) {
	for _, text := range []string{"", "\n", "#", "\\", "\\\n", "}", "{", ":", "\x00", "\xff", "client pass {", "from:", "internal:", "libwrap:"} {
		if p, said := Load("f", []byte(text), machine{root: true}, Options{}); p != nil || !said.HasErrors() {
			t.Errorf("%q was accepted", text)
		}
	}
}
