package soak

import (
	"math/rand/v2"
	"sync"
	"time"
)

// A kind is what the two ends of a session do while it lasts.
type kind struct {
	name           string
	client, target flow
	half           bool // the end that sends nothing says so at once
	slow           bool // the client reads slowly
}

// A flow is what an end sends: pieces of any size up to one, with pauses of any
// length up to one.
type flow struct {
	piece int
	pause time.Duration
}

var (
	words = flow{piece: 64, pause: 20 * time.Millisecond}
	bulk  = flow{piece: largest, pause: 100 * time.Millisecond}
	flood = flow{piece: largest}
)

var kinds = []kind{
	{name: "idle"},
	{name: "chatting", client: words, target: words},
	{name: "uploading", client: bulk},
	{name: "downloading", target: bulk},
	{name: "both ways", client: bulk, target: bulk},
	{name: "client half-closed", target: bulk, half: true},
	{name: "target half-closed", client: bulk, half: true},
	{name: "slow reader", client: words, target: flood, slow: true},
}

// How sessions end. After a quiet end all that was sent has arrived; the others
// cut off what is on its way, with a reset, or by closing a connection whatever
// is still to be read from it.
const (
	clientEnds    = "client ends"
	targetEnds    = "target ends"
	clientResets  = "client resets"
	targetResets  = "target resets"
	clientIsShut  = "client is killed"
	targetIsShut  = "target is killed"
	bothAreKilled = "both are killed"
)

var ends = []string{
	clientEnds, clientEnds, targetEnds, targetEnds, clientResets, targetResets, clientIsShut, targetIsShut, bothAreKilled,
}

// A life is what happens in one session.
type life struct {
	*session
	kind           kind
	end            string
	seed           uint64
	client, target endpoint
	stop           chan struct{} // closed when nothing more is to be sent
}

func newLife(n *session, random *rand.Rand) *life {
	l := &life{
		session: n, stop: make(chan struct{}), seed: random.Uint64(),
		kind: kinds[random.IntN(len(kinds))], end: ends[random.IntN(len(ends))],
	}
	l.client.conn, l.target.conn = n.client, n.target
	l.client.sent.Store(numberSize)
	l.target.got.Store(numberSize)
	return l
}

// notice is how long it may take until one end knows that the other is gone.
const notice = 10 * time.Second

// quiet tells whether all that is sent arrives.
func (l *life) quiet() bool { return l.end == clientEnds || l.end == targetEnds }

// live is all of it.
func (l *life) live(lasts time.Duration) {
	for _, e := range []*endpoint{&l.client, &l.target} {
		e.conn.SetDeadline(time.Now().Add(lasts + deadline))
	}
	clientRead, targetRead := make(chan struct{}), make(chan struct{})
	go func() { defer close(clientRead); l.client.drain(l.pace(), l.stop) }()
	go func() { defer close(targetRead); l.target.drain(0, l.stop) }()
	var writers sync.WaitGroup
	writers.Go(func() { l.write(&l.client, l.kind.client, l.seed) })
	writers.Go(func() { l.write(&l.target, l.kind.target, l.seed+1) })
	time.Sleep(lasts)

	switch l.end {
	case clientResets:
		l.client.reset()
	case targetResets:
		l.target.reset()
	case clientIsShut, bothAreKilled:
		l.client.conn.Close()
	}
	if l.end == targetIsShut || l.end == bothAreKilled {
		l.target.conn.Close()
	}
	if !l.quiet() {
		l.client.conn.SetDeadline(time.Now().Add(notice))
		l.target.conn.SetDeadline(time.Now().Add(notice))
	}
	close(l.stop)
	writers.Wait()
	switch l.end {
	case clientEnds:
		l.client.conn.CloseWrite()
		<-targetRead
		l.target.conn.CloseWrite()
	case targetEnds:
		l.target.conn.CloseWrite()
		<-clientRead
		l.client.conn.CloseWrite()
	}
	<-clientRead
	<-targetRead
	l.close()
}

// pace is how long the client waits before it reads again.
func (l *life) pace() time.Duration {
	if l.kind.slow {
		return 5 * time.Millisecond
	}
	return 0
}

// write sends what a side has to send until the session ends.
func (l *life) write(e *endpoint, f flow, seed uint64) {
	if f == (flow{}) {
		if l.kind.half {
			e.conn.CloseWrite()
		}
		return
	}
	random := rand.New(rand.NewPCG(seed, 0))
	for {
		if e.write(1+random.IntN(f.piece)) != nil {
			return
		}
		pause := time.Duration(0)
		if f.pause > 0 {
			pause = time.Duration(random.Int64N(int64(f.pause)))
		}
		select {
		case <-l.stop:
			return
		case <-time.After(pause):
		}
	}
}
