// Package bench compares servers under load: the real danted, microsocks and
// ours, or whatever else is described in a file, one after the other, again and
// again, in one run. Only what the servers use is counted, by control groups
// where the machine has them; the generator of the load and the targets are one
// process outside. docs/performance.md explains every figure.
//
// It is not a test: its figures depend on the machine. That it works is tested.
package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

// Options are what to measure.
type Options struct {
	Rounds  int
	Servers []string // all that are installed, if empty
	Loads   []string // all, if empty
	More    []string // files that describe further servers
	Sizes   Sizes
	Proc    bool      // count by /proc even if there are control groups
	JSON    string    // file for every single sample
	Out     io.Writer // the tables
	Status  io.Writer // what is being done
}

// role is the name of the sandboxed part.
const role = "measure"

// Roles are for the start of the program, see [sandbox.Play].
func Roles() map[string]sandbox.Role {
	return map[string]sandbox.Role{role: measure}
}

// A job is one run of one load on one server.
type job struct {
	Load   string
	Server Server
	Sizes  Sizes
	Group  group
	Round  int
}

// measure is the body of the sandbox.
func measure(in *json.Decoder, results *json.Encoder) error {
	var j job
	if err := in.Decode(&j); err != nil {
		return err
	}
	if err := manyPorts(); err != nil {
		return err
	}
	if err := serveTargets(); err != nil {
		return err
	}
	i := slices.IndexFunc(loads, func(l load) bool { return l.name == j.Load })
	measured, err := loads[i].run(&lab{server: j.Server, sizes: j.Sizes, group: j.Group, round: j.Round})
	if err != nil {
		return err
	}
	return results.Encode(measured)
}

// manyPorts gives the sandbox enough ports for connections that have ended but
// are remembered for a minute.
func manyPorts() error {
	return os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte("10000 65000"), 0)
}

// Run measures and prints. What fails has no figures, and is in the error.
func Run(o Options) error {
	servers, chosen, err := o.choose()
	if err != nil {
		return err
	}
	r := newReport(o, servers)
	var failures []error
	for _, l := range chosen {
		for round := range o.Rounds {
			for _, server := range servers {
				if !l.fits(server) {
					continue
				}
				fmt.Fprintf(o.Status, "%s, round %d of %d, %s\n", l.name, round+1, o.Rounds, server.Name)
				if err := r.add(l.name, server, round); err != nil {
					failures = append(failures, fmt.Errorf("%s on %s: %w", l.name, server.Name, err))
				}
			}
		}
	}
	r.print(o.Out)
	if o.JSON != "" {
		failures = append(failures, r.write(o.JSON))
	}
	return errors.Join(failures...)
}

// choose finds the servers and loads that were asked for.
func (o Options) choose() ([]Server, []load, error) {
	described, err := builtin()
	if err != nil {
		return nil, nil, err
	}
	for _, file := range o.More {
		server, err := readServer(file)
		if err != nil {
			return nil, nil, err
		}
		described = append(described, server)
	}
	var servers []Server
	for _, server := range described {
		if len(o.Servers) > 0 && !slices.Contains(o.Servers, server.Name) {
			continue
		}
		if err := server.locate(); err != nil {
			fmt.Fprintf(o.Out, "%s is left out: %v\n", server.Name, err)
			continue
		}
		servers = append(servers, server)
	}
	var chosen []load
	for _, l := range loads {
		if len(o.Loads) == 0 || slices.Contains(o.Loads, l.name) {
			chosen = append(chosen, l)
		}
	}
	return servers, chosen, errors.Join(
		unknown("server", o.Servers, described, func(s Server) string { return s.Name }),
		unknown("load", o.Loads, loads, func(l load) string { return l.name }))
}

// unknown is an error if a name that was asked for is not there.
func unknown[T any](what string, asked []string, there []T, name func(T) string) error {
	var names []string
	for _, one := range there {
		names = append(names, name(one))
	}
	for _, word := range asked {
		if !slices.Contains(names, word) {
			return fmt.Errorf("there is no %s %q, only %s", what, word, strings.Join(names, ", "))
		}
	}
	return nil
}
