// Program rustsocks-auth answers the worker's questions about passwords, users and groups. The monitor starts it as
// user.privileged; it is the only program of the daemon that links C.
package main

import (
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/auth/nss"
	"github.com/rustsocks/rustsocks/pkg/auth/shadow"
	"github.com/rustsocks/rustsocks/pkg/privsep"
	"github.com/rustsocks/rustsocks/pkg/sandbox"
	_ "github.com/rustsocks/rustsocks/pkg/sandbox/firstthread"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintf(os.Stderr, "rustsocks-auth: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	identity, err := privsep.ParseIdentity(args)
	if err != nil {
		return err
	}
	// A service manager may signal all of us, a terminal those that log to it. We go when the worker has gone.
	signal.Ignore(unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTERM, unix.SIGTTOU, unix.SIGUSR1)
	if err := sandbox.Enter(sandbox.Profile{
		UID: identity.UID, GID: identity.GID, AnyGroups: identity.KeepsGroups,
	}); err != nil {
		return fmt.Errorf("refusing to run: %w", err)
	}
	return privsep.ServeAuth(struct {
		*shadow.Passwords
		nss.Database
	}{shadow.New(), nss.Database{}})
}
