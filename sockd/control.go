package sockd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/rustsocks/rustsocks/pkg/hostfacts"
	"github.com/rustsocks/rustsocks/pkg/logx"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/privsep"
)

// LoadFunc compiles a configuration that the monitor has accepted. Which language it is in, only the main program
// knows.
type LoadFunc func(c privsep.Config, facts hostfacts.Facts) (*plan.Plan, error)

// Helpers are the auth helpers' sockets, which the monitor replaces when a helper dies.
type Helpers interface {
	Attach(a privsep.Auth) error
}

// Logins may come in a burst, after a restart for one, and each takes a helper's processor for tens of milliseconds.
// Beyond this many, and after this time, they are refused.
const (
	waitingLogins = 4096
	loginLimit    = 30 * time.Second
)

// Serve is the whole life of a worker process: it does what the monitor at the other end of link says. See Run.
func Serve(ctx context.Context, link *privsep.Worker, load LoadFunc) error {
	helpers := privsep.NewAuthClient(waitingLogins, loginLimit, func(slot uint8) {
		_ = link.Send(privsep.AuthStuck{Slot: slot}) // without a monitor we end anyway
	})
	w, err := New(logx.New("danted"), helpers)
	if err != nil {
		return err
	}
	return w.Run(ctx, link, load, helpers)
}

// offer is a configuration that was loaded but is not in force.
type offer struct {
	generation uint64
	snapshot   *snapshot
	config     privsep.Config // its descriptors
}

// control is the worker's conversation with the monitor.
type control struct {
	*Worker
	link    *privsep.Worker
	load    LoadFunc
	helpers Helpers

	offered *offer
	doors   []*door // of the listeners in force
	drained chan struct{}
	limit   *time.Timer
}

// Run does what the monitor says until it says to stop (nil), is gone, or says something that makes no sense. Loops of
// sessions are left to end with the process.
func (w *Worker) Run(ctx context.Context, link *privsep.Worker, load LoadFunc, helpers Helpers) error {
	w.ports.send = func(m privsep.BindPort) error { return link.Send(m) }
	c := &control{Worker: w, link: link, load: load, helpers: helpers}
	messages, failed := make(chan privsep.Message), make(chan error, 1)
	go receive(link, messages, failed)
	alive := time.NewTicker(privsep.AliveInterval)
	defer alive.Stop()
	for {
		select {
		case m := <-messages:
			if err := c.obey(ctx, m); err != nil {
				return err
			}
		case err := <-failed:
			if errors.Is(err, io.EOF) {
				return errors.New("the monitor is gone")
			}
			return fmt.Errorf("message from the monitor: %w", err)
		case <-alive.C:
			if c.snapshot.Load() == nil {
				continue
			}
			if err := c.tellAlive(); err != nil {
				return err
			}
		case <-c.drained:
			return link.Send(privsep.Drained{})
		}
	}
}

func receive(link *privsep.Worker, messages chan<- privsep.Message, failed chan<- error) {
	for {
		m, err := link.Receive()
		if err != nil {
			failed <- err
			return
		}
		messages <- m
	}
}

func (c *control) obey(ctx context.Context, m privsep.Message) error {
	switch m := m.(type) {
	case privsep.Config:
		return c.offer(m)
	case privsep.Commit:
		return c.commit(ctx, m)
	case privsep.Abort:
		c.drop()
	case privsep.Logs:
		c.log.SetOutputs(m.Logs)
	case privsep.Auth:
		return c.helpers.Attach(m)
	case privsep.Status:
		if m.Print {
			c.printStatus()
			return nil
		}
		return c.tellAlive()
	case privsep.BoundPort:
		c.ports.answered(m)
	case privsep.Drain:
		c.drain(m.Limit)
	default:
		return fmt.Errorf("message %T has no meaning here", m)
	}
	return nil
}

// offer loads a configuration and tells the monitor what came out.
func (c *control) offer(m privsep.Config) error {
	c.drop()
	var facts hostfacts.Snapshot
	if err := json.Unmarshal(m.Facts, &facts); err != nil {
		m.Close()
		return c.link.Send(privsep.Refused{Generation: m.Generation, Text: "host facts: " + err.Error()})
	}
	p, err := c.load(m, &facts)
	if err == nil && len(p.Internal) != len(m.Listeners) {
		err = fmt.Errorf("%d listeners came for %d internal addresses", len(m.Listeners), len(p.Internal))
	}
	if err != nil {
		m.Close()
		return c.link.Send(privsep.Refused{Generation: m.Generation, Text: err.Error()})
	}
	snap := newSnapshot(p, c.snapshot.Load())
	snap.daemon = m.Program
	c.offered = &offer{generation: m.Generation, snapshot: snap, config: m}
	return c.link.Send(privsep.Loaded{Generation: m.Generation, Digest: p.Digest()})
}

// drop forgets an offered configuration.
func (c *control) drop() {
	if c.offered != nil {
		c.offered.config.Close()
		c.offered = nil
	}
}

// commit puts the offered configuration into force: for clients that come from now on. Those there are keep theirs.
func (c *control) commit(ctx context.Context, m privsep.Commit) error {
	o := c.offered
	if o == nil || o.generation != m.Generation {
		return fmt.Errorf("commit of generation %d, which was not offered", m.Generation)
	}
	c.offered = nil
	c.log.SetProgram(o.config.Program)
	c.log.SetOutputs(o.config.Logs)
	c.log.SetDebug(o.snapshot.plan.Debug)
	c.log.Ready()
	c.resolver.Reset()
	c.snapshot.Store(o.snapshot)
	c.datagrams.Forget()
	if c.drained == nil {
		if err := c.listen(ctx, o.config.Listeners); err != nil {
			return err
		}
	}
	return c.link.Send(privsep.Committed{Generation: m.Generation})
}

// listen accepts from these listeners and no longer from those before. The sockets behind are the monitor's: between
// the two no client is refused.
func (c *control) listen(ctx context.Context, files []*os.File) error {
	c.unlisten()
	for _, f := range files {
		d, err := c.open(ctx, f)
		if err != nil {
			return fmt.Errorf("listener: %w", err)
		}
		c.doors = append(c.doors, d)
	}
	return nil
}

func (c *control) unlisten() {
	for _, d := range c.doors {
		d.close()
	}
	c.doors = nil
}

// drain stops accepting and lets the sessions end; after limit those left are ended.
func (c *control) drain(limit time.Duration) {
	if c.drained != nil { // asked again: only the limit changes
		c.limit.Reset(limit)
		return
	}
	c.unlisten()
	c.drained = make(chan struct{})
	c.limit = time.AfterFunc(limit, c.endAll)
	go func() {
		c.slots.wait()
		close(c.drained)
	}()
}

func (c *control) tellAlive() error {
	handled := c.counts.handled.Load() // first: there are never more than were accepted
	accepted := c.counts.accepted.Load()
	return c.link.Send(privsep.Alive{
		Sessions: uint32(accepted - handled), Accepted: uint64(accepted), Handled: uint64(handled),
	})
}
