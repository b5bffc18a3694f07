package sockd

import (
	"net/netip"
	"os"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/hostsaccess"
	"github.com/rustsocks/rustsocks/pkg/hostsaccess/files"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/sockd/kernel"
)

// newAccess gives the access files of a configuration, nil when it has none.
func newAccess(p *plan.Plan) *files.Files {
	if !p.HostsAccess {
		return nil
	}
	return files.New(p.HostsAllow, p.HostsDeny)
}

// screen asks the access files, as is done before any rule is looked at, also at the request: refused is their outcome
// when they refuse the client.
func (w *Worker) screen(s *session, f acl.Facts) (refused *acl.Outcome, h halt) {
	if s.snap.access == nil {
		return nil, nil
	}
	set, problems := s.snap.access.Current()
	for _, text := range problems {
		w.log.Warning("hosts_access(): " + text)
	}
	for {
		d := set.Decide(s.connection(f))
		if len(d.Ask) > 0 {
			if h := w.find(s, d.Ask); h != nil {
				return nil, h
			}
			continue
		}
		if h := w.showBanners(s, f, d.Banners, !d.Allowed, false); h != nil || d.Allowed {
			return nil, h
		}
		o := s.snap.policy.Refuse(f, "blocked by libwrap/tcp_wrappers")
		return &o, nil
	}
}

// connection is what access files are asked about: the client and our address that it has connected to, or, for a reply
// to BIND, who has connected to the address that we have bound.
func (s *session) connection(f acl.Facts) hostsaccess.Connection {
	c := hostsaccess.Connection{Daemon: s.snap.daemon, Client: s.client, Server: s.local, Known: s.known}
	if f.Command == socks.BindReply {
		c.Client, c.Server = netip.AddrPortFrom(f.From.IP, f.From.Port), s.outgoing
	}
	return c
}

// obey acts on the libwrap line of a rule that has matched.
func (w *Worker) obey(s *session, st acl.Stage, f acl.Facts, o acl.Outcome) halt {
	line := s.snap.plan.Decided(st, o.Rule).Libwrap
	if line == "" {
		return nil
	}
	var dirs []string
	for _, option := range hostsaccess.ParseOptions(line) {
		if option.Name == "banners" {
			dirs = append(dirs, option.Value)
		}
	}
	return w.showBanners(s, f, dirs, o.Verdict == acl.Block, true)
}

// showBanners sends the client the files with the daemon's name in these directories. Last tells that nothing will
// follow, so that what the client has sent must not be the reason for a reset, which would take the banner away.
func (w *Worker) showBanners(s *session, f acl.Facts, dirs []string, last, ofRule bool) halt {
	if len(dirs) == 0 || f.Command == socks.BindReply || f.Protocol == socks.UDP && !f.ToUnknown {
		return nil // there is no client here that could read it
	}
	var all []byte
	for _, dir := range dirs {
		raw, err := files.Banner(dir, s.snap.daemon)
		if err != nil {
			if ofRule {
				w.log.Info("rulespermit(): processing of libwrap options set errno (" + cause(err) + ")")
			}
			continue
		}
		text, ask := hostsaccess.Expand(string(raw), s.connection(f), os.Getpid())
		if len(ask) > 0 {
			if h := w.find(s, ask); h != nil {
				return h
			}
			return w.showBanners(s, f, dirs, last, ofRule)
		}
		all = append(all, text...)
	}
	_ = s.send(all) // a client that is gone needs none
	if last {
		s.control(kernel.Discard)
	}
	return nil
}
