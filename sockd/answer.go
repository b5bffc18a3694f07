package sockd

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/sockd/upstream"
)

// judge runs the policy, and halts the session when there are questions. What was answered once stays known for the
// whole session, so that no password is checked and no name looked up twice.
func (w *Worker) judge(s *session, st acl.Stage, f acl.Facts) (acl.Outcome, halt) {
	refused, h := w.screen(s, f)
	switch {
	case h != nil:
		return acl.Outcome{}, h
	case refused != nil:
		return *refused, nil
	}
	for {
		f.Known = s.known
		o := s.snap.policy.Decide(st, f)
		if len(o.Ask) == 0 {
			if h := w.obey(s, st, f, o); h != nil {
				return o, h
			}
			w.noteOddities(o.Notes)
			return o, nil
		}
		if h := w.find(s, o.Ask); h != nil {
			return o, h
		}
	}
}

// decide is judge for straight code, which may wait.
func (w *Worker) decide(ctx context.Context, s *session, st acl.Stage, f acl.Facts) acl.Outcome {
	for {
		o, h := w.judge(s, st, f)
		if h == nil {
			return o
		}
		now(ctx, h)
	}
}

// find answers questions: at once (nil) where that needs no waiting, else by a halt after which they are answered.
func (w *Worker) find(s *session, questions []acl.Question) halt {
	var open []acl.Question
	for _, q := range questions {
		if a, ok := w.resolver.Remembered(s.snap.reachable(), q); ok {
			s.learn(q, a)
		} else {
			open = append(open, q)
		}
	}
	if len(open) == 0 {
		return nil
	}
	return apart(func(ctx context.Context) func() {
		answers := make([]acl.Answer, len(open))
		for i, q := range open {
			answers[i] = w.answer(ctx, s, q)
		}
		return func() {
			for i, q := range open {
				s.learn(q, answers[i])
			}
		}
	})
}

// learn keeps an answer.
func (s *session) learn(q acl.Question, a acl.Answer) {
	if s.known == nil {
		s.known = map[acl.Question]acl.Answer{}
	}
	s.known[q] = a
}

// A lookup is the name of a target that was looked up for a session, and what was found.
type lookup struct {
	name  string
	of    upstream.Family
	addrs []netip.Addr
	err   error
}

// addresses gives the addresses of a name as far as they are known; otherwise upstream.ErrUnknown, and lookUp is what
// to halt for.
func (w *Worker) addresses(s *session, name string, of upstream.Family) ([]netip.Addr, error) {
	for _, l := range s.found {
		if l.name == name && l.of == of {
			return l.addrs, l.err
		}
	}
	return w.resolver.RememberedAddresses(name, of)
}

// lookUp is a halt after which the addresses of a name are known.
func (w *Worker) lookUp(s *session, name string, of upstream.Family) halt {
	return apart(func(ctx context.Context) func() {
		addrs, err := w.resolver.Addresses(ctx, name, of)
		return func() { s.found = append(s.found, lookup{name, of, addrs, err}) }
	})
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
