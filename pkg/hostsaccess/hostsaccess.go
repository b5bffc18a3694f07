// Package hostsaccess is the language of hosts_access(5) and hosts_options(5), as the libwrap of Debian speaks it: it
// parses access files and options, and decides by them whether a client may come in. What it must know for that, the
// names of addresses, it asks as package acl does: it reads no file, looks nothing up, and runs no command. It is not
// for the rules of sockd.conf.
package hostsaccess

import (
	"fmt"
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/acl"
)

// Set is the access files of a server with the files that their patterns name. Nobody changes a Set that decides.
type Set struct {
	Allow, Deny *Table
	Hosts       map[string]*Hosts // by path; one that is not here does not exist
}

// Connection is what is asked about.
type Connection struct {
	Daemon         string         // the name that the server goes by
	Client, Server netip.AddrPort // where the client is, and our address that it connected to
	Known          map[acl.Question]acl.Answer
}

// Decision is whether a client may come in, or what must be known first: with a non-empty Ask all else is meaningless,
// and the caller comes back with the answers in Connection.Known.
type Decision struct {
	Ask []acl.Question

	Allowed bool
	By      string   // the file and line that decided; empty when nothing matched
	Why     string   // of a refusal that the line did not ask for
	Banners []string // directories of banners to show the client
}

// Decide follows hosts_access(5): who matches a rule of the allow file may come in, else who matches a rule of the deny
// file may not, else everybody may. Where it cannot be told whether a rule matches, the client may not.
//
// COMPAT: a deny file with a line that has no end refuses whom no earlier rule matches; an allow file with one only
// lacks its rules from there on.
func (s *Set) Decide(c Connection) Decision {
	e := &evaluation{set: s, connection: &c}
	for _, t := range []*Table{s.Allow, s.Deny} {
		if t.Unreadable != "" {
			return Decision{By: t.Name, Why: t.Unreadable}
		}
		for _, r := range t.rules {
			switch matches := e.matches(r); {
			case len(e.ask) > 0:
				return Decision{Ask: e.ask}
			case e.unknowable != "":
				return Decision{By: t.at(r.line), Why: e.unknowable}
			case matches:
				return r.decide(t, t == s.Allow)
			}
		}
		if t == s.Deny && t.cutShort > 0 {
			return Decision{By: t.at(t.cutShort), Why: noEnd}
		}
	}
	return Decision{Allowed: true}
}

// decide is what a rule that matched says: its options first, then the file that it is in.
func (r *rule) decide(t *Table, allowed bool) Decision {
	d := Decision{Allowed: allowed, By: t.at(r.line)}
	for _, o := range r.options {
		switch o.effect() {
		case permits:
			d.Allowed = true
			return d
		case refuses:
			d.Allowed, d.Why = false, o.Problem
			return d
		}
		if o.Name == "banners" {
			d.Banners = append(d.Banners, o.Value)
		}
	}
	return d
}

func (t *Table) at(line int) string { return fmt.Sprintf("%s, line %d", t.Name, line) }

// evaluation is the state of one Decide.
type evaluation struct {
	set        *Set
	connection *Connection
	ask        []acl.Question
	unknowable string // why it cannot be told whether a rule matches
	depth      int    // of files that name files
}

// peer is one end of the connection, of which the name is asked for when a pattern needs it.
type peer struct {
	*evaluation
	at netip.AddrPort
}

func (e *evaluation) client() peer { return peer{e, e.connection.Client} }
func (e *evaluation) server() peer { return peer{e, e.connection.Server} }

// unknown is what a name is that is not known.
const unknown = "unknown"

// nameLimit is the size of libwrap's own buffer for a name.
const nameLimit = 127

// address is the numeric address.
func (p peer) address() netip.Addr { return p.at.Addr().Unmap().WithZone("") }

// name is the name of the address, or unknown; known is false when it must be asked for first.
//
// COMPAT: the name is what the address's owner says it is. danted looks it up itself, and so libwrap, which would look
// whether the name has the address, does not: PARANOID matches nobody.
func (p peer) name() (name string, known bool) {
	q := acl.Question{Kind: acl.AskReverse, IP: p.at.Addr().Unmap()}
	a, known := p.connection.Known[q]
	switch {
	case !known:
		p.ask = append(p.ask, q)
		return unknown, false
	case a.Name == "":
		return unknown, true
	}
	return a.Name[:min(len(a.Name), nameLimit)], true
}
