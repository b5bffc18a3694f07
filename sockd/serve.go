package sockd

import (
	"context"
	"os"
	"runtime/debug"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/logx"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/sockd/relay"
)

// A stage is a step of a session that does not wait: it gives the step after it, or why the session does not go on by
// itself. Then it is run again, from its beginning, once it can.
type stage func() (next stage, h halt)

// then makes a stage of what has been made so far and of what makes more of it.
func then[In, Out any](in In, do func(In) (Out, halt), next func(Out) stage) stage {
	return func() (stage, halt) {
		out, h := do(in)
		if h != nil {
			return nil, h
		}
		return next(out), nil
	}
}

// stages is the way of a client, on which each stage needs the result of the one before:
//
//	accepted → admitted → negotiated → identified → requested → authorized → departing → connected → relay
//	                                                         └→ associated → relay of datagrams
func (w *Worker) stages(a accepted) stage {
	return then(a, w.admit, func(a admitted) stage {
		return then(a, w.greet, func(n negotiated) stage {
			return then(n, w.login, func(c claimed) stage {
				return then(c, w.identify, func(i identified) stage {
					return then(i, w.ask, func(a asked) stage {
						return then(a, w.check, w.carryOut)
					})
				})
			})
		})
	})
}

// carryOut is what is done about a request. BIND waits for a peer, in straight code.
func (w *Worker) carryOut(r requested) stage {
	switch r.command {
	case socks.Bind:
		return w.carriedOutAlone(r, w.bind)
	case socks.UDPAssociate:
		return w.carriedOutAlone(r, w.serveAssociation)
	}
	return then(r, w.authorize, func(a authorized) stage {
		return then(a, w.depart, func(d departing) stage {
			return then(d, w.connect, func(c connected) stage {
				return func() (stage, halt) { return nil, w.relay(c) }
			})
		})
	})
}

// carriedOutAlone is the stage of a request that do carries out in straight code.
func (w *Worker) carriedOutAlone(r requested, do func(context.Context, requested) *failure) stage {
	return func() (stage, halt) {
		return nil, w.alone(r.session, func(ctx context.Context) *failure { return do(ctx, r) })
	}
}

// A halt is why a session does not go on by itself. A *failure is one: it does not go on at all.
type halt interface{ halts() }

func (*failure) halts() {}

// wait is a halt until something happens to a socket.
type wait uint8

const (
	forClient wait = iota // until it has sent more
	forTarget             // until the connection to it is decided
	forNobody             // the session is in other hands
)

func (wait) halts() {}

// apart is a halt for what takes its time: it is done on a goroutine of its own, on which nobody else touches the
// session. What it returns is done before the stage is run again.
type apart func(ctx context.Context) (note func())

func (apart) halts() {}

// advance takes a session as far as it goes. One goroutine at a time does so: the one that has accepted the client,
// then that of an event loop, of which the session is a guest from the first wait on.
func (w *Worker) advance(s *session) {
	defer w.survive(s)
	for {
		next, h := s.stage()
		switch h := h.(type) {
		case nil:
			s.stage = next
		case *failure:
			w.fail(s, h)
			return
		case apart:
			w.setApart(s, h)
			return
		case wait:
			if h == forClient && s.guest == nil {
				w.visit(s)
			}
			return
		}
	}
}

// visit makes a session the guest of an event loop. After that it is the loop's.
func (w *Worker) visit(s *session) {
	turn := func(e relay.Event) { w.turn(s, e) }
	announce := func(g *relay.Guest) { s.guest = g }
	if err := w.relays.Begin(s.fd, s.negotiationLimit(), s, turn, announce); err != nil {
		s.guest = nil
		w.log.Error("could not watch a client: " + err.Error())
		w.fail(s, &failure{kind: stopping})
	}
}

// turn is what an event loop does with its guest.
func (w *Worker) turn(s *session, e relay.Event) {
	defer w.survive(s)
	switch {
	case e == relay.Ready && s.cancel == nil:
		w.advance(s)
	case e == relay.Ready: // for when it is back
	case s.cancel != nil:
		s.over = s.ended(e)
		s.cancel()
	case e == relay.Expired && s.awaiting:
		s.decide(os.ErrDeadlineExceeded)
		w.advance(s)
	default:
		w.fail(s, s.ended(e))
	}
}

// ended is the failure that an event is.
func (s *session) ended(e relay.Event) *failure {
	if e == relay.Expired {
		return s.negotiationFailure(nil, os.ErrDeadlineExceeded)
	}
	return &failure{kind: stopping}
}

// setApart does something about a session on a goroutine of its own.
func (w *Worker) setApart(s *session, do apart) {
	ctx, cancel := context.WithCancel(s.ctx)
	s.cancel = cancel
	if s.guest == nil {
		w.table.add(s, cancel)
	}
	go func() {
		defer w.survive(s)
		note := do(ctx)
		back := func() {
			if s.guest == nil {
				w.table.remove(s)
			}
			if s.over == nil && ctx.Err() != nil {
				s.over = &failure{kind: stopping}
			}
			cancel()
			s.cancel = nil
			note()
			if s.over != nil {
				w.fail(s, s.over)
				return
			}
			w.advance(s)
		}
		if s.guest == nil {
			back()
			return
		}
		s.guest.Post(back) // a loop that has stopped has ended the process
	}()
}

// alone takes a session away from its event loop and has straight code do the rest of it, which may wait, on a
// goroutine: the client's connection is s.conn then. The context ends with the worker's last sessions. What do has not
// handed over to the relay or ended itself is ended by the failure that it returns.
//
// It has more descriptors than others, and so a second slot.
func (w *Worker) alone(s *session, do func(ctx context.Context) *failure) halt {
	if !w.slots.takeMore() {
		w.sayFull()
		return &failure{kind: badRequest, reply: socks.GeneralFailure, text: strerror(unix.EMFILE)}
	}
	s.second = true
	s.standAlone()
	ctx, cancel := context.WithCancel(s.ctx)
	w.table.add(s, cancel)
	go func() {
		defer w.survive(s)
		defer cancel()
		f := do(ctx)
		w.table.remove(s)
		switch {
		case f == nil:
			if ctx.Err() != nil { // it was handed over when all were ended, and may have been missed
				w.endInLoops(func(one *session) bool { return one == s })
			}
		case ctx.Err() != nil:
			w.fail(s, &failure{kind: stopping})
		default:
			w.fail(s, f)
		}
	}()
	return forNobody
}

// now does at once what a halt was for, in straight code that may wait. A failure it gives back.
func now(ctx context.Context, h halt) *failure {
	switch h := h.(type) {
	case *failure:
		return h
	case apart:
		h(ctx)()
	}
	return nil
}

// survive ends a session after a panic. A mistake in the code costs this one client its session, not everybody theirs.
func (w *Worker) survive(s *session) {
	p := recover()
	if p == nil {
		return
	}
	w.log.Logf(logx.Critical, "session of %s ended by a panic: %v: %s", s.client, p, debug.Stack())
	w.table.remove(s)
	w.drop(s)
}
