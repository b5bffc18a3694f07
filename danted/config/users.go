package config

import (
	"fmt"
	"strings"

	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

func readPrivileged(r *reader, n *syntax.Node)   { r.user(n, &r.cfg.Privileged) }
func readUnprivileged(r *reader, n *syntax.Node) { r.user(n, &r.cfg.Unprivileged) }
func readLibwrapUser(r *reader, n *syntax.Node)  { r.user(n, &r.cfg.Libwrap) }

// user reads a system user. Numbers are names here: danted asks for the name only.
func (r *reader) user(n *syntax.Node, to *Value[plan.User]) {
	t := n.Text.Values[0]
	name := r.text(t)
	uid, gid, ok := r.facts.User(name)
	if r.checkUser(t, ok) {
		*to = at(n, plan.User{Name: name, UID: uid, GID: gid})
	}
}

func (r *reader) checkUser(t syntax.Token, known bool) bool {
	if known {
		return true
	}
	hint := "write the name of a user of this system"
	if _, _, nobody := r.facts.User("nobody"); nobody {
		hint += ", for instance nobody"
	}
	r.fail(t, codeNoSuchUser, fmt.Sprintf("getpwnam(3) says no such user %q", r.text(t)), hint)
	return false
}

// checkUsers warns of root where it is not needed, and refuses users that cannot be switched to.
func (r *reader) checkUsers() {
	self, group := r.facts.Self()
	// When only verifying danted has not looked whom it runs as: whoever is not configured is taken for root.
	asRoot := func(v Value[plan.User]) bool {
		if v.V.IsSet() {
			return v.V.UID == 0
		}
		return r.opt.Mode == Verify || self == 0
	}
	if asRoot(r.cfg.Unprivileged) && !r.file.Broken[keyword.UserUnprivileged] {
		r.about(diag.Warning, r.cfg.Unprivileged.Pos, codeUnprivilegedRoot, "setting the unprivileged uid to 0 is not recommended for security reasons",
			"add for instance: user.unprivileged: nobody")
	}
	libwrap := r.cfg.Libwrap
	if !libwrap.V.IsSet() && r.opt.Mode == Start {
		libwrap = r.cfg.Unprivileged
	}
	if r.usesLibwrap && asRoot(libwrap) && !r.file.Broken[keyword.UserLibwrap] {
		r.about(diag.Warning, r.cfg.Libwrap.Pos, codeLibwrapRoot, "setting the libwrap uid to 0 is almost never needed, and is not recommended for security reasons",
			"add for instance: user.libwrap: nobody")
	}
	if r.opt.Mode == Verify || r.facts.Root() {
		return
	}
	for _, u := range []Value[plan.User]{r.cfg.Privileged, r.cfg.Unprivileged, r.cfg.Libwrap} {
		if u.V.IsSet() && (u.V.UID != self || u.V.GID != group) {
			r.about(diag.Error, u.Pos, codeCannotSwitchUser, fmt.Sprintf("could not configure privileges: only root can become %q (uid %d, gid %d)", u.V.Name, u.V.UID, u.V.GID),
				"start the server as root, or remove the user.* lines")
		}
	}
}

// about says something of a value, at the place it was written or of the file as a whole.
func (r *reader) about(severity diag.Severity, pos diag.Pos, code, message, hint string) {
	d := diag.Diagnostic{Code: code, Severity: severity, Pos: pos, Message: message, Hint: hint}
	if pos.IsValid() {
		d.Source = r.file.LineAt(pos.Offset)
		d.Span = max(strings.IndexAny(r.file.Source[pos.Offset:], ": \t\n"), 0) // the keyword
	} else {
		d.Pos.File = r.file.Name
	}
	r.said = append(r.said, d)
}
