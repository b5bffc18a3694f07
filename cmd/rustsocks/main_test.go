package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// asProgram makes the test binary the program itself.
const asProgram = "RUSTSOCKS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const good = `logoutput: stderr
internal: 127.0.0.1 port = 11080
external: 127.0.0.1
user.unprivileged: nobody
socksmethod: none
`

const wrong = `bad.conf:6:1: error: syntax error near "timout.io": unknown keyword [unknown-keyword]
    timout.io: 5
    ^^^^^^^^^
hint: did you mean "timeout.io"?
`

func TestProgram(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"good.conf": good, "bad.conf": good + "timout.io: 5\n", "notyet.conf": good + "srchost: nodnsunknown\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		args           string
		status         int
		stdout, stderr string // must be in it; "=" before it: must be it
	}{
		"good file":        {"check good.conf", 0, "=", "="},
		"bad file":         {"check bad.conf", 1, "=" + wrong, "="},
		"good file, JSON":  {"check --json good.conf", 0, "=[]\n", "="},
		"bad file, JSON":   {"check --json bad.conf", 1, `"code": "unknown-keyword"`, "="},
		"not yet":          {"check notyet.conf", 0, "warning: \"srchost\" is not supported yet", "="},
		"no file":          {"check", 1, "=", "one FILE expected"},
		"missing file":     {"check missing.conf", 1, "=", "missing.conf"},
		"two files":        {"check good.conf bad.conf", 1, "=", "one FILE expected"},
		"version":          {"--version", 0, "rustsocks version", "="},
		"unknown flag":     {"check --frobnicate good.conf", 1, "", "frobnicate"},
		"help names check": {"--help", 0, "check a sockd.conf", "="},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], strings.Fields(c.args)...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), asProgram+"=1")
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err := cmd.Run()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if got := cmd.ProcessState.ExitCode(); got != c.status {
				t.Errorf("exit status %d, want %d", got, c.status)
			}
			for what, got := range map[string][2]string{"stdout": {stdout.String(), c.stdout}, "stderr": {stderr.String(), c.stderr}} {
				if want, exact := strings.CutPrefix(got[1], "="); exact && got[0] != want || !strings.Contains(got[0], want) {
					t.Errorf("%s: got %q, want %q", what, got[0], got[1])
				}
			}
		})
	}
}
