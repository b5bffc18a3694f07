package shadow

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/auth"
)

// Passwords checks passwords against records. Use New.
type Passwords struct {
	hashOf func(user string) (string, error)
	// setting is hashed with for users who have no usable hash, so that who asks cannot tell them by the time it takes.
	// It follows the hashes that are really in use here.
	setting string
}

// New gives those of the system's own database.
func New() *Passwords {
	return &Passwords{hashOf: systemHash, setting: defaultSetting()}
}

// noReason is what Dante prints when the system gives no reason.
const noReason = "no system error"

// Verify tells why the password is not that of the user. The reason is the system's for NoRecord and Unavailable.
func (p *Passwords) Verify(user string, password []byte) (why auth.Failure, reason string) {
	hash, err := p.hashOf(user)
	if err != nil || !usable(hash) {
		crypt(password, p.setting)
	}
	var errno unix.Errno
	switch {
	case err == nil && !usable(hash):
		return auth.WrongPassword, ""
	case err == nil:
		return p.compare(hash, password)
	case errors.As(err, &errno):
		return auth.NoRecord, strerror(errno)
	case errors.Is(err, errNoRecord):
		return auth.NoRecord, noReason
	}
	return auth.Unavailable, err.Error()
}

func (p *Passwords) compare(hash string, password []byte) (auth.Failure, string) {
	if !affordable(hash) {
		return auth.Unavailable, errTooCostly.Error()
	}
	ok := matches(password, hash)
	p.setting = settingOf(hash)
	if !ok {
		return auth.WrongPassword, ""
	}
	return auth.NoFailure, ""
}

// usable tells whether some password can have the hash at all: not for accounts without one or with a lock on it.
func usable(hash string) bool {
	return hash != "" && hash[0] != '*' && hash[0] != '!' && hash != "x"
}

// strerror gives the C library's text of an error number, which begins with a capital.
func strerror(errno unix.Errno) string {
	s := errno.Error()
	return strings.ToUpper(s[:1]) + s[1:]
}

// settingOf gives the part of a hash that says how it is made: method, cost and salt.
func settingOf(hash string) string {
	n := 2 // DES: two characters of salt
	switch {
	case strings.HasPrefix(hash, "$2"): // bcrypt: the salt has 22 characters and no end
		n = len("$2b$10$") + 22
	case strings.HasPrefix(hash, "$"):
		n = strings.LastIndexByte(hash, '$') + 1
	case strings.HasPrefix(hash, "_"): // BSDi's DES: count and salt have four characters each
		n = 9
	}
	return hash[:min(n, len(hash))]
}
