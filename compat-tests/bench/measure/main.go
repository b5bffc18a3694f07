// Measure runs the benchmark of package bench; `make bench` is how to call it.
// It is not about what is measured, only about the flags.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/rustsocks/rustsocks/compat-tests/bench"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

func main() {
	sandbox.Play(bench.Roles())
	o := bench.Options{Sizes: bench.Full(), Out: os.Stdout, Status: os.Stderr}
	short := flag.Bool("short", false, "tiny loads, one round: shows only that it works")
	flag.IntVar(&o.Rounds, "rounds", 3, "how often each load is put to each server")
	list("servers", "servers to measure, with commas between them; all that are installed if not given", &o.Servers)
	list("loads", "loads: connection bulk pingpong udp idle latency rules reload; all if not given", &o.Loads)
	list("more", "files that describe more servers, as compat-tests/bench/servers has them", &o.More)
	flag.BoolVar(&o.Proc, "proc", false, "count by /proc, as where there are no control groups")
	flag.StringVar(&o.JSON, "json", "", "file to write every single sample to")
	flag.IntVar(&o.Sizes.AtOnce, "at-once", o.Sizes.AtOnce, "connections opened at the same time")
	flag.IntVar(&o.Sizes.Connections, "connections", o.Sizes.Connections, "connections in a round")
	flag.Int64Var(&o.Sizes.BulkBytes, "bytes", o.Sizes.BulkBytes, "bytes in a round, half of them down, half up")
	flag.IntVar(&o.Sizes.BulkSessions, "bulk-sessions", o.Sizes.BulkSessions, "sessions that move them")
	flag.IntVar(&o.Sizes.RoundTrips, "round-trips", o.Sizes.RoundTrips, "round trips in a round")
	flag.IntVar(&o.Sizes.PingSessions, "ping-sessions", o.Sizes.PingSessions, "sessions that make them")
	flag.IntVar(&o.Sizes.Echoes, "echoes", o.Sizes.Echoes, "UDP echoes in a round")
	flag.IntVar(&o.Sizes.Associations, "associations", o.Sizes.Associations, "UDP associations that make them")
	flag.IntVar(&o.Sizes.Idle, "idle", o.Sizes.Idle, "idle sessions, if the server can have so many")
	flag.Parse()
	if *short {
		o.Sizes, o.Rounds = bench.Short(), 1
	}
	if err := bench.Run(o); err != nil {
		fmt.Fprintln(os.Stderr, "measure:", err)
		os.Exit(1)
	}
}

// list is a flag with several values.
func list(name, usage string, values *[]string) {
	flag.Func(name, usage, func(text string) error {
		*values = strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
		return nil
	})
}
