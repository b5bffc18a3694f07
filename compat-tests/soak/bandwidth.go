package soak

import (
	"encoding/json"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
)

// bandwidthJob is how many clients share how many bytes a second, and for how
// long that is measured.
type bandwidthJob struct {
	Clients   int
	PerSecond int64
	During    time.Duration
}

// bandwidthResult is bytes per second.
type bandwidthResult struct {
	Each    []float64  // of the clients that share
	Free    float64    // of one without a limit, beside them
	Alone   [2]float64 // of the same before and after
	CPU     float64    // seconds of the daemon, of one second with those that share only
	Failure string
}

// Clients from sharing have one rule, with a limit; the one from free another.
const (
	sharing = "127.0.0.99"
	free    = "127.0.0.1"
)

// bandwidth is the role of a sandbox.
func bandwidth(in *json.Decoder, results *json.Encoder) error {
	var job bandwidthJob
	if err := in.Decode(&job); err != nil {
		return err
	}
	s, err := start(fmt.Sprintf("socks pass {\n\tfrom: %s/32 to: 0/0\n\tbandwidth: %d\n\tcommand: connect\n}\n", sharing, job.PerSecond))
	if err != nil {
		return err
	}
	var r bandwidthResult
	if err := s.share(job, &r); err != nil {
		r.Failure = err.Error()
	}
	if err := results.Encode(r); err != nil {
		return err
	}
	return s.Stop()
}

func (s *scene) share(job bandwidthJob, r *bandwidthResult) (err error) {
	if r.Alone[0], err = s.alone(job.During / 3); err != nil {
		return err
	}
	// A third of the clients send, a third are sent to, a third do both.
	counts := make([]atomic.Int64, job.Clients)
	for i := range counts {
		n, err := s.open(sharing)
		if err != nil {
			return err
		}
		defer n.close()
		if i%3 != 0 {
			stream(n.client, n.target, &counts[i])
		}
		if i%3 != 1 {
			stream(n.target, n.client, &counts[i])
		}
	}
	err = daemon.Until(func() (bool, error) {
		for i := range counts {
			if counts[i].Load() == 0 {
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		return err
	}

	before, err := daemon.CPU()
	if err != nil {
		return err
	}
	first := rates(counts, job.During/3)
	after, err := daemon.CPU()
	if err != nil {
		return err
	}
	r.CPU = (after - before).Seconds() / (job.During / 3).Seconds()

	n, err := s.open(free)
	if err != nil {
		return err
	}
	var count [1]atomic.Int64
	stream(n.client, n.target, &count[0])
	beside := make(chan float64)
	go func() { beside <- rates(count[:], job.During*2/3)[0] }()
	r.Each = rates(counts, job.During*2/3)
	r.Free = <-beside
	n.close()
	for i := range r.Each {
		r.Each[i] = (first[i] + 2*r.Each[i]) / 3
	}
	r.Alone[1], err = s.alone(job.During / 3)
	return err
}

// alone is how fast a client without a limit is.
func (s *scene) alone(during time.Duration) (float64, error) {
	n, err := s.open(free)
	if err != nil {
		return 0, err
	}
	defer n.close()
	var count [1]atomic.Int64
	stream(n.client, n.target, &count[0])
	return rates(count[:], during)[0], nil
}

// stream sends as much as there can be, and counts what arrives, until the
// connections are closed.
func stream(from, to *net.TCPConn, count *atomic.Int64) {
	go func() {
		for {
			if _, err := from.Write(text[:largest]); err != nil {
				return
			}
		}
	}()
	go func() {
		buffer := make([]byte, largest)
		for {
			n, err := to.Read(buffer)
			count.Add(int64(n))
			if err != nil {
				return
			}
		}
	}()
}

// rates measures how fast counts grow.
func rates(counts []atomic.Int64, during time.Duration) []float64 {
	begin, all := time.Now(), make([]float64, len(counts))
	for i := range counts {
		all[i] = float64(-counts[i].Load())
	}
	time.Sleep(during) // what is measured
	seconds := time.Since(begin).Seconds()
	for i := range counts {
		all[i] = (all[i] + float64(counts[i].Load())) / seconds
	}
	return all
}
