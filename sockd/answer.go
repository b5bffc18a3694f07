package sockd

import (
	"context"
	"fmt"

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
	case acl.AskPassword:
		return w.checkPassword(ctx, s)
	case acl.AskMember:
		return w.checkMember(ctx, s, q.Name)
	}
	return w.resolver.Answer(ctx, s.snap.reachable(), q)
}

// lookupReason words a failed lookup.
func (s *snapshot) lookupReason(err error) string { return upstream.Reason(err, s.reachable()) }

// reachable is the family to which lookups of targets are restricted.
func (s *snapshot) reachable() upstream.Family { return upstream.Reachable(s.policy) }

// checkPassword asks the auth helper about the session's credentials.
func (w *Worker) checkPassword(ctx context.Context, s *session) acl.Answer {
	why, detail := w.verifier.Verify(ctx, s.creds.user, s.creds.password)
	return acl.Answer{Yes: why == auth.NoFailure, Reason: why.Reason(visible([]byte(s.creds.user)), detail)}
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
