package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/auth"
)

func readClientMethod(r *reader, n *syntax.Node) {
	// A second line of the file replaces the first.
	r.cfg.ClientMethods = at(n, r.methods(n, nil))
}

func readSocksMethod(r *reader, n *syntax.Node) {
	r.cfg.SocksMethods = at(n, r.methods(n, nil))
}

// methods reads a list of methods and adds it to those there are.
func (r *reader) methods(n *syntax.Node, list auth.Methods) auth.Methods {
	for _, t := range n.Words.Values {
		w, _ := n.Row.Word(t.Value)
		m, ok := auth.ParseMethod(r.checkMethodName(t, w))
		switch {
		case !ok:
			// A method of a feature that no part of this server knows.
			r.checkFeature(t, w.Needs)
			continue
		case n.Row.ID == keyword.ClientMethod && !r.checkClientMethod(t, m),
			!r.checkDuplicateMethod(t, list, m), !r.checkFeature(t, w.Needs):
			continue
		}
		if w.Status == keyword.NotYet {
			r.notYet(t, n.Row.Name+": "+m.String(), n.Row.Note)
		}
		list = append(list, m)
	}
	return list
}

// checkMethodName gives the name of a method, with a warning when it was written in the old way.
func (r *reader) checkMethodName(t syntax.Token, w keyword.Word) string {
	if w.Old == "" {
		return w.Text
	}
	r.warn(t, codeDeprecated, `keyword "`+w.Text+`" is deprecated - assuming the new keyword "pam.*" was meant`, `write "`+w.Old+`"`)
	return w.Old
}

func (r *reader) checkClientMethod(t syntax.Token, m auth.Method) bool {
	if !validForClients(m) {
		r.fail(t, codeNotClientMethod, fmt.Sprintf("method %s is not a valid method for clientmethods", m),
			"it needs something from the client, which has not sent anything yet; write it behind socksmethod")
		return false
	}
	return true
}

func (r *reader) checkDuplicateMethod(t syntax.Token, list auth.Methods, m auth.Method) bool {
	if list.Has(m) {
		r.warn(t, codeDuplicateMethod, "duplicate method: "+m.String()+".  Already set on this methodline", "remove it")
		return false
	}
	return true
}

// validForClients tells whether a client can be identified by the method before it has sent anything.
func validForClients(m auth.Method) bool {
	switch m {
	case auth.None, auth.RFC931, auth.PAMAny, auth.PAMAddress:
		return true
	}
	return false
}

// checkNoneShadows warns of methods behind none, which are never used.
func (r *reader) checkNoneShadows(pos diag.Pos, list auth.Methods, where string) {
	i := slices.Index(list, auth.None)
	if i < 0 || i+1 == len(list) {
		return
	}
	r.about(diag.Warning, pos, codeNoneShadows, fmt.Sprintf(`authentication method "none" is configured in %s, but since authentication methods are selected by the priority given, we will never try to match any of the subsequent authentication methods; no match will ever be attempted on the next method, method "%s"`,
		where, list[i+1]), `write "none" last, or leave it out`)
}

// checkMethods makes the checks of the global lists that need all of the file.
func (r *reader) checkMethods() {
	socks := r.cfg.SocksMethods
	if socks.V.Has(auth.RFC931) || r.cfg.ClientMethods.V.Has(auth.RFC931) {
		r.usesLibwrap = true
	}
	if len(socks.V) == 0 {
		if !r.file.Broken[keyword.SocksMethod] {
			r.whole(diag.Warning, codeNoMethods, "no socks authentication methods enabled.  This means all socks requests will be blocked after negotiation.  Perhaps this is not intended?",
				"add for instance: socksmethod: username")
		}
		return
	}
	r.checkNoneShadows(socks.Pos, socks.V, "the global socksmethod list")
}

// quoted gives a list as danted's messages do.
func quoted(l auth.Methods) string {
	if len(l) == 0 {
		return `""`
	}
	return `"` + strings.Join(strings.Split(l.String(), ", "), ", ") + `"`
}
