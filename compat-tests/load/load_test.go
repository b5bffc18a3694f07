package load

import (
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

var (
	count    = flag.Int("transfers", 1000, "concurrent transfers")
	thrown   = flag.Int("strings", 2000, "random byte strings to throw at the daemon")
	seed     = flag.Uint64("seed", 1, "seed of the random data")
	compare  = flag.Bool("bench-compare", false, "measure connections against the real danted")
	measured = flag.Int("connections", 5000, "connections to measure in a round")
)

const (
	roleTransfers = "transfers"
	roleNoise     = "noise"
	roleRate      = "rate"
)

func TestMain(m *testing.M) {
	flag.Parse()
	sandbox.Main(m, map[string]sandbox.Role{roleTransfers: transfers, roleNoise: noise, roleRate: rate})
}

// onBoth runs a test with ours, and with the real danted to show that the test
// is right.
func onBoth(t *testing.T, test func(t *testing.T, programs map[string]string)) {
	t.Run("oracle", func(t *testing.T) { test(t, map[string]string{program: daemon.Oracle(t)}) })
	t.Run("ours", func(t *testing.T) { test(t, map[string]string{program: daemon.Ours(t)}) })
}

// TestThousandTransfers has a thousand sessions open at once and moves random
// data both ways through all of them.
func TestThousandTransfers(t *testing.T) {
	onBoth(t, func(t *testing.T, programs map[string]string) {
		result := sandbox.One[transfersResult](t, roleTransfers, programs, transfersJob{Count: *count, Seed: *seed})
		t.Logf("%d of %d transfers, %d bytes, %.1f s", result.Finished, *count, result.Bytes, result.Seconds)
		if result.Finished != *count || result.Bytes == 0 {
			t.Errorf("%d transfers failed:\n%s\nlog of the daemon:\n%s", *count-result.Finished,
				firstLines(result.Failures), firstLines(result.Log))
		}
	})
}

// TestRandomBytes throws random bytes at the daemon, which must end each
// connection and go on serving.
func TestRandomBytes(t *testing.T) {
	onBoth(t, func(t *testing.T, programs map[string]string) {
		result := sandbox.One[noiseResult](t, roleNoise, programs, noiseJob{Count: *thrown, Seed: *seed})
		t.Logf("%d strings, %d of them answered, %d log lines", result.Sent, result.Answered, len(result.Log))
		if result.Sent != *thrown || result.Answered == 0 || result.Answered == result.Sent {
			t.Errorf("the strings are not what they should be")
		}
		if len(result.Failures) > 0 {
			t.Errorf("%d failures:\n%s", len(result.Failures), firstLines(result.Failures))
		}
		if !result.Alive {
			t.Error("the daemon has died")
		}
		if result.Serving != "" {
			t.Errorf("the daemon does not serve any more: %s", result.Serving)
		}
		for _, line := range result.Log {
			for _, word := range []string{"panic", "exited unexpectedly", "internal error", "goroutine "} {
				if strings.Contains(line, word) {
					t.Errorf("in the log: %s", line)
				}
			}
		}
	})
}

func firstLines(lines []string) string {
	return strings.Join(lines[:min(len(lines), 20)], "\n")
}

// TestConnectionsPerSecond prints what a connection costs, ours and the real
// danted taking turns. It fails on nothing but failure: figures of a machine
// that does other things are no test.
func TestConnectionsPerSecond(t *testing.T) {
	if !*compare {
		t.Skip("a benchmark, run with -bench-compare")
	}
	sides := []struct {
		name, path, log string
		rate, cpu       []float64
	}{
		{name: "the real danted, logging nothing", path: daemon.Oracle(t)},
		{name: "ours, logging connect disconnect error", path: daemon.Ours(t), log: "connect disconnect error"},
	}
	for range 3 {
		for i := range sides {
			side := &sides[i]
			result := sandbox.One[rateResult](t, roleRate, map[string]string{program: side.path},
				rateJob{Count: *measured, AtOnce: 16, Log: side.log})
			side.rate = append(side.rate, float64(*measured)/result.Seconds)
			side.cpu = append(side.cpu, result.CPU/float64(*measured)*1e6)
		}
	}
	t.Logf("%d connections a round, 3 rounds in turns, medians, %s processors", *measured, processors())
	for _, side := range sides {
		t.Logf("%-40s %8.0f connections/s %8.0f CPU µs each", side.name, median(side.rate), median(side.cpu))
	}
	t.Logf("ratio ours to danted: %.2f of the rate, %.2f of the CPU",
		median(sides[1].rate)/median(sides[0].rate), median(sides[1].cpu)/median(sides[0].cpu))
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
