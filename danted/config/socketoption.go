package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/acl"
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

// socketOption reads a socket option; ok is false when it is wrong, add when it is not to be used.
func (r *reader) socketOption(n *syntax.Node) (o plan.SocketOption, ok, add bool) {
	s := n.Socket
	o = plan.SocketOption{Side: side(n), Level: s.Level.Value, Name: s.Name.Value, Value: r.text(s.Value)}
	opt, known, ok := r.socketName(n)
	if !ok {
		return o, false, false
	}
	if known {
		o.Early = opt.Early
		r.checkOptionLevel(n, opt)
	}
	value, ok := r.socketValue(s.Value, opt, known)
	if !ok {
		return o, false, false
	}
	if known && !r.checkSettable(n, opt) {
		return o, true, false
	}
	// COMPAT: a known option is set at its own level. The level that was written only chooses the sockets.
	level := o.Level
	o.OptionNumber = opt.Number
	if known {
		level, o.Option = opt.Level, opt.Name
	} else {
		number, _ := r.number(s.Name)
		o.OptionNumber = int(int32(number))
	}
	o.LevelNumber = levelNumbers[level]
	o.Protocols = acl.ProtoTCP | acl.ProtoUDP
	switch o.Level {
	case "tcp":
		o.Protocols = acl.ProtoTCP
	case "udp":
		o.Protocols = acl.ProtoUDP
	}
	// COMPAT: danted keeps the value in a C int.
	o.Int = int32(value << tosShift[opt.Name])
	return o, true, true
}

// checkOptionLevel warns of an option at another level than its own. Socket-level options are often written with the
// protocol they are for.
func (r *reader) checkOptionLevel(n *syntax.Node, opt keyword.SocketOpt) {
	written := n.Socket.Level.Value
	if written != opt.Level && !(opt.Level == "socket" && (written == "udp" || written == "tcp")) {
		r.warn(n.Socket.Name, codeOptionLevel, fmt.Sprintf("to our knowledge socket option %q is not valid at the protocol level given (%s)", opt.Name, written),
			"write "+n.Key.Value+opt.Level+"."+opt.Name)
	}
}

// checkSettable warns of an option danted knows and does not set.
func (r *reader) checkSettable(n *syntax.Node, opt keyword.SocketOpt) bool {
	if !opt.Settable {
		r.warn(n.Socket.Name, codeOptionFixed, fmt.Sprintf("option %q not user settable, ignoring", opt.Name), "remove the line")
	}
	return opt.Settable
}

// socketValue reads the value of an option: a number, or one of the option's symbols.
func (r *reader) socketValue(t syntax.Token, opt keyword.SocketOpt, known bool) (int64, bool) {
	if syntax.IsNumber(t) {
		return r.number(t)
	}
	if !r.checkOptionValue(t, opt, known) {
		return 0, false
	}
	return socketSymbol(opt.Name, r.text(t)), true
}

// checkOptionValue checks that a symbol is one of the option's.
func (r *reader) checkOptionValue(t syntax.Token, opt keyword.SocketOpt, known bool) bool {
	text := r.text(t)
	switch {
	case !known:
		r.fail(t, codeOptionValue, "the given socket option is unknown, so can not lookup symbolic option value", "write a number")
		return false
	case slices.Contains(opt.Symbols, text):
		return true
	}
	// COMPAT: danted dies of an internal error here; a negative number is one of these.
	hint := "write a number"
	if len(opt.Symbols) > 0 {
		hint = "the symbols are: " + strings.Join(opt.Symbols, " ")
	}
	r.fail(t, codeOptionValue, fmt.Sprintf("symbolic value %q is unknown for socket option %s", text, opt.Name), hint)
	return false
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
	return opt, known, r.checkOptionName(n, known)
}

// checkOptionName checks that there is an option of the name.
func (r *reader) checkOptionName(n *syntax.Node, known bool) bool {
	if known {
		return true
	}
	t := n.Socket.Name
	hint := "an option can be given by its number as well: " + n.Key.Value + n.Socket.Level.Value + "." + strconv.Itoa(1)
	if best, ok := keyword.Nearest(t.Value, keyword.SocketOptNames()); ok {
		hint = `did you mean "` + best + `"?`
	}
	if strings.HasPrefix(t.Value, "ipv6_") {
		// COMPAT: danted knows names of IPv6 options but no level for them, and dies of an internal error.
		hint = "options of IPv6 sockets cannot be set"
	}
	r.fail(t, codeUnknownOption, fmt.Sprintf("unknown socket option %q", t.Value), hint)
	return false
}
