package soak

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// idleJob is how many sessions are to be idle at once.
type idleJob struct{ Count int }

// idleResult is what they cost, and whether they are still there.
type idleResult struct {
	Before, Idle, After usage
	Seconds             float64 // to open them all
	Works               int
	Failure             string
}

// idle is the role of a sandbox.
func idle(in *json.Decoder, results *json.Encoder) error {
	var job idleJob
	if err := in.Decode(&job); err != nil {
		return err
	}
	s, err := start("")
	if err != nil {
		return err
	}
	var r idleResult
	if err := s.idle(job, &r); err != nil {
		r.Failure = err.Error()
	}
	if err := results.Encode(r); err != nil {
		return err
	}
	return s.Stop()
}

func (s *scene) idle(job idleJob, r *idleResult) (err error) {
	// The first sessions have the worker grow to its size.
	if _, err := s.openMany(200, func(n *session) error { defer n.close(); return n.ping() }); err != nil {
		return err
	}
	if err := s.AwaitRest(); err != nil {
		return err
	}
	if r.Before, _, err = s.usage(); err != nil {
		return err
	}
	begin := time.Now()
	all, err := s.openMany(job.Count, (*session).ping)
	if err != nil {
		return err
	}
	r.Seconds = time.Since(begin).Seconds()
	if err := s.AwaitRest(); err != nil {
		return err
	}
	if r.Idle, _, err = s.usage(); err != nil {
		return err
	}
	var mu sync.Mutex
	err = each(all, func(n *session) error {
		err := n.ping()
		if err == nil {
			mu.Lock()
			defer mu.Unlock()
			r.Works++
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, n := range all {
		n.close()
	}
	if err := s.AwaitRest(); err != nil {
		return err
	}
	r.After, _, err = s.usage()
	return err
}

// openMany opens sessions, some at once, and does something with each.
func (s *scene) openMany(count int, then func(*session) error) ([]*session, error) {
	all := make([]*session, count)
	slots := make([]*session, count)
	for i := range slots {
		slots[i] = &session{number: uint32(i)}
	}
	err := each(slots, func(slot *session) (err error) {
		if all[slot.number], err = s.open("127.0.0.1"); err != nil {
			return fmt.Errorf("number %d: %w", slot.number, err)
		}
		return then(all[slot.number])
	})
	return all, err
}
