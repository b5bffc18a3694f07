package danted

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rustsocks/rustsocks/pkg/hostfacts"
)

// differs are the files on which ours must not give danted's verdict, with the reason.
var differs = map[string]string{
	"bandwidth-and-redirect.conf": "danted needs a licence for them; ours has them",
	"child-maxlifetime.conf":      "the keyword came with 1.4.3",
	"stray-byte.conf":             "danted takes the byte for the end of the file and accepts what is before it; ours refuses the file",
}

// TestVerdictIsDanteds asks the real danted about every file and compares the verdicts. An abort is a refusal.
func TestVerdictIsDanteds(t *testing.T) {
	program, err := exec.LookPath("danted")
	if err != nil {
		t.Skip("danted is not installed: the verdicts were not compared with the real ones (Debian package dante-server)")
	}
	if os.Geteuid() != 0 {
		t.Skip("not running as root: the real danted would complain about that instead of the files")
	}
	for _, file := range corpus(t, "*.conf") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			want := verdict(t, program, file)
			_, list := Load(filepath.Base(file), read(t, file), hostfacts.NewLive(), Options{Mode: Verify})
			got := !list.HasErrors()
			if reason, ok := differs[filepath.Base(file)]; ok {
				if got == want {
					t.Errorf("the verdicts are the same now, but it says: %s", reason)
				}
				return
			}
			if got != want {
				t.Errorf("danted accepts: %v, ours: %v\n%s", want, got, list.Text())
			}
		})
	}
}

// verdict tells whether danted accepts a file. It runs in a directory of its own, because it creates log files.
func verdict(t *testing.T, program, file string) bool {
	t.Helper()
	dir := t.TempDir()
	name := filepath.Join(dir, filepath.Base(file))
	if err := os.WriteFile(name, read(t, file), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-V", "-f", filepath.Base(name))
	cmd.Dir = dir
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return true
	case errors.As(err, &exit):
		return false
	}
	t.Fatal(err)
	return false
}

// A deviation whose file is gone would be a deviation nobody looks at any more.
func TestDeviationsHaveFiles(t *testing.T) {
	for name := range differs {
		if _, err := os.Stat(filepath.Join("testdata", name)); err != nil {
			t.Error(err)
		}
	}
}
