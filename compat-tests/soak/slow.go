package soak

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
)

// slowJob is how many writers are held up by readers that do not read, and how
// much follows a half-close.
type slowJob struct {
	Stuck  int
	Behind int64
}

// slowResult is what the worker had then, and what arrived.
type slowResult struct {
	Before, Full usage
	Held         []int    // bytes of each stuck session that are in the worker
	Arrived      [2]int64 // after the client's end of the stream, and after the target's
	Seconds      [2]float64
	Failure      string
}

// slow is the role of a sandbox.
func slow(in *json.Decoder, results *json.Encoder) error {
	var job slowJob
	if err := in.Decode(&job); err != nil {
		return err
	}
	s, err := start("")
	if err != nil {
		return err
	}
	var r slowResult
	err = s.behind(job, &r)
	if err == nil {
		err = s.stuck(job, &r)
	}
	if err != nil {
		r.Failure = err.Error()
	}
	if err := results.Encode(r); err != nil {
		return err
	}
	return s.Stop()
}

// behind has one side send after the other has ended the stream.
func (s *scene) behind(job slowJob, r *slowResult) error {
	for i := range r.Arrived {
		n, err := s.open("127.0.0.1")
		if err != nil {
			return err
		}
		defer n.close()
		first, second := n.client, n.target
		if i == 1 {
			first, second = second, first
		}
		first.SetDeadline(time.Now().Add(deadline))
		second.SetDeadline(time.Now().Add(deadline))
		first.CloseWrite()
		if rest, err := io.ReadAll(second); err != nil || len(rest) > 0 {
			return fmt.Errorf("the end of the stream: %d bytes and %v", len(rest), err)
		}
		begin := time.Now()
		go send(second, job.Behind)
		if r.Arrived[i], err = io.Copy(io.Discard, first); err != nil {
			return fmt.Errorf("after the end of the stream %d bytes arrive, then: %w", r.Arrived[i], err)
		}
		r.Seconds[i] = time.Since(begin).Seconds()
	}
	return nil
}

// send sends some bytes and the end of the stream.
func send(to *net.TCPConn, size int64) {
	for size > 0 {
		n, err := to.Write(text[:min(size, largest)])
		if err != nil {
			return
		}
		size -= int64(n)
	}
	to.CloseWrite()
}

// stuck has writers write until they cannot, on both sides, and then the readers
// read it all.
func (s *scene) stuck(job slowJob, r *slowResult) (err error) {
	if err := s.AwaitRest(); err != nil {
		return err
	}
	if r.Before, _, err = s.usage(); err != nil {
		return err
	}
	all, err := s.openMany(job.Stuck, (*session).ping)
	if err != nil {
		return err
	}
	var sent, got atomic.Int64
	stop := make(chan struct{})
	var writers sync.WaitGroup
	readers := make([]*net.TCPConn, len(all))
	for i, n := range all {
		from, to := n.client, n.target
		if i%2 == 1 {
			from, to = to, from
		}
		readers[i] = to
		writers.Go(func() { pour(from, &sent, stop) })
	}
	if err := still(&sent); err != nil {
		return err
	}
	if r.Full, r.Held, err = s.usage(); err != nil {
		return err
	}
	close(stop)
	errs := make([]error, len(all))
	var reading sync.WaitGroup
	for i, to := range readers {
		reading.Go(func() {
			to.SetReadDeadline(time.Now().Add(deadline))
			n, err := io.Copy(io.Discard, to)
			got.Add(n)
			errs[i] = err
		})
	}
	reading.Wait()
	writers.Wait()
	for _, n := range all {
		n.close()
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if sent.Load() != got.Load() {
		return fmt.Errorf("%d bytes were written, %d arrived", sent.Load(), got.Load())
	}
	return nil
}

// pour writes until it is told to stop, and counts.
func pour(to *net.TCPConn, count *atomic.Int64, stop <-chan struct{}) {
	defer to.CloseWrite()
	for {
		n, err := to.Write(text[:largest])
		count.Add(int64(n))
		select {
		case <-stop:
			return
		default:
		}
		if err != nil {
			return
		}
	}
}

// still waits until a count is the same for a while: nothing moves any more.
func still(count *atomic.Int64) error {
	last, since := int64(-1), time.Now()
	return daemon.Until(func() (bool, error) {
		if n := count.Load(); n != last {
			last, since = n, time.Now()
		}
		return time.Since(since) > 300*time.Millisecond, nil
	})
}
