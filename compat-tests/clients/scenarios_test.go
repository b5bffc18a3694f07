package clients

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

// TestPrograms plays each scenario with the real danted, which shows that it
// is right, and with ours.
func TestPrograms(t *testing.T) {
	for i, c := range scenarios() {
		if c.Long && !*long {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			if missing := lacking(c.Needs...); missing != "" {
				sandbox.SkipOrFail(t, missing)
			}
			t.Run("oracle", func(t *testing.T) {
				if c.NotOracle != "" {
					t.Skip(c.NotOracle)
				}
				c.on(t, daemon.Oracle(t), part{Number: i, Real: true})
			})
			t.Run("ours", func(t *testing.T) {
				c.on(t, daemon.Ours(t), part{Number: i})
			})
		})
	}
}

// on plays a scenario in a sandbox of its own.
func (c scenario) on(t *testing.T, path string, p part) {
	programs := map[string]string{program: path}
	if c.Upstream != "" {
		programs[upstream] = daemon.Oracle(t)
	}
	box := sandbox.Start(t, roleScenario, programs, p)
	var got played
	if err := box.Next(&got); err != nil {
		t.Fatal(err)
	}
	if got.Failure != "" {
		t.Errorf("%s\nlog of the daemon:\n%s", got.Failure, strings.Join(got.Log, "\n"))
	}
	if err := box.Next(new(played)); !errors.Is(err, io.EOF) {
		t.Errorf("the end: %v", err)
	}
}
