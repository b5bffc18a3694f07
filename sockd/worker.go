// Package sockd is the worker: the unprivileged process that reads every client byte. It takes connections through
// typed stages (accept, client rules, negotiation, request, socks rules, connect) and hands them to the relay. It
// reads no configuration file and opens no listener or log: those come from the monitor.
package sockd

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/logx"
	"github.com/rustsocks/rustsocks/sockd/relay"
	"github.com/rustsocks/rustsocks/sockd/relay/udp"
	"github.com/rustsocks/rustsocks/sockd/upstream"
)

// Verifier checks credentials, in a process that may.
type Verifier interface {
	// Verify tells why a user's password is not accepted; detail is the system's reason, if it had one.
	Verify(ctx context.Context, user string, password []byte) (why auth.Failure, detail string)
	// InGroup tells whether a user is a member of a group.
	InGroup(ctx context.Context, user, group string) (auth.Membership, error)
}

// descriptorsPerSession is what one session needs: the client and the target. A copy of the client's is not counted:
// there is one at a time.
const descriptorsPerSession = 2

// reservedDescriptors are kept free of sessions: listeners, logs, lookups, the relay's pipes.
const reservedDescriptors = 512

// Worker serves clients. Make one with New.
type Worker struct {
	log       *logx.Logger
	verifier  Verifier
	resolver  *upstream.Resolver
	relays    *relay.Relay
	datagrams *udp.Relay
	ports     lowPorts

	snapshot atomic.Pointer[snapshot]
	table    table // sessions that are not in an event loop

	slots   *slots
	counts  struct{ accepted, handled atomic.Int64 }
	full    alarm      // no slot was free
	failed  alarm      // accept(2) has
	copying sync.Mutex // of a descriptor
}

// New makes a Worker that logs to log and asks verifier about passwords and groups. It serves nobody before it has a
// configuration and listeners.
func New(log *logx.Logger, verifier Verifier) (*Worker, error) {
	relays, err := relay.New(runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	relays.Around(log.Hold, log.Release)
	datagrams, err := udp.New(runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	datagrams.Around(log.Hold, log.Release)
	return &Worker{
		log: log, verifier: verifier, resolver: upstream.NewResolver(), relays: relays, datagrams: datagrams,
		slots: newSlots(sessionLimit()),
	}, nil
}

// sessionLimit is how many sessions the process has descriptors for.
func sessionLimit() int {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return 256
	}
	const most = 1 << 20 // beyond it memory is the limit
	free := int(min(l.Cur, most*descriptorsPerSession)) - reservedDescriptors
	return max(free/descriptorsPerSession, 16)
}

// sayFull says that clients have to wait.
func (w *Worker) sayFull() {
	if w.full.heard(time.Now()) {
		w.log.Warning(fmt.Sprintf("there are %d sessions, as many as the limit of open files allows: new clients have to wait until "+
			"one ends.  Raise the limit (LimitNOFILE, ulimit -n)", w.slots.all))
	}
}

// leave gives back what an ended session took: its place in the worker, and those with its rules.
func (w *Worker) leave(s *session) {
	s.leaveRules()
	w.counts.handled.Add(1)
	w.slots.giveBack()
	if s.second {
		w.slots.giveBack()
	}
}
