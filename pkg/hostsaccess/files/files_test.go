package files

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rustsocks/rustsocks/pkg/hostsaccess"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// allows asks about a client without a name.
func allows(f *Files) (bool, []string) {
	set, problems := f.Current()
	d := set.Decide(hostsaccess.Connection{
		Daemon: "danted", Client: netip.MustParseAddrPort("10.0.0.1:40000"), Server: netip.MustParseAddrPort("10.0.0.2:1080"),
	})
	return d.Allowed, problems
}

func check(t *testing.T, what string, f *Files, want bool, told ...string) {
	t.Helper()
	allowed, problems := allows(f)
	if allowed != want {
		t.Errorf("%s: allowed %v", what, allowed)
	}
	if len(problems) != len(told) {
		t.Fatalf("%s: problems %q", what, problems)
	}
	for i, text := range told {
		if !strings.Contains(problems[i], text) {
			t.Errorf("%s: problem %q has no %q", what, problems[i], text)
		}
	}
}

// Whatever happens to the files is seen by the next client, at once and long after they were read, and is told once.
func TestChanges(t *testing.T) {
	for _, age := range []time.Duration{0, time.Hour} {
		dir := t.TempDir()
		allow, deny, hosts := filepath.Join(dir, "allow"), filepath.Join(dir, "deny"), filepath.Join(dir, "hosts")
		f := New(allow, deny)
		// The file's times cannot be set back: its change is of now. So what was read is taken to be old.
		old := func() {
			if age > 0 {
				f.young = false
			}
		}
		check(t, "no files", f, true)
		old()
		write(t, deny, "ALL: ALL\n")
		check(t, "a new file", f, false)
		old()
		write(t, deny, "ALL: 10.0.0.2\n")
		check(t, "another text", f, true)
		old()
		write(t, deny, "ALL: "+hosts+"\n")
		check(t, "a file of patterns that is not there", f, true)
		old()
		write(t, hosts, "10.0.0.1")
		check(t, "a new file of patterns", f, false)
		old()
		check(t, "nothing new", f, false)
		write(t, allow, "ALL: ALL: spawn true\nALL\n")
		check(t, "problems", f, true, "line 1", "line 2")
		check(t, "problems that are known", f, true)
		old()
		write(t, allow+".new", "ALL: ALL\n")
		if err := os.Rename(allow+".new", allow); err != nil {
			t.Fatal(err)
		}
		check(t, "another file", f, true)
		old()
		if err := os.Remove(allow); err != nil {
			t.Fatal(err)
		}
		check(t, "a file that has gone", f, false)
	}
}

// Files that cannot be read refuse everybody, and nothing makes the reader wait.
func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	pipe, long, nul := filepath.Join(dir, "pipe"), filepath.Join(dir, "long"), filepath.Join(dir, "nul")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	write(t, long, strings.Repeat("#\n", hostsaccess.FileLimit))
	write(t, nul, "ALL\x00: ALL\n")
	for path, why := range map[string]string{dir: "it is no file", pipe: "it is no file", long: "longer", nul: "NUL", "/dev/zero": "longer", dir + "/nul/x": "not a directory"} {
		check(t, "deny: "+path, New("/nonexistent", path), false, why)
		check(t, "allow: "+path, New(path, "/nonexistent"), false, why)
		hosts := filepath.Join(dir, "hosts")
		write(t, hosts, "ALL EXCEPT: "+path+"\nALL: "+path+"\n")
		if path[0] == '/' {
			check(t, "patterns: "+path, New("/dev/null", hosts), false, "whom a rule")
		}
	}
	check(t, "/dev/null", New("/dev/null", "/dev/null"), true)
}

func TestUnreadableByRights(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root can read everything; the differential tests have a worker that cannot")
	}
	deny := filepath.Join(t.TempDir(), "deny")
	write(t, deny, "")
	f := New("/nonexistent", deny)
	check(t, "readable", f, true)
	if err := os.Chmod(deny, 0); err != nil {
		t.Fatal(err)
	}
	check(t, "unreadable", f, false, "permission denied")
}

// A file of patterns that names itself ends, and so do too many of them.
func TestManyFiles(t *testing.T) {
	dir := t.TempDir()
	deny := filepath.Join(dir, "deny")
	for i := range hostsaccess.HostsLimit + 3 {
		write(t, filepath.Join(dir, fmt.Sprint(i)), fmt.Sprintf("%s/%d\n", dir, i+1))
	}
	write(t, deny, "ALL: "+dir+"/0\n")
	check(t, "many", New("/nonexistent", deny), false, "too many files")
	write(t, filepath.Join(dir, "0"), dir+"/0")
	check(t, "itself", New("/nonexistent", deny), false)
}

func TestManyProblems(t *testing.T) {
	deny := filepath.Join(t.TempDir(), "deny")
	text := ""
	for i := range 100 {
		text += fmt.Sprintf("nonsense %d\n", i)
	}
	write(t, deny, text)
	_, problems := allows(New("/nonexistent", deny))
	if len(problems) != mostNews+1 || !strings.Contains(problems[mostNews], "80 more") {
		t.Errorf("%d problems, the last %q", len(problems), problems[len(problems)-1])
	}
}
