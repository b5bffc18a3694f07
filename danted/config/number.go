package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/rustsocks/rustsocks/danted/syntax"
)

// number reads a number as danted does: octal with a leading 0, hexadecimal with 0x.
func (r *reader) number(t syntax.Token) (int64, bool) {
	text := r.text(t)
	n, err := strconv.ParseInt(text, 0, 64)
	switch {
	case err == nil:
		return n, true
	case errors.Is(err, strconv.ErrRange):
		r.fail(t, codeNumberRange, "number given is out of range: Numerical result out of range", "the largest number is 9223372036854775807")
	default:
		r.fail(t, codeBadNumber, `"`+text+`" is confusing; thought there would be a number here`,
			"a number that begins with 0 is octal: write "+strings.TrimLeft(text, "0"))
	}
	return 0, false
}

// positive reads a number that must not be 0.
func (r *reader) positive(t syntax.Token) (int64, bool) {
	n, ok := r.number(t)
	if ok && n == 0 {
		r.fail(t, codeNotPositive, "number (0) must be > 0", "to set no limit, remove the line")
		return 0, false
	}
	return n, ok
}

// single reads the number of a statement that takes one.
func (r *reader) single(n *syntax.Node) (int64, bool) {
	if n.Number.Minus.Value != "" {
		r.fail(n.Number.Minus, codeNegative, `syntax error near "-": a number cannot be negative here`, "")
		return 0, false
	}
	return r.number(n.Number.Value)
}

// portNumber reads a port number.
func (r *reader) portNumber(t syntax.Token) (uint16, bool) {
	n, ok := r.number(t)
	if ok && n > 65535 {
		r.fail(t, codeNumberRange, fmt.Sprintf("number %d is too large; maximum is 65535", n), "")
		return 0, false
	}
	return uint16(n), ok
}

// tooLong checks the size of a value; limit is the first size danted refuses.
func (r *reader) tooLong(t syntax.Token, limit int) bool {
	text := r.text(t)
	if len(text) < limit {
		return false
	}
	r.fail(t, codeTooLong, fmt.Sprintf("the value given is %d bytes long, but the maximum length is %d", len(text), limit-1), "")
	return true
}
