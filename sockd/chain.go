package sockd

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
	"github.com/rustsocks/rustsocks/sockd/upstream"
)

// Server chaining: the way to a target leads through another proxy (dante-reference 6.9).

// hop is the proxy that a session goes through.
type hop struct {
	gateway socks.Addr // where we connected to
	bound   socks.Addr // its address towards the target, as it told us
	login   bool       // the client's name and password were sent to it
}

// routeStates remember which routes have failed, for one configuration: a reload forgets.
type routeStates struct {
	plan  *plan.Plan
	login bool // there is a route that may need the client's password

	mu    sync.Mutex
	state []routeState // by the place of the route in the plan
}

type routeState struct {
	failures int64
	last     time.Time
}

func newRouteStates(p *plan.Plan) *routeStates {
	return &routeStates{
		plan: p, state: make([]routeState, len(p.Routes)),
		login: slices.ContainsFunc(p.Routes, func(r plan.Route) bool { return r.Methods.Has(auth.Username) }),
	}
}

// bad tells whether a route has failed too often to be used now.
func (s *routeStates) bad(r *plan.Route) bool {
	most, expire := s.plan.RouteMaxFail, s.plan.RouteBadExpire
	if most == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st := &s.state[r.Number-1]
	if st.failures >= most && expire > 0 && time.Since(st.last) >= expire {
		*st = routeState{}
	}
	return st.failures >= most
}

// fail counts a failure of a route; false when nobody counts.
func (s *routeStates) fail(r *plan.Route) bool {
	if s.plan.RouteMaxFail == 0 {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st := &s.state[r.Number-1]
	st.failures++
	st.last = time.Now()
	return true
}

// succeed forgets the failures of a route that works.
func (s *routeStates) succeed(r *plan.Route) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state[r.Number-1] = routeState{}
}

// way chooses how to leave.
func (w *Worker) way(s *session) (plan.Way, halt) {
	way, h, err := w.wayFor(s, socks.AddrFrom(s.client), s.target)
	if h == nil && err != nil {
		h = noExit(s, err.Error())
	}
	return way, h
}

// wayFor chooses how what comes from somewhere leaves for somewhere. It halts when something must be looked up first.
func (w *Worker) wayFor(s *session, from, to socks.Addr) (plan.Way, halt, error) {
	for {
		way, ask, err := s.snap.plan.Way(plan.Leaving{
			From: from, To: to, Command: s.command, Protocol: s.protocol, Method: s.method,
			Known: s.known, Bad: s.snap.routes.bad,
		})
		if len(ask) == 0 {
			w.noteOddities(way.Notes)
			return way, nil, err
		}
		if h := w.find(s, ask); h != nil {
			return way, h, nil
		}
	}
}

// chain reaches the target through the proxy of a route. It waits for that.
func (w *Worker) chain(ctx context.Context, s *session, way plan.Way) (fd int, f *failure) {
	look := func(_ *session, name string, of upstream.Family) ([]netip.Addr, error) {
		return w.resolver.Addresses(ctx, name, of)
	}
	targets, local, h := w.route(s, way.Route.At(), look)
	for h != nil {
		if f := now(ctx, h); f != nil {
			return -1, f
		}
		targets, local, h = w.route(s, way.Route.At(), look)
	}
	began, limit := time.Now(), s.rule.Timeouts.Connect
	c, err := upstream.Connect(ctx, w.dial(s, local, targets))
	if err != nil {
		return -1, w.gatewayFailure(s, way.Route, err)
	}
	w.settle(s, &c)
	s.outgoing = c.Local
	// A proxy that does not answer must not hold the client for ever, also without a limit for connections.
	if limit == 0 {
		limit = s.snap.plan.Timeouts.Negotiate
	} else {
		limit = max(limit-time.Since(began), time.Millisecond)
	}
	q := upstream.ProxyRequest{Protocol: way.Proxy, Target: way.To}
	for _, m := range way.Route.Methods {
		switch m {
		case auth.None:
			q.Methods = append(q.Methods, socks.MethodNoAuth)
		case auth.Username:
			q.Methods = append(q.Methods, socks.MethodUserPass)
			q.Login = wire.Credentials{User: s.creds.user, Password: s.creds.password}
		}
	}
	granted, err := upstream.AskProxy(ctx, c.FD, q, limit)
	if err != nil {
		closeDescriptor(c.FD)
		return -1, w.proxyFailure(s, way.Route, err)
	}
	s.snap.routes.succeed(way.Route)
	s.via = &hop{gateway: socks.AddrFrom(c.Remote), bound: granted.Bound, login: granted.Method == socks.MethodUserPass}
	if s.via.bound == (socks.Addr{}) {
		s.via.bound = socks.AddrFrom(c.Local)
	}
	return c.FD, nil
}

// gatewayFailure is about a proxy that could not be connected to.
func (w *Worker) gatewayFailure(s *session, r *plan.Route, err error) *failure {
	var e *upstream.ConnectError
	if !errors.As(err, &e) || e.BindErrno != 0 {
		return s.connectFailure(err, s.outgoing.Addr())
	}
	s.outgoing = e.Local
	why := fmt.Sprintf("connect(2) to %s from %s failed: %s",
		socks.AddrFrom(e.Remote), socks.AddrFrom(e.Local), strerror(e.Errno))
	w.log.Warning("socks_connectroute(): failed to connect route to " + r.At().String() + ": " + why)
	w.routeFailed(s, r, why)
	return chainFailure(replyFor(e.Errno), "could not connect to upstream proxyserver: "+why)
}

// proxyFailure is about a proxy that did not do what it was asked for.
func (w *Worker) proxyFailure(s *session, r *plan.Route, err error) *failure {
	var e *upstream.ProxyError
	if !errors.As(err, &e) {
		return &failure{kind: stopping}
	}
	if e.Warning != "" {
		w.log.Warning(e.Warning)
	}
	if e.Bad {
		w.routeFailed(s, r, e.Text)
	} else {
		s.snap.routes.succeed(r) // a proxy that refuses is a proxy that works
	}
	return chainFailure(e.Reply, e.Text)
}

func (w *Worker) routeFailed(s *session, r *plan.Route, why string) {
	if s.snap.routes.fail(r) {
		w.log.Info(fmt.Sprintf("socks_blacklist(): blacklisting route #%d.  Reason: %s", r.Number, why))
	}
}

func chainFailure(reply socks.Reply, why string) *failure {
	return &failure{kind: chainFailed, reply: reply, text: "serverchain failed: " + why}
}

// opening is the target's side of the line that opens a session.
//
// COMPAT: there the name that was sent to a proxy stands with the proxy, later with the target.
func (e endpoint) opening() string {
	if e.via == nil || e.user == "" {
		return e.target()
	}
	at := endpoint{method: e.method, user: e.user, peer: e.via.gateway}
	return addrText(e.own) + " " + at.peerText() + " [" + addrText(e.via.bound) + "] " + addrText(e.peer)
}
