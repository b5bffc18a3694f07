package corpus

import (
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/logline"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

var update = flag.Bool("update", false, "write what the daemons say into the corpus instead of comparing")

// recordedWith is the version of danted the verdicts are of.
const recordedWith = "1.4.2"

const (
	roleVerify  = "verify"
	roleVersion = "version"
	roleJudge   = "judge"
)

func TestMain(m *testing.M) {
	flag.Parse()
	sandbox.Main(m, map[string]sandbox.Role{roleVerify: verify, roleVersion: version, roleJudge: judge})
}

func load(t *testing.T) []File {
	t.Helper()
	files, err := Files()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// ask has a daemon verify all files.
func ask(t *testing.T, path string, files []File) []said {
	t.Helper()
	all := sandbox.One[[]said](t, roleVerify, map[string]string{program: path}, job{Files: files})
	if len(all) != len(files) {
		t.Fatalf("%d answers on %d files", len(all), len(files))
	}
	return all
}

// TestCorpusOracle checks that the recorded verdicts are those of the real
// danted.
func TestCorpusOracle(t *testing.T) {
	oracle := daemon.Oracle(t)
	files := load(t)
	version := sandbox.One[string](t, roleVersion, map[string]string{program: oracle}, nil)
	if !*update && version != recordedWith {
		sandbox.SkipOrFail(t, "the verdicts are those of danted "+recordedWith+"; the one here is "+version)
	}

	for i, answer := range ask(t, oracle, files) {
		file := files[i]
		got := Verdict{Danted: version, Status: answer.Status, Messages: messages(answer)}
		if *update {
			if err := file.Record(got); err != nil {
				t.Error(err)
			}
			continue
		}
		recorded, err := file.Verdict()
		if err != nil {
			t.Errorf("%s has no verdict (-update records one): %v", file.Path, err)
			continue
		}
		if diff := cmp.Diff(recorded, got); diff != "" {
			t.Errorf("%s: -recorded +now\n%s", file.Path, diff)
		}
	}
}

// messages are what danted prints, as "level: text", without what it prints
// only because the file turns debugging on.
func messages(answer said) []string {
	all := []string{}
	debug := false
	for line := range strings.Lines(answer.Stdout + answer.Stderr) {
		message := logline.Message(strings.TrimSuffix(line, "\n"))
		if !strings.HasPrefix(message, logline.NoPrefix) {
			debug = strings.HasPrefix(message, "debug: ")
		}
		if !debug {
			all = append(all, message)
		}
	}
	return all
}

// TestCorpusOurs compares our danted -V with the recorded verdicts, and its
// diagnostics with the recorded ones.
func TestCorpusOurs(t *testing.T) {
	ours := daemon.Ours(t)
	files := load(t)
	agree := 0
	met := map[string]bool{}
	lines := relations{}
	for i, answer := range ask(t, ours, files) {
		file := files[i]
		if sameStatus(t, file, answer, met) {
			agree++
		}
		compareDiagnostics(t, file, answer)
		if answer.Status == Refuses && deviations[file.Path] == "" {
			sameLine(t, file, answer, lines)
		}
	}
	for path, row := range deviations {
		if !met[path] {
			t.Errorf("deviation %s (%s): there is no such difference", path, row)
		}
	}
	t.Logf("%d of %d files: same exit status", agree, len(files))
	t.Logf("lines of the refused: %s", lines)
}

// sameLine checks that our first error is where danted's is.
func sameLine(t *testing.T, file File, answer said, lines relations) {
	t.Helper()
	verdict, err := file.Verdict()
	if err != nil {
		t.Error(err)
		return
	}
	theirs, ours := dantedsLine(strings.Join(verdict.Messages, "\n")), ourLine(answer.Stderr)
	r := compareLines(file.Text, theirs, ours)
	lines[r]++
	if r == Elsewhere {
		t.Errorf("%s: danted's error is on line %d, our first one on line %d\n%s", file.Path, theirs, ours, answer.Stderr)
	}
}

// sameStatus checks the exit status and says whether it is that of danted.
func sameStatus(t *testing.T, file File, answer said, met map[string]bool) bool {
	t.Helper()
	if answer.Status != Accepts && answer.Status != Refuses {
		t.Errorf("%s: exit status %d\n%s", file.Path, answer.Status, answer.Stderr)
		return false
	}
	verdict, err := file.Verdict()
	if err != nil {
		t.Error(err)
		return false
	}
	if (answer.Status == Accepts) == verdict.Accepted() {
		return true
	}
	row, listed := deviations[file.Path]
	met[file.Path] = true
	if !listed {
		t.Errorf("%s: exit status %d, and of the real danted %d\n--- ours\n%s--- danted\n%s",
			file.Path, answer.Status, verdict.Status, answer.Stderr, strings.Join(verdict.Messages, "\n"))
	} else {
		t.Logf("%s: differs as %s says", file.Path, row)
	}
	return false
}

// compareDiagnostics compares what ours prints with name.diag.
func compareDiagnostics(t *testing.T, file File, answer said) {
	t.Helper()
	path := file.Sibling(".diag")
	if answer.Stdout != "" {
		t.Errorf("%s: prints on the standard output: %s", file.Path, answer.Stdout)
	}
	var got strings.Builder
	for line := range strings.Lines(answer.Stderr) {
		got.WriteString(logline.Unprefixed(line))
	}
	if *update {
		if err := writeDiagnostics(path, got.String()); err != nil {
			t.Error(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
		return
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s: diagnostics differ from %s (-update writes it): -recorded +now\n%s", file.Path, filepath.Base(path), diff)
	}
}

func writeDiagnostics(path, text string) error {
	if text != "" {
		return os.WriteFile(path, []byte(text), 0o644)
	}
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// TestSiblings finds verdicts and diagnostics whose configuration is gone.
func TestSiblings(t *testing.T) {
	for folder := range folders {
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, entry := range entries {
			extension := filepath.Ext(entry.Name())
			conf := filepath.Join(folder, strings.TrimSuffix(entry.Name(), extension)+".conf")
			if _, err := os.Stat(conf); err != nil {
				t.Errorf("%s/%s belongs to no configuration", folder, entry.Name())
			}
		}
	}
}
