package acl

import (
	"slices"

	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// ChooseMethod picks the wire method for a greeting: the first of the rule's methods, in the rule's order, for which
// the client offered a wire method that can carry it (dante-reference 5.4). ok is false when there is none; an empty
// list accepts nobody.
func ChooseMethod(list auth.Methods, offered []socks.Method) (m socks.Method, ok bool) {
	for _, want := range list {
		for _, wire := range wireMethods(want) {
			if slices.Contains(offered, wire) {
				return wire, true
			}
		}
	}
	return socks.MethodNoAcceptable, false
}

func wireMethods(m auth.Method) []socks.Method {
	switch m {
	case auth.None:
		return []socks.Method{socks.MethodNoAuth}
	case auth.Username, auth.PAMUsername, auth.BSDAuth:
		return []socks.Method{socks.MethodUserPass}
	case auth.PAMAny, auth.PAMAddress:
		return []socks.Method{socks.MethodUserPass, socks.MethodNoAuth}
	case auth.RFC931:
		return []socks.Method{socks.MethodNoAuth, socks.MethodUserPass}
	case auth.GSSAPI:
		return []socks.Method{socks.MethodGSSAPI}
	}
	return nil
}

// UniquePassword tells whether an RFC 1929 exchange can be judged at once, before the request is known: only when one
// password database is configured could no rule judge it otherwise (Dante sockd/method_uname.c).
func UniquePassword(global auth.Methods) (auth.Method, bool) {
	if global.Has(auth.Username) && !global.Has(auth.PAMUsername) && !global.Has(auth.BSDAuth) {
		return auth.Username, true
	}
	return auth.Unset, false
}
