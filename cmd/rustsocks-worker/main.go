// Program rustsocks-worker serves the clients. The monitor starts it as user.unprivileged.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/danted"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/privsep"
	"github.com/rustsocks/rustsocks/pkg/sandbox"
	"github.com/rustsocks/rustsocks/sockd"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "rustsocks-worker: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	identity, err := privsep.ParseIdentity(args)
	if err != nil {
		return err
	}
	// A service manager may signal all of us, a terminal those that log to it. The monitor tells us when to go, or is
	// gone.
	signal.Ignore(unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGTTOU, unix.SIGUSR1, unix.SIGPIPE)
	if err := sandbox.Enter(sandbox.Profile{
		UID: identity.UID, GID: identity.GID, AnyGroups: identity.KeepsGroups, ManyDescriptors: true,
	}); err != nil {
		return fmt.Errorf("refusing to run: %w", err)
	}
	link, err := privsep.OpenWorker()
	if err != nil {
		return err
	}
	load := func(c privsep.Config, facts hostfacts.Facts) (*plan.Plan, error) {
		p, said := danted.Load(c.Name, c.Source, facts, danted.Options{Mode: danted.Start, Debug: c.Debug, KeepAlive: c.KeepAlive})
		return p, said.Err()
	}
	return sockd.Serve(context.Background(), link, load)
}
