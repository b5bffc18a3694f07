package soak

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"syscall"
	"time"
)

// mixedJob is how many sessions there are at a time, and for how long.
type mixedJob struct {
	Sessions     int
	Warm, During time.Duration
	Longest      time.Duration // of one session
	Seed         uint64
}

// mixedResult is what became of them.
type mixedResult struct {
	Before, After usage
	During        []usage // now and then
	Sessions      int     // that have ended
	Kinds, Ends   map[string]int
	Bytes         int64
	Exact         int // sessions that ended quietly, and whose counts are those of the log
	Unnoticed     int // cut off, without the other end learning of it
	Kernel        map[string]int
	Failures      []string
}

// mixed is the role of a sandbox.
func mixed(in *json.Decoder, results *json.Encoder) error {
	var job mixedJob
	if err := in.Decode(&job); err != nil {
		return err
	}
	s, err := start("")
	if err != nil {
		return err
	}
	m := &mixture{scene: s, job: job, ledger: newLedger()}
	m.result.Kinds, m.result.Ends = map[string]int{}, map[string]int{}
	if err := m.run(); err != nil {
		return err
	}
	if err := results.Encode(m.result); err != nil {
		return err
	}
	if m.result.After.Sessions > 0 {
		// The second signal, that of Stop, does not wait for them.
		offset := s.LogSize()
		s.Signal(syscall.SIGTERM)
		if _, err := s.AwaitLine(int(offset), "sigterm()"); err != nil {
			return err
		}
	}
	return s.Stop()
}

// A mixture is sessions of all kinds that come and go.
type mixture struct {
	*scene
	job    mixedJob
	ledger *ledger

	mu     sync.Mutex
	result mixedResult
}

func (m *mixture) run() (err error) {
	m.play(m.job.Warm, 0)
	if err := m.AwaitRest(); err != nil {
		return err
	}
	if m.result.Before, _, err = m.usage(); err != nil {
		return err
	}
	m.play(m.job.During, 1)
	if err := m.AwaitRest(); err != nil {
		return err
	}
	if m.result.After, _, err = m.usage(); err != nil {
		return err
	}
	if m.result.Kernel, err = kernelCounts(); err != nil {
		return err
	}
	return m.settle()
}

// play has all places filled with sessions for a while, and looks at the worker
// each minute.
func (m *mixture) play(during time.Duration, round uint64) {
	until := time.Now().Add(during)
	var running sync.WaitGroup
	for place := range m.job.Sessions {
		running.Go(func() {
			random := rand.New(rand.NewPCG(m.job.Seed, round<<32|uint64(place)))
			for time.Now().Before(until) {
				m.one(random, until)
			}
		})
	}
	for left := time.Until(until); left > time.Minute; left = time.Until(until) {
		time.Sleep(time.Minute)
		if u, _, err := m.usage(); err == nil {
			m.result.During = append(m.result.During, u)
		}
	}
	running.Wait()
}

// one is the life of one session.
func (m *mixture) one(random *rand.Rand, until time.Time) {
	n, err := m.open(fmt.Sprintf("127.0.0.%d", 100+random.IntN(20)))
	if err != nil {
		m.fail("%v", err)
		return
	}
	l := newLife(n, random)
	lasts := time.Duration(random.Int64N(int64(m.job.Longest)))
	l.live(min(lasts, max(time.Until(until), 0)))
	m.ledger.book(l)

	m.mu.Lock()
	defer m.mu.Unlock()
	m.result.Sessions++
	m.result.Kinds[l.kind.name]++
	m.result.Ends[l.end]++
	m.result.Bytes += l.client.got.Load() + l.target.got.Load()
}

func (m *mixture) fail(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.result.Failures) < 50 {
		m.result.Failures = append(m.result.Failures, fmt.Sprintf(format, args...))
	}
}

// settle compares what all sessions have counted with the log.
func (m *mixture) settle() error {
	lines, err := m.ledger.read(m.LogFrom(0))
	if err != nil {
		return err
	}
	if lines != m.result.Sessions-m.result.After.Sessions {
		m.fail("%d sessions, %d of them there still, but %d lines about the end of one",
			m.result.Sessions, m.result.After.Sessions, lines)
	}
	for _, account := range m.ledger.accounts {
		exact, errs := account.check()
		m.result.Exact += exact
		m.result.Unnoticed += account.unnoticed
		for _, err := range errs {
			m.fail("%v", err)
		}
	}
	return nil
}
