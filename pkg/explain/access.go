package explain

import (
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/hostsaccess"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// screen asks the access files of libwrap, as the daemon does before it looks at rules; refused is their outcome when
// they refuse the client.
func (w *walk) screen(f acl.Facts) (refused *acl.Outcome) {
	if w.request.Access == nil {
		return nil
	}
	c := hostsaccess.Connection{Daemon: "danted", Client: w.request.Client, Server: w.request.Local, Known: w.known}
	if f.Command == socks.BindReply {
		c.Client = netip.AddrPortFrom(f.From.IP, f.From.Port)
	}
	for {
		d := w.request.Access.Decide(c)
		if len(d.Ask) > 0 {
			for _, q := range d.Ask {
				w.ask(q)
			}
			continue
		}
		w.noteAccess(d)
		if d.Allowed {
			return nil
		}
		o := w.policy.Refuse(f, "blocked by libwrap/tcp_wrappers")
		return &o
	}
}

// noteAccess tells which line of the access files decides, unless it did so before.
func (w *walk) noteAccess(d hostsaccess.Decision) {
	by := d.By
	switch {
	case by == "":
		by = "no line of the access files matches"
	case d.Why != "":
		by += ": " + d.Why
	}
	if by != w.accessBy {
		w.e.note("hosts_access(5) %s the client: %s", map[bool]string{true: "allows", false: "denies"}[d.Allowed], by)
		w.accessBy = by
	}
}
