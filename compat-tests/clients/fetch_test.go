package clients

import (
	"crypto/sha256"
	"strings"
	"testing"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

// TestOracle shows that the tests are right about the real danted.
func TestOracle(t *testing.T) {
	testDaemon(t, daemon.Oracle(t), true)
}

// TestOurs is the same with ours.
func TestOurs(t *testing.T) {
	testDaemon(t, daemon.Ours(t), false)
}

func testDaemon(t *testing.T, path string, oracle bool) {
	all := fetches()
	var numbers []int
	for i, f := range all {
		if f.Long && !*long {
			continue
		}
		if missing := lacking(append(f.Needs, f.Tool)...); missing != "" {
			t.Run(f.Name, func(t *testing.T) { sandbox.SkipOrFail(t, missing) })
			continue
		}
		if f.NotOracle != "" && oracle {
			t.Logf("without %s: %s", f.Name, f.NotOracle)
			continue
		}
		numbers = append(numbers, i)
	}
	box := sandbox.Start(t, roleFetches, map[string]string{program: path}, job{Numbers: numbers})
	for range numbers {
		var got fetched
		if err := box.Next(&got); err != nil {
			t.Fatal(err)
		}
		f := all[got.Number]
		t.Run(f.Name, func(t *testing.T) { f.check(t, got) })
	}
}

// check compares a run with what it must come to.
func (f fetch) check(t *testing.T, got fetched) {
	var body []byte
	if f.Upload {
		body = data(uploadedBytes)
	}
	digest := sha256.Sum256(body)
	succeeds := f.From != ""
	want := ""
	if succeeds {
		want = page(f.From, digest[:])
	}
	if (got.Outcome.Status == 0) != succeeds || got.Outcome.Stdout != want {
		t.Errorf("exit status %d, prints %q, %s\nwant %q\ncommand: %s %q\nlog of the daemon:\n%s",
			got.Outcome.Status, got.Outcome.Stdout, got.Outcome.Stderr, want, f.Tool, f.Args, strings.Join(got.Log, "\n"))
	}
	if len(got.Log) == 0 {
		t.Error("the daemon has logged nothing: the client did not come to it")
	}
}
