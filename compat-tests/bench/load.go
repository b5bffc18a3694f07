package bench

import (
	"fmt"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
)

// Sizes are how much each load does, the same for every server.
type Sizes struct {
	AtOnce       int   // connections at the same time while sessions are opened
	Connections  int   // load "connection"
	BulkBytes    int64 // load "bulk", half in each direction
	BulkSessions int
	RoundTrips   int // load "pingpong"
	PingSessions int
	Echoes       int // load "udp"
	Associations int
	Idle         int // load "idle", if the server can have so many
	Samples      int // load "latency"
	Rules        int // load "rules": rules passed over before the one that matches
	LiveSessions int // load "reload"
	FewRules     int
	ManyRules    int
}

// Full are the sizes of a run whose figures mean something.
func Full() Sizes {
	return Sizes{
		AtOnce: 16, Connections: 10_000,
		BulkBytes: 2e9, BulkSessions: 4,
		RoundTrips: 100_000, PingSessions: 50,
		Echoes: 50_000, Associations: 4,
		Idle:    3000,
		Samples: 10_000,
		Rules:   10_000, LiveSessions: 1000, FewRules: 1000, ManyRules: 10_000,
	}
}

// Short are the sizes of a run that shows that everything works.
func Short() Sizes {
	return Sizes{
		AtOnce: 4, Connections: 100,
		BulkBytes: 20e6, BulkSessions: 2,
		RoundTrips: 400, PingSessions: 4,
		Echoes: 100, Associations: 2,
		Idle:    20,
		Samples: 100,
		Rules:   100, LiveSessions: 20, FewRules: 10, ManyRules: 100,
	}
}

// A figure names something that is measured.
type figure string

// figures are what one run of one load on one server measured.
type figures map[figure]float64

// A load is something every server is put to, in a fresh sandbox and process.
type load struct {
	name string
	// fits says whether it can be asked of a server.
	fits func(Server) bool
	run  func(l *lab) (figures, error)
}

// loads are all loads, in the order they are run.
var loads = []load{
	{"connection", anyServer, connectionLoad},
	{"bulk", anyServer, bulkLoad},
	{"pingpong", anyServer, pingpongLoad},
	{"udp", anyServer, udpLoad},
	{"idle", anyServer, idleLoad},
	{"latency", anyServer, latencyLoad},
	{"rules", hasRules, rulesLoad},
	{"reload", canReload, reloadLoad},
}

func anyServer(Server) bool   { return true }
func hasRules(s Server) bool  { return s.Rule != "" }
func canReload(s Server) bool { return s.Rule != "" && s.Reload }

// A lab is what a load works with, inside the sandbox.
type lab struct {
	server Server
	sizes  Sizes
	group  group
	round  int
}

// start starts the server.
func (l *lab) start(networks []string) (*process, error) {
	return start(l.server, l.group, networks)
}

// A cost is what something took.
type cost struct {
	CPU  time.Duration // of the server's processes alone
	Time time.Duration
}

// each is the cost of one of many, in microseconds.
func (c cost) each(count int) float64 {
	return c.CPU.Seconds() * 1e6 / float64(count)
}

// rate is how many there were a second.
func (c cost) rate(count int) float64 {
	return float64(count) / c.Time.Seconds()
}

// costOf measures a part of a load, from rest to rest: what the server still
// does after the last answer is counted too.
func (p *process) costOf(work func() error) (cost, error) {
	if err := daemon.AwaitRest(); err != nil {
		return cost{}, err
	}
	before, err := p.group.cpu()
	if err != nil {
		return cost{}, err
	}
	begin := time.Now()
	if err := work(); err != nil {
		return cost{}, fmt.Errorf("%w; the server printed:\n%s", err, p.printed())
	}
	taken := time.Since(begin)
	if err := daemon.AwaitRest(); err != nil {
		return cost{}, err
	}
	after, err := p.group.cpu()
	return cost{CPU: after - before, Time: taken}, err
}
