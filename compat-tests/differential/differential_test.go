package differential

import (
	"encoding/json"
	"flag"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

var (
	configs  = flag.Int("configs", 6, "random configurations")
	requests = flag.Int("requests", 150, "random requests, over all configurations")
	seed     = flag.Uint64("seed", 1, "seed of the run")
	only     = flag.Int("only", -1, "run the trial of this number only")
	trial    = flag.String("trial", "", "run the trial in this file, as written on a difference")
	keep     = flag.String("keep", "", "directory for the files of differing trials (default a new one under the temporary directory)")
	tell     = flag.String("transcript", "", "write everything that was done, and what the real danted did, to this file")
	shown    = flag.Int("shown", 5, "differences to print in full")
	beyond   = flag.Bool("beyond", false, "make also requests and keywords that ours does not know yet; for -oracle-only")
	selftest = flag.Bool("oracle-only", false, "compare the real danted with itself: proves the harness, not ours")
)

const roleSide = "side"

func TestMain(m *testing.M) {
	flag.Parse()
	sandbox.Main(m, map[string]sandbox.Role{roleSide: side})
}

// TestDifferential compares ours with the real danted.
func TestDifferential(t *testing.T) {
	oracle := daemon.Oracle(t)
	if *selftest {
		run(t, oracle, oracle, trials(t), nil)
		return
	}
	run(t, oracle, daemon.Ours(t), trials(t), deviations)
}

// trials are those the flags ask for.
func trials(t *testing.T) []Trial {
	t.Helper()
	if *trial != "" {
		text, err := os.ReadFile(*trial)
		if err != nil {
			t.Fatal(err)
		}
		var one Trial
		if err := json.Unmarshal(text, &one); err != nil {
			t.Fatal(err)
		}
		return []Trial{one}
	}
	const most = (lastClientPort - firstClientPort) / portsEach
	if *configs < 1 || *requests < *configs || *requests > most {
		t.Fatalf("%d configurations with %d requests: there must be at least one request for each, and at most %d in a run",
			*configs, *requests, most)
	}
	var all []Trial
	for number := range *configs {
		from, to := number**requests / *configs, (number+1)**requests / *configs
		one := NewTrial(*seed, number, to-from, uint16(firstClientPort+portsEach*from), *beyond)
		if *only < 0 || *only == number {
			all = append(all, one)
		}
	}
	return all
}

// run performs the trials on both sides at once and reports.
func run(t *testing.T, oracle, ours string, trials []Trial, allowed []deviation) {
	t.Helper()
	start := time.Now()
	job := Job{Trials: trials}
	left := sandbox.Start(t, roleSide, map[string]string{program: oracle}, job)
	right := sandbox.Start(t, roleSide, map[string]string{program: ours}, job)

	transcript := openTranscript(t)
	var accepted, made, lines int
	var differences []Difference
	used, conditions := map[string]int{}, tally{}
	for _, trial := range trials {
		var a, b Result
		for s, result := range map[*sandbox.Sandbox]*Result{left: &a, right: &b} {
			if err := s.Next(result); err != nil {
				t.Fatalf("seed %d, trial %d: %v\n%s", trial.Seed, trial.Number, err, trial.Config)
			}
		}
		differences = append(differences, compare(trial, a, b, allowed, used)...)
		WriteTranscript(transcript, trial, a)
		conditions.add(trial, a)
		if a.Accepted {
			accepted++
		} else {
			t.Logf("seed %d, trial %d: the real danted does not accept the configuration: %s", trial.Seed, trial.Number, a.Verdict)
		}
		for _, exchange := range a.Exchanges {
			made++
			lines += len(exchange.Log)
		}
	}

	t.Logf("seed %d: %d of %d configurations accepted, %d requests, %d log lines, %d differences, %.1f s",
		*seed, accepted, len(trials), made, lines, len(differences), time.Since(start).Seconds())
	for _, row := range slices.Sorted(maps.Keys(used)) {
		t.Logf("deviation %s: %d requests", row, used[row])
	}
	var table strings.Builder
	conditions.write(&table)
	t.Log("what decided:\n" + table.String())
	if made == 0 || lines == 0 {
		t.Errorf("nothing was compared")
	}
	if accepted*10 < len(trials)*8 {
		t.Errorf("the generator makes too many configurations that are refused")
	}
	report(t, differences)
}

func openTranscript(t *testing.T) io.Writer {
	t.Helper()
	if *tell == "" {
		return io.Discard
	}
	file, err := os.Create(*tell)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

func report(t *testing.T, differences []Difference) {
	t.Helper()
	if len(differences) == 0 {
		return
	}
	dir := *keep
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "differential-"); err != nil {
			t.Fatal(err)
		}
	}
	for i, d := range differences {
		if i == *shown {
			t.Errorf("and %d more", len(differences)-i)
			break
		}
		path, err := d.Save(dir, i)
		if err != nil {
			t.Error(err)
		}
		t.Errorf("%s--- run it again with -trial %s", d, path)
	}
}

// TestScenarios checks both sides of the deviations that random trials avoid.
func TestScenarios(t *testing.T) {
	t.Run("oracle", func(t *testing.T) {
		runScenarios(t, daemon.Oracle(t), func(s scenario) Exchange { return s.oracle })
	})
	t.Run("ours", func(t *testing.T) {
		runScenarios(t, daemon.Ours(t), func(s scenario) Exchange { return s.ours })
	})
}

func runScenarios(t *testing.T, path string, expected func(scenario) Exchange) {
	var job Job
	for _, s := range scenarios {
		job.Trials = append(job.Trials, s.trial)
	}
	box := sandbox.Start(t, roleSide, map[string]string{program: path}, job)
	for _, s := range scenarios {
		var result Result
		if err := box.Next(&result); err != nil {
			t.Fatal(err)
		}
		if result.Failure != "" || len(result.Exchanges) != 1 {
			t.Errorf("%s: accepted: %v, %s %s", s.row, result.Accepted, result.Verdict, result.Failure)
			continue
		}
		want, got := expected(s), result.Exchanges[0]
		got.Seconds = 0
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (%s): -expected +seen\n%s", s.row, s.comment, diff)
		}
	}
}
