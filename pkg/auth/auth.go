// Package auth is the vocabulary of authentication: Dante's method names, credentials and what a check of them can
// answer. It checks nothing itself (packages below it do, in the process made for it) and knows no wire format.
package auth

import "strings"

// Method is an authentication method as sockd.conf names it.
type Method uint8

// The methods. Unset means that no method has been determined yet.
const (
	Unset Method = iota
	None
	Username
	RFC931
	PAMAny
	PAMAddress
	PAMUsername
	GSSAPI
	BSDAuth
)

var names = [...]string{
	Unset: "notset", None: "none", Username: "username", RFC931: "rfc931", PAMAny: "pam.any",
	PAMAddress: "pam.address", PAMUsername: "pam.username", GSSAPI: "gssapi", BSDAuth: "bsdauth",
}

// String gives the spelling of sockd.conf.
func (m Method) String() string {
	if int(m) < len(names) {
		return names[m]
	}
	return "unknown"
}

// ParseMethod gives the method with that spelling; Unset has none.
func ParseMethod(s string) (Method, bool) {
	for i, n := range names {
		if n == s && Method(i) != Unset {
			return Method(i), true
		}
	}
	return Unset, false
}

// ProvidesName tells whether a client of this method has, or can have, a user name: the methods a rule with `user`
// or `group` keeps (Dante lib/method, methodcanprovide).
func (m Method) ProvidesName() bool {
	switch m {
	case BSDAuth, GSSAPI, PAMAddress, PAMUsername, RFC931, Username:
		return true
	}
	return false
}

// ForReplies tells whether a bind or UDP reply can have this method: it comes without credentials.
func (m Method) ForReplies(udp bool) bool {
	switch m {
	case None, PAMAny, PAMAddress:
		return true
	case RFC931:
		return !udp
	}
	return false
}

// Methods is an ordered list; the order is the server's preference.
type Methods []Method

// Has tells whether m is listed.
func (l Methods) Has(m Method) bool {
	for _, x := range l {
		if x == m {
			return true
		}
	}
	return false
}

func (l Methods) String() string {
	s := make([]string, len(l))
	for i, m := range l {
		s[i] = m.String()
	}
	return strings.Join(s, ", ")
}

// MaxField is the longest user name or password in bytes (RFC 1929: a length byte).
const MaxField = 255

// Failure is why credentials were not accepted.
type Failure uint8

// The failures. NoFailure means that they were accepted.
const (
	NoFailure     Failure = iota
	NoRecord              // the user has no record in the password database, or it cannot be read
	WrongPassword         // the record does not accept this password
	Unavailable           // no check was possible: helper gone, overloaded or timed out
)

// Membership is how a user belongs to a group.
type Membership uint8

// The memberships.
const (
	NoSuchGroup   Membership = iota // there is no group of that name
	NotMember                       // the group exists, the user is not in it
	Member                          // the user is listed as a member
	PrimaryMember                   // it is the user's primary group
)

// Is tells whether the user belongs to the group in any way.
func (m Membership) Is() bool { return m >= Member }
