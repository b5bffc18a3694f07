// Package daemon finds the two daemons, the real danted (the oracle) and ours,
// starts them, waits for them and reads their logs. Everything but finding
// them happens inside a sandbox (package sandbox).
package daemon

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

// Oracle is the path of the real danted; the test is skipped without it.
func Oracle(t testing.TB) string {
	t.Helper()
	return installed(t, OraclePath(),
		"the real danted (package dante-server, or its path in DANTE_ORACLE)")
}

// Ours is the path of the danted of this repository; the test is skipped
// without it.
func Ours(t testing.TB) string {
	t.Helper()
	return installed(t, OursPath(),
		"our danted (make build, or its path in RUSTSOCKS_DANTED)")
}

// OraclePath is where the real danted is, if it is installed.
func OraclePath() string { return fromEnv("DANTE_ORACLE", "/usr/sbin/danted") }

// OursPath is where the danted of this repository is, if it is built.
func OursPath() string {
	return fromEnv("RUSTSOCKS_DANTED", filepath.Join(repository(), "bin", "danted"))
}

// Tool is the path of a program of the machine, such as curl.
func Tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		sandbox.SkipOrFail(t, "this test needs "+name+", which is not installed")
	}
	return path
}

func fromEnv(variable, otherwise string) string {
	if path := os.Getenv(variable); path != "" {
		return path
	}
	return otherwise
}

// repository is the root of the source tree.
func repository() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..")
}

func installed(t testing.TB, path, what string) string {
	t.Helper()
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
		sandbox.SkipOrFail(t, "this test needs "+what+"; there is no such program at "+path)
	}
	return path
}
