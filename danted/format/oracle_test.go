package format

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
)

// original gives the real danted.
func original(t *testing.T) string {
	t.Helper()
	program, err := exec.LookPath("danted")
	if err != nil {
		t.Skip("danted is not installed: it was not asked what it makes of the layouts (Debian package dante-server)")
	}
	return program
}

// A verdict is how danted ends when it verifies a file.
type verdict string

const accepted verdict = "exit status 0"

// verify runs danted in a directory of its own, because it creates log files.
func verify(t *testing.T, program string, src []byte) verdict {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), src, 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-V", "-f", "f")
	cmd.Dir = dir
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return accepted
	case errors.As(err, &exit) && ctx.Err() == nil:
		return verdict(err.Error())
	}
	t.Fatal(err)
	return ""
}

// endless are the files on which danted hangs.
var endless = []string{"144-route-to-interface.conf", "interface-to-in-route.conf"}

// staysInside tells whether danted creates files in its directory only when it verifies a file.
func staysInside(src []byte) bool {
	file, _ := syntax.Parse("", string(src))
	for _, item := range file.Items {
		if n := item.Node; n != nil && n.Row.Shape == keyword.Devices && n.Text != nil {
			for _, word := range n.Text.Values {
				if strings.HasPrefix(word.Value, "/") && !strings.HasPrefix(word.Value, "/dev/") {
					return false
				}
			}
		}
	}
	return true
}

// The real danted ends in the same way on a file and on its layout, and still accepts what was upgraded.
func TestDantedSeesNoDifference(t *testing.T) {
	program := original(t)
	each(t, func(t *testing.T, name string, src []byte) {
		t.Parallel()
		text, said := Format("f", src)
		if said.HasErrors() || !staysInside(src) || slices.Contains(endless, filepath.Base(name)) {
			return
		}
		before := verify(t, program, src)
		if !bytes.Equal(text, src) {
			if after := verify(t, program, text); after != before {
				t.Errorf("before %s, after %s:\n%s", before, after, text)
			}
		}
		newer, changes, _ := Upgrade("f", src)
		if len(changes) > 0 && before == accepted {
			if after := verify(t, program, newer); after != accepted {
				t.Errorf("before %s, upgraded %s:\n%s", before, after, newer)
			}
		}
	})
}

// The real danted refuses these files for their old spellings alone.
func TestDantedAcceptsWhatWasRefused(t *testing.T) {
	program := original(t)
	for _, name := range []string{"refused.conf", "elsewhere.conf"} {
		src := read(t, filepath.Join("testdata", name))
		text, _, _ := Upgrade(name, src)
		if before, after := verify(t, program, src), verify(t, program, text); before == accepted || after != accepted {
			t.Errorf("%s: before %s, upgraded %s", name, before, after)
		}
	}
}
