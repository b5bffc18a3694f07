package sockd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/sockd/upstream"
)

// decide runs the policy until it has all the answers it asks for. What was answered once stays known for the whole
// session, so that no password is checked and no name looked up twice.
func (w *Worker) decide(ctx context.Context, s *session, st acl.Stage, f acl.Facts) acl.Outcome {
	f.Known = s.known
	for {
		o := s.snap.policy.Decide(st, f)
		if len(o.Ask) == 0 {
			w.noteOddities(o.Notes)
			return o
		}
		for _, q := range o.Ask {
			s.known[q] = w.answer(ctx, s, q)
		}
	}
}

func (w *Worker) noteOddities(notes []acl.Note) {
	for _, n := range notes {
		switch n.Kind {
		case acl.NoteUnresolved:
			w.log.Warning(fmt.Sprintf("addrmatch(): cgetaddrinfo(%s) failed: %s", n.Name, n.Reason))
		case acl.NoteUnknownGroup:
			w.log.Warning(fmt.Sprintf("groupmatch(): unknown groupname %q", n.Name))
		}
	}
}

// answer finds out one thing. It always answers: what cannot be found out is a failed answer.
func (w *Worker) answer(ctx context.Context, s *session, q acl.Question) acl.Answer {
	switch q.Kind {
	case acl.AskAddresses:
		fam := upstream.AnyFamily
		if q.Reachable {
			fam = s.snap.reachable()
		}
		addrs, err := w.resolver.Addresses(ctx, q.Name, fam)
		if err != nil {
			return acl.Answer{Failed: true, Reason: s.snap.lookupReason(err)}
		}
		return acl.Answer{Addrs: addrs}
	case acl.AskReverse:
		name, err := w.resolver.Name(ctx, q.IP)
		if err != nil {
			return acl.Answer{Failed: true, Reason: err.Error()}
		}
		return acl.Answer{Name: name}
	case acl.AskInterface:
		return acl.Answer{Addrs: interfaceAddresses(q.Name)}
	case acl.AskPassword:
		return w.checkPassword(ctx, s)
	case acl.AskMember:
		return w.checkMember(ctx, s, q.Name)
	}
	return acl.Answer{Failed: true, Reason: "unknown question"}
}

// lookupReason words a failed lookup as Dante does, which adds the family when there is only one to go out by.
func (s *snapshot) lookupReason(err error) string {
	if e := (*upstream.LookupError)(nil); errors.As(err, &e) && e.OfFamily {
		switch s.reachable() {
		case upstream.IPv4:
			return e.Reason + " for IPv4 address"
		case upstream.IPv6:
			return e.Reason + " for IPv6 address"
		}
	}
	return err.Error()
}

// reachable is the family to which lookups of targets are restricted.
func (s *snapshot) reachable() upstream.Family {
	switch {
	case s.policy.External4 && !s.policy.External6:
		return upstream.IPv4
	case s.policy.External6 && !s.policy.External4:
		return upstream.IPv6
	}
	return upstream.AnyFamily
}

// interfaceAddresses gives the addresses an interface has at this moment.
func interfaceAddresses(name string) []netip.Addr {
	ifi, err := net.InterfaceByName(name)
	if err != nil {
		return nil
	}
	list, err := ifi.Addrs()
	if err != nil {
		return nil
	}
	var out []netip.Addr
	for _, a := range list {
		if p, ok := a.(*net.IPNet); ok {
			if ip, ok := netip.AddrFromSlice(p.IP); ok {
				out = append(out, ip.Unmap())
			}
		}
	}
	return out
}

// checkPassword asks the auth helper about the session's credentials.
func (w *Worker) checkPassword(ctx context.Context, s *session) acl.Answer {
	why, detail := w.verifier.Verify(ctx, s.creds.user, s.creds.password)
	switch why {
	case auth.NoFailure:
		return acl.Answer{Yes: true}
	case auth.NoRecord:
		if detail == "" {
			detail = "no system error"
		}
		return acl.Answer{Reason: fmt.Sprintf("could not access user \"%s\"'s records in the system password file: %s",
			visible([]byte(s.creds.user)), detail)}
	case auth.WrongPassword:
		return acl.Answer{Reason: fmt.Sprintf("system password authentication failed for user \"%s\"",
			visible([]byte(s.creds.user)))}
	}
	return acl.Answer{Reason: "authentication is not available: " + detail}
}

// checkMember asks the auth helper whether the session's user is a member of a group.
func (w *Worker) checkMember(ctx context.Context, s *session, group string) acl.Answer {
	m, err := w.verifier.InGroup(ctx, s.creds.user, group)
	if err != nil {
		w.log.Warning("groupmatch(): " + err.Error())
		return acl.Answer{}
	}
	return acl.Answer{Yes: m.Is(), Primary: m == auth.PrimaryMember, Failed: m == auth.NoSuchGroup}
}
