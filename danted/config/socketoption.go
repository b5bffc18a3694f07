package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

func readSocketOption(r *reader, n *syntax.Node) {
	if o, _, add := r.socketOption(n); add {
		r.cfg.SocketOptions = append(r.cfg.SocketOptions, at(n, o))
	}
}

// side gives the side a statement is about.
func side(n *syntax.Node) plan.Side {
	switch n.Row.ID {
	case keyword.InternalSocket, keyword.InternalLogError, keyword.InternalLogDisabled, keyword.InternalLogEnabled:
		return plan.Internal
	}
	return plan.External
}

// socketOption checks a socket option; ok is false when it is wrong, add when it is not to be used.
func (r *reader) socketOption(n *syntax.Node) (o plan.SocketOption, ok, add bool) {
	s := n.Socket
	o = plan.SocketOption{Side: side(n), Level: s.Level.Value, Name: s.Name.Value, Value: r.text(s.Value)}
	opt, known, ok := r.socketName(n)
	if !ok {
		return o, false, false
	}
	if known {
		o.Early = opt.Early
		// Socket-level options are often written with the protocol they are for.
		if o.Level != opt.Level && !(opt.Level == "socket" && (o.Level == "udp" || o.Level == "tcp")) {
			r.warn(s.Name, codeOptionLevel, fmt.Sprintf("to our knowledge socket option %q is not valid at the protocol level given (%s)", opt.Name, o.Level),
				"write "+n.Key.Value+opt.Level+"."+opt.Name)
		}
	}
	if syntax.IsNumber(s.Value) {
		if _, ok := r.number(s.Value); !ok {
			return o, false, false
		}
	} else if !known {
		r.fail(s.Value, codeUnknownSymbol, "the given socket option is unknown, so can not lookup symbolic option value", "write a number")
		return o, false, false
	} else if !slices.Contains(opt.Symbols, o.Value) {
		// COMPAT: danted dies of an internal error here; a negative number is one of these.
		hint := "write a number"
		if len(opt.Symbols) > 0 {
			hint = "the symbols are: " + strings.Join(opt.Symbols, " ")
		}
		r.fail(s.Value, codeUnknownSymbol, fmt.Sprintf("symbolic value %q is unknown for socket option %s", o.Value, opt.Name), hint)
		return o, false, false
	}
	if known && !opt.Settable {
		r.warn(s.Name, codeOptionFixed, fmt.Sprintf("option %q not user settable, ignoring", opt.Name), "remove the line")
		return o, true, false
	}
	return o, true, true
}

// socketName finds the option of a name or number. Numbers that stand for no known option are used as they are.
func (r *reader) socketName(n *syntax.Node) (opt keyword.SocketOpt, known, ok bool) {
	t := n.Socket.Name
	if syntax.IsNumber(t) {
		number, ok := r.number(t)
		if !ok {
			return opt, false, false
		}
		opt, known = keyword.SocketOptByNumber(n.Socket.Level.Value, int64(int32(number)))
		return opt, known, true
	}
	opt, known = keyword.SocketOptByName(t.Value)
	if known {
		return opt, true, true
	}
	hint := "an option can be given by its number as well: " + n.Key.Value + n.Socket.Level.Value + "." + strconv.Itoa(1)
	if best, ok := keyword.Nearest(t.Value, keyword.SocketOptNames()); ok {
		hint = `did you mean "` + best + `"?`
	}
	if strings.HasPrefix(t.Value, "ipv6_") {
		// COMPAT: danted knows names of IPv6 options but no level for them, and dies of an internal error.
		hint = "options of IPv6 sockets cannot be set"
	}
	r.fail(t, codeUnknownOption, fmt.Sprintf("unknown socket option %q", t.Value), hint)
	return opt, false, false
}
