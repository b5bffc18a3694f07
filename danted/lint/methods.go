package lint

import (
	"fmt"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// offers tells which methods of the wire the lists of the client-rules lead to.
type offers struct {
	always map[socks.Method]bool // also when the client offers to do without any, as most do
	ever   map[socks.Method]bool // when the client offers nothing else
}

// wire is what clients can offer.
func wire() []socks.Method {
	return []socks.Method{socks.MethodNoAuth, socks.MethodUserPass, socks.MethodGSSAPI}
}

func (l *linter) offers() offers {
	o := offers{always: map[socks.Method]bool{}, ever: map[socks.Method]bool{}}
	for _, r := range l.client {
		if !r.passes() {
			continue
		}
		for _, m := range wire() {
			if _, ok := acl.ChooseMethod(r.SocksMethods, []socks.Method{m}); ok {
				o.ever[m] = true
			}
			both := []socks.Method{socks.MethodNoAuth, m}
			if got, ok := acl.ChooseMethod(r.SocksMethods, both); ok {
				o.always[got] = true
			}
		}
	}
	return o
}

// needs gives the method of the wire without which a client cannot have a method; ok is false when there is none.
func needs(m auth.Method) (socks.Method, bool) {
	switch m {
	case auth.None:
		return socks.MethodNoAuth, true
	case auth.Username, auth.PAMUsername, auth.BSDAuth:
		return socks.MethodUserPass, true
	case auth.GSSAPI:
		return socks.MethodGSSAPI, true
	}
	return 0, false
}

func methodNotOffered(l *linter) {
	o := l.offers()
	if len(o.ever) == 0 {
		return // no client gets that far
	}
	for _, r := range l.socks {
		if r.dead || r.commands&^replies == 0 || len(r.SocksMethods) == 0 {
			continue
		}
		ever, always := false, false
		for _, m := range r.SocksMethods {
			w, ok := needs(m)
			ever, always = ever || !ok || o.ever[w], always || !ok || o.always[w]
		}
		hint := "add it to the socksmethod line of the client-rule, before none"
		switch {
		case !ever:
			l.about(r, diag.Warning, fmt.Sprintf("%s is for method %s, which no client-rule offers", r, r.SocksMethods), hint, keyword.SocksMethod)
		case !always:
			l.about(r, diag.Warning, fmt.Sprintf("%s is for method %s, which clients that offer to do without a password are never asked for: the client-rules prefer that", r, r.SocksMethods),
				"write none and rfc931 last in the socksmethod line of the client-rule, or of the file", keyword.SocksMethod)
		}
	}
}

// asksPassword tells whether a list makes clients send a password.
func asksPassword(list auth.Methods) bool {
	m, ok := acl.ChooseMethod(list, []socks.Method{socks.MethodUserPass})
	return ok && m == socks.MethodUserPass
}

func passwordInClear(l *linter) {
	for _, r := range l.client {
		if !r.passes() || !asksPassword(r.SocksMethods) || inside(r.From, private()...) {
			continue
		}
		for _, v := range l.cfg.Internal {
			if a := v.V.Addr(); !holds(r.To, v.V) || !public(r.To, a) || l.isLoopback(v.Name, a) || !l.isFor(r, a.Is4()) {
				continue
			}
			l.say(v.Pos, diag.Warning, fmt.Sprintf("clients from public networks send their passwords in clear: SOCKS does not encrypt them, and %s on line %d asks for them here", r, r.Line),
				"bind to 127.0.0.1 behind a TLS tunnel, or let only private networks in")
			return
		}
	}
}

func passwordNeedsRoot(l *linter) {
	u := l.cfg.Privileged
	if !u.V.IsSet() || u.V.UID == 0 {
		return
	}
	for _, r := range l.socks {
		if r.passes() && r.SocksMethods.Has(auth.Username) && r.commands&^replies != 0 {
			l.say(u.Pos, diag.Warning, fmt.Sprintf("method username needs /etc/shadow, which %q cannot read: all passwords will be wrong", u.V.Name),
				"write user.privileged: root, or use method pam.username")
			return
		}
	}
}

func unknownUser(l *linter) {
	said := map[string]bool{}
	for _, r := range l.socks {
		if r.dead || len(r.SocksMethods) != 1 || !r.SocksMethods.Has(auth.Username) {
			continue
		}
		for _, name := range r.Users {
			if said[name] || l.mayExist(name) {
				continue
			}
			said[name] = true
			l.about(r, diag.Warning, fmt.Sprintf("there is no user %q on this machine, and method username knows no others", name), "correct the name, or create the user", keyword.RuleUser)
		}
	}
}

// mayExist tells whether a user exists or nobody asked.
func (l *linter) mayExist(name string) bool {
	if s, ok := l.facts.(*hostfacts.Snapshot); ok {
		if _, known := s.Users[name]; !known {
			return true
		}
	}
	_, _, ok := l.facts.User(name)
	return ok
}
