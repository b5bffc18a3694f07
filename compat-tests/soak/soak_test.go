package soak

import (
	"flag"
	"testing"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

var idleCount = flag.Int("idle", 9000, "idle sessions")

const roleIdle = "idle"

func TestMain(m *testing.M) {
	flag.Parse()
	sandbox.Main(m, map[string]sandbox.Role{roleIdle: idle})
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
