package load

import (
	"flag"
	"strings"
	"testing"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

var (
	count  = flag.Int("transfers", 1000, "concurrent transfers")
	thrown = flag.Int("strings", 2000, "random byte strings to throw at the daemon")
	seed   = flag.Uint64("seed", 1, "seed of the random data")
)

const (
	roleTransfers = "transfers"
	roleNoise     = "noise"
)

func TestMain(m *testing.M) {
	flag.Parse()
	sandbox.Main(m, map[string]sandbox.Role{roleTransfers: transfers, roleNoise: noise})
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
