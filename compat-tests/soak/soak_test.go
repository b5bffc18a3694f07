package soak

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

var (
	idleCount  = flag.Int("idle", 2000, "idle sessions")
	mixedCount = flag.Int("mixed", 300, "sessions of all kinds at a time")
	during     = flag.Duration("during", 3*time.Second, "how long there are sessions of all kinds")
	longest    = flag.Duration("longest", 2*time.Second, "how long one of them lasts at most")
	sharingFor = flag.Duration("sharing", 3*time.Second, "how long sessions share bandwidth")
	seed       = flag.Uint64("seed", 1, "seed of the sessions of all kinds")
)

const (
	roleIdle      = "idle"
	roleMixed     = "mixed"
	roleSlow      = "slow"
	roleBandwidth = "bandwidth"
)

func TestMain(m *testing.M) {
	flag.Parse()
	sandbox.Main(m, map[string]sandbox.Role{roleIdle: idle, roleMixed: mixed, roleSlow: slow, roleBandwidth: bandwidth})
}

func ours(t *testing.T) map[string]string { return map[string]string{program: daemon.Ours(t)} }

// TestIdleSessions has thousands of sessions open at once in one worker, within
// 20,000 descriptors a process. None is lost, and all still work at the end.
func TestIdleSessions(t *testing.T) {
	r := sandbox.One[idleResult](t, roleIdle, ours(t), idleJob{Count: *idleCount})
	t.Logf("before: %v", r.Before)
	t.Logf("idle:   %v", r.Idle)
	t.Logf("after:  %v", r.After)
	count := float64(*idleCount)
	t.Logf("%d sessions opened in %.1f s; a session: %.1f KB resident, %.1f KB proportional, %.3f descriptors",
		*idleCount, r.Seconds, float64(r.Idle.Resident-r.Before.Resident)/count, float64(r.Idle.Own-r.Before.Own)/count,
		float64(r.Idle.Descriptors-r.Before.Descriptors)/count)
	if r.Failure != "" {
		t.Fatal(r.Failure)
	}
	if r.Works != *idleCount || r.Idle.Sessions != *idleCount {
		t.Errorf("of %d sessions the worker has %d and %d work", *idleCount, r.Idle.Sessions, r.Works)
	}
	if extra := r.Idle.Descriptors - r.Before.Descriptors - 2**idleCount; extra != 0 {
		t.Errorf("%d descriptors more than two a session", extra)
	}
	if r.Idle.Goroutines > r.Before.Goroutines {
		t.Errorf("idle sessions have %d goroutines", r.Idle.Goroutines-r.Before.Goroutines)
	}
	if r.After.Sessions != 0 || r.After.Descriptors > r.Before.Descriptors || r.After.Goroutines > r.Before.Goroutines {
		t.Error("something is left of them")
	}
}

// TestMixedSessions has sessions of all kinds come, go, and be cut off on both
// sides. Every byte arrives, the log counts every byte, and the worker is
// afterwards what it was before.
func TestMixedSessions(t *testing.T) {
	box := sandbox.Start(t, roleMixed, ours(t), mixedJob{
		Sessions: *mixedCount, Warm: max(*during/10, time.Second), During: *during, Longest: *longest, Seed: *seed,
	})
	var r mixedResult
	if err := box.Next(&r); err != nil {
		t.Fatal(err)
	}
	t.Logf("before: %v", r.Before)
	for i, u := range r.During {
		t.Logf("after %d minutes: %v", i+1, u)
	}
	t.Logf("after:  %v", r.After)
	t.Logf("%d sessions, %.2f GB; %d ended quietly and are counted right to the byte", r.Sessions, float64(r.Bytes)/1e9, r.Exact)
	t.Logf("kinds: %s", numbers(r.Kinds))
	t.Logf("ends: %s", numbers(r.Ends))
	t.Logf("%d resets unnoticed; dropped by the kernel: %s", r.Unnoticed, numbers(r.Kernel))
	if r.Unnoticed > r.Kernel[skipped]+r.Kernel[challenged] {
		t.Errorf("%d ends have not learned that the other is gone", r.Unnoticed)
	}
	if len(r.Failures) > 0 {
		t.Errorf("failures:\n%s", strings.Join(r.Failures, "\n"))
	}
	if want := r.Ends[clientEnds] + r.Ends[targetEnds]; r.Exact < want-r.Unnoticed || r.Exact == 0 {
		t.Errorf("of %d sessions that ended quietly %d are counted right", want, r.Exact)
	}
	if len(r.Kinds) != len(kinds) || r.Bytes == 0 || r.Sessions <= *mixedCount {
		t.Error("that was no stress")
	}
	// Each event loop keeps up to four pipes.
	if most := r.Before.Descriptors + 16 + 2*r.After.Sessions; r.After.Descriptors > most {
		t.Errorf("%d descriptors are left, more than %d", r.After.Descriptors, most)
	}
	if r.After.Sessions > r.Unnoticed || r.After.Goroutines > r.Before.Goroutines {
		t.Errorf("%d sessions and %d goroutines are left", r.After.Sessions, r.After.Goroutines-r.Before.Goroutines)
	}
	if most := r.Before.Resident*3/2 + 16<<10; r.After.Resident > most {
		t.Errorf("%d KB resident, more than %d", r.After.Resident, most)
	}
	if err := box.Next(new(json.RawMessage)); !errors.Is(err, io.EOF) {
		t.Errorf("the end: %v", err)
	}
}

func numbers(m map[string]int) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		all = append(all, fmt.Sprintf("%d %s", m[name], name))
	}
	return strings.Join(all, ", ")
}

// TestSlow has 100 MB follow the end of the other stream, and writers that
// readers do not keep up with: a session holds little of that in the worker.
func TestSlow(t *testing.T) {
	const stuck, behind = 50, 100_000_000
	r := sandbox.One[slowResult](t, roleSlow, ours(t), slowJob{Stuck: stuck, Behind: behind})
	t.Logf("after the client's end of the stream: %d bytes in %.2f s; after the target's: %d bytes in %.2f s",
		r.Arrived[0], r.Seconds[0], r.Arrived[1], r.Seconds[1])
	if r.Arrived != [2]int64{behind, behind} {
		t.Error("not all of it has arrived")
	}
	t.Logf("before: %v", r.Before)
	t.Logf("stuck:  %v", r.Full)
	if r.Failure != "" {
		t.Fatal(r.Failure)
	}
	if len(r.Held) != stuck {
		t.Fatalf("%d of %d sessions hold something", len(r.Held), stuck)
	}
	total := 0
	for _, n := range r.Held {
		total += n
	}
	each := (r.Full.Resident - r.Before.Resident) / stuck
	t.Logf("a session: %d KB resident; held %d KB on average, %d at most", each, total/stuck>>10, slices.Max(r.Held)>>10)
	if most := each<<10 + slices.Max(r.Held); most > 1_000_000 {
		t.Errorf("a session has up to %d bytes in the worker", most)
	}
}

// TestBandwidth has ten clients under one rule with a bandwidth, and one without
// beside them. A machine that is busy with other things can keep them from what
// they may have, so there are three attempts.
func TestBandwidth(t *testing.T) {
	const clients, perSecond = 10, 2_000_000
	var wrong []string
	for range 3 {
		r := sandbox.One[bandwidthResult](t, roleBandwidth, ours(t), bandwidthJob{Clients: clients, PerSecond: perSecond, During: *sharingFor})
		if r.Failure != "" {
			t.Fatal(r.Failure)
		}
		all := 0.0
		for _, rate := range r.Each {
			all += rate
		}
		least, most := slices.Min(r.Each)*clients/perSecond, slices.Max(r.Each)*clients/perSecond
		t.Logf("%d clients: %.0f bytes a second together, %.3f of the rate; least and most %.3f and %.3f of a fair share; %.1f percent of a processor",
			clients, all, all/perSecond, least, most, 100*r.CPU)
		t.Logf("one without a limit: %.0f MB/s beside them, %.0f and %.0f alone", r.Free/1e6, r.Alone[0]/1e6, r.Alone[1]/1e6)
		wrong = nil
		if all < 0.95*perSecond || all > 1.05*perSecond {
			wrong = append(wrong, "the rate is not within 5 percent")
		}
		if least < 0.85 || most > 1.15 {
			wrong = append(wrong, "a share is not within 15 percent")
		}
		// What else the machine does moves this figure.
		if r.Free < min(r.Alone[0], r.Alone[1])/2 {
			wrong = append(wrong, "the one without a limit is slow beside them")
		}
		if len(wrong) == 0 {
			return
		}
	}
	t.Error(strings.Join(wrong, "; "))
}
