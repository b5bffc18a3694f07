package config

import (
	"testing"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// Every keyword that is accepted somewhere is read there: a row without a handler would be ignored in silence.
func TestHandlersAreTotal(t *testing.T) {
	has := map[keyword.Scope]func(keyword.ID) bool{
		keyword.Global:     func(id keyword.ID) bool { return globalHandlers[id] != nil },
		keyword.ClientRule: func(id keyword.ID) bool { return ruleHandlers[id] != nil },
		keyword.SocksRule:  func(id keyword.ID) bool { return ruleHandlers[id] != nil },
		keyword.Route:      func(id keyword.ID) bool { return routeHandlers[id] != nil },
		keyword.Monitor:    func(id keyword.ID) bool { return monitorHandlers[id] != nil },
	}
	for _, r := range keyword.All() {
		if r.Status == keyword.Refused || r.Shape == keyword.Ignored {
			continue
		}
		for _, where := range r.Where.Each() {
			if where == keyword.HostidRule {
				continue // such rules are refused as a whole
			}
			if !has[where](r.ID) {
				t.Errorf("%s has no handler in a %s", r.Name, where)
			}
		}
	}
}

func TestHandlersHaveRows(t *testing.T) {
	check := func(where keyword.Scope, id keyword.ID) {
		if r := keyword.Get(id); r.Where&where == 0 {
			t.Errorf("there is a handler for %s in a %s, where it cannot be", r.Name, where)
		}
	}
	for id := range globalHandlers {
		check(keyword.Global, id)
	}
	for id := range ruleHandlers {
		check(keyword.AnyRule, id)
	}
	for id := range routeHandlers {
		check(keyword.Route, id)
	}
	for id := range monitorHandlers {
		check(keyword.Monitor, id)
	}
}

func TestVocabulariesAreRead(t *testing.T) {
	for id, known := range map[keyword.ID]func(string) bool{
		keyword.Command:       func(w string) bool { return commandBits[w] != 0 },
		keyword.ProxyProtocol: func(w string) bool { return versionBits[w] != 0 },
		keyword.Log:           func(w string) bool { return logSet[w] != 0 },
	} {
		for _, w := range keyword.Get(id).Words {
			if !known(w.Text) {
				t.Errorf("%s: %q means nothing", keyword.Get(id).Name, w.Text)
			}
		}
	}
}

func TestLibwrapLines(t *testing.T) {
	// Danted's verdicts, found by asking it (twist and spawn run nothing when a file is read).
	for line, ok := range map[string]bool{
		" umask 022": true, " linger 10": true, " keepalive": true, " spawn /bin/true": true, " twist /bin/true": true,
		" rfc931": true, " rfc931 10": true, " setenv A b": true, " setenv A": true, " nice": true, " nice 5": true,
		" severity info": true, " banners /tmp": true, " aclexec /bin/true": true, " SPAWN /bin/true": true,
		" spawn /bin/true : keepalive": true, " keepalive : spawn /bin/true": true, " spawn = /bin/true": true,
		" spawn /bin/echo a\\:b": true, " nice:": true, " nice:nice": true, " nice -5": true, " nice +5": true,
		" nice = 5": true, " nice 9999999999999999999999": true, " linger 0": true, " linger 99999999999": true,
		" rfc931 05": true, " setenv = B": true, " setenv A B=C": true, " severity local0.info": true,
		" severity KERN.debug": true, " umask 777": true, " umask +22": true, " twist /bin/true:": true,
		" nice : twist /bin/true": true, " aclexec /bin/true : nice": true, " keepalive =": true,
		" nice::": false, " nice: ": false, ":": false, " nice 5x": false, " nice 5 6": false, " nice 0x5": false,
		" linger -1": false, " linger 5x": false, " linger 9999999999999999999999": false, " rfc931 0": false,
		" rfc931 -1": false, " setenv A=B": false, " setenv A= B": false, " setenv =": false, " umask -1": false,
		" umask 1777": false, " severity local0": false, " severity local8.info": false, " severity authpriv.info": false,
		" severity warn": false, " severity .info": false, " severity local0.": false, " severity info info": false,
		" severity local0.info.x": false, " twist /bin/true : nice": false,
		" user nobody": false, " group nogroup": false, " allow": false, " deny": false, " foo": false, " spawn": false,
		" setenv": false, " umask": false, " linger": false, " keepalive 1": false, " keepalive : deny": false,
		" : keepalive": false, " ": false, " nice x": false, " umask 9": false, " spawn(/bin/true)": false,
	} {
		if got := libwrapProblem(line); (got == "") != ok {
			t.Errorf("%q: %q, accepted by danted: %v", line, got, ok)
		}
	}
}

func TestDefaultsComeFromTheTable(t *testing.T) {
	c := defaults()
	if c.Timeouts.Connect.V.Seconds() != 30 || c.Timeouts.Negotiate.V.Seconds() != 30 ||
		c.Timeouts.TCPIO.V != 0 || c.Timeouts.UDPIO.V.Hours() != 24 || c.Timeouts.FinWait.V != 0 {
		t.Errorf("timeouts: %+v", c.Timeouts)
	}
	if c.ClientMethods.V.String() != "none" || len(c.SocksMethods.V) != 0 || c.Rotation.V != "none" || c.Resolver.V != "udp" ||
		!c.ConnectDst.V || c.HostsAccess.V || c.MaxFail.V != 1 || c.BadExpire.V.Seconds() != 300 || c.Debug.V != 0 {
		t.Errorf("%+v", c)
	}
	if c.Timeouts.Connect.Origin != Default || c.Timeouts.Connect.Pos.IsValid() {
		t.Error("a default is said to be written somewhere")
	}
}
