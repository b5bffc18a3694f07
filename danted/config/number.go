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
	n, err := strconv.ParseInt(r.text(t), 0, 64)
	return n, r.checkNumber(t, err)
}

// checkNumber refuses what only looks like a number.
func (r *reader) checkNumber(t syntax.Token, err error) bool {
	text := r.text(t)
	switch {
	case err == nil:
		return true
	case errors.Is(err, strconv.ErrRange):
		r.fail(t, codeNumberRange, "number given is out of range: Numerical result out of range", "the largest number is 9223372036854775807")
	default:
		r.fail(t, codeBadNumber, `"`+text+`": confusing.  Thought we would have a number here`,
			"a number that begins with 0 is octal: write "+strings.TrimLeft(text, "0"))
	}
	return false
}

// positive reads a number that must not be 0.
func (r *reader) positive(t syntax.Token) (int64, bool) {
	n, ok := r.number(t)
	return n, ok && r.checkPositive(t, n)
}

func (r *reader) checkPositive(t syntax.Token, n int64) bool {
	if n == 0 {
		r.fail(t, codeNotPositive, "number (0) must be > 0", "to set no limit, remove the line")
	}
	return n > 0
}

// single reads the number of a statement that takes one.
func (r *reader) single(n *syntax.Node) (int64, bool) {
	if !r.checkNegative(n) {
		return 0, false
	}
	return r.number(n.Number.Value)
}

func (r *reader) checkNegative(n *syntax.Node) bool {
	if n.Number.Minus.Value != "" {
		r.fail(n.Number.Minus, codeNegative, `syntax error near "-": a number cannot be negative here`, "")
		return false
	}
	return true
}

// portNumber reads a port number.
func (r *reader) portNumber(t syntax.Token) (uint16, bool) {
	n, ok := r.number(t)
	return uint16(n), ok && r.checkPortNumber(t, n)
}

func (r *reader) checkPortNumber(t syntax.Token, n int64) bool {
	if n > 65535 {
		r.fail(t, codePortRange, fmt.Sprintf("number %d is too large.  Maximum is 65535", n), "")
	}
	return n <= 65535
}

// checkLength checks the size of a value; limit is the first size danted refuses.
func (r *reader) checkLength(t syntax.Token, limit int) bool {
	text := r.text(t)
	if len(text) < limit {
		return true
	}
	r.fail(t, codeTooLong, fmt.Sprintf("the value given is %d bytes long, but the maximum length is %d", len(text), limit-1), "")
	return false
}
