package sockd

import (
	"context"
	"net/netip"
	"os"
	"sync/atomic"
	"time"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/hostsaccess/files"
	"github.com/rustsocks/rustsocks/pkg/limit"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/sockd/relay"
	"github.com/rustsocks/rustsocks/sockd/upstream"
)

// session is one client's connection on its way through the stages: what every stage has settled, and what the end
// of it will have to tell. It belongs to whoever runs its stages, see advance, then to the relay.
type session struct {
	snap  *snapshot       // the policy at accept; kept to the end
	ctx   context.Context // ends with the worker
	since time.Time

	fd       int                // the client's connection
	conn     *os.File           // the same, when it is waited for outside of an event loop
	guest    *relay.Guest       // the place in an event loop, before the relay
	stage    stage              // what is next
	second   bool               // it has taken a second slot
	cancel   context.CancelFunc // ends what is done apart, if something is
	over     *failure           // what to end with when it is back
	dial     *upstream.Dial     // on the way to the target
	awaiting bool               // an attempt of it
	outward  int                // the connection to the target or a proxy, before the relay; -1 without
	apart    *result            // what came of reaching either apart

	client, local netip.AddrPort

	clientRule   *plan.Rule
	clientMethod auth.Method
	rule         *plan.Rule     // the socks rule, once one decided
	places       []*limit.Place // with the limits of rules; the client rule's comes first

	version  socks.Version
	command  socks.Command
	protocol socks.Protocol
	method   auth.Method
	creds    credentials
	known    map[acl.Question]acl.Answer
	found    []lookup

	requested socks.Addr     // as the client wrote it
	asked     socks.Addr     // as the rules saw it: unmapped
	target    socks.Addr     // as it is connected to
	outgoing  netip.AddrPort // our address towards the target
	via       *hop           // the proxy on the way, when there is one
	peer      netip.AddrPort // BIND: who has connected to our address
	bindReply *plan.Rule     // BIND: what decided about the peer
	early     int            // bytes that came with the request, before there was a target

	awaits atomic.Pointer[time.Time] // BIND: since when the peer is waited for, while it is
	// Of UDP ASSOCIATE.
	announced netip.AddrPort // where the client says it will send from, as far as it does
	sender    *endpoint      // the same as lines show it, with our side, once the request is judged
}

// credentials are what an RFC 1929 exchange brought. The password is wiped as soon as nothing can ask for it any more.
type credentials struct {
	user     string
	password []byte
}

func (c *credentials) wipe() {
	clear(c.password)
	c.password = nil
}

// snapshot is the configuration that a session runs under. It never changes; a reload makes a new one.
type snapshot struct {
	plan   *plan.Plan
	policy *acl.Policy
	unique auth.Method // the one password database, when there is only one; else Unset
	limits *limit.Counters
	routes *routeStates
	access *files.Files // of libwrap; nil when they are not asked
	daemon string       // the name that libwrap knows us by

	accepted []plan.SocketOption // to set on each client's socket
	lingers  bool                // closing a socket may wait for the peer
}

// newSnapshot makes the snapshot that takes the place of another (nil: there was none).
func newSnapshot(p *plan.Plan, before *snapshot) *snapshot {
	s := &snapshot{plan: p, policy: p.Policy().Indexed(), routes: newRouteStates(p), accepted: notInherited(p), lingers: lingers(p)}
	s.access, s.daemon = newAccess(p), "danted"
	var counters *limit.Counters
	if before != nil {
		counters = before.limits
	}
	s.limits = limit.NewCounters(p, counters)
	s.unique, _ = acl.UniquePassword(p.SocksMethods)
	return s
}

// acceptor is the client as the accept lines show it: without the identity, which belongs to the socks rules.
func (s *session) acceptor() endpoint {
	return endpoint{peer: socks.AddrFrom(s.client), own: socks.AddrFrom(s.local)}
}

// requester is the client as the socks rules' lines show it.
func (s *session) requester() endpoint {
	e := s.acceptor()
	if s.sender != nil {
		e = *s.sender
	}
	e.method, e.user = s.method, s.creds.user
	return e
}

// destination is the target's side.
func (s *session) destination() endpoint {
	e := endpoint{peer: s.target, via: s.via}
	if s.via != nil && s.via.login {
		e.method, e.user = s.method, s.creds.user
	}
	if s.outgoing.IsValid() {
		e.own = socks.AddrFrom(s.outgoing)
	}
	return e
}
