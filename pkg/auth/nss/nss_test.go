package nss

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/auth"
)

// TestDatabase runs inside a mount namespace of its own, where the system's files are others.
func TestDatabase(t *testing.T) {
	if os.Getenv("NSS_TEST_INSIDE") == "" {
		if os.Geteuid() != 0 {
			t.Skip("replacing /etc/passwd and /etc/group, for this test only, needs root")
		}
		inside(t, map[string]string{
			"passwd":        "root:x:0:0::/:/bin/sh\nbob:x:1001:2001::/:/bin/sh\nalice:x:1002:2002::/:/bin/sh\n",
			"group":         "root:x:0:\nbobs:x:2001:\nstaff:x:2003:root,bob,ghost\nempty:x:2004:\nlarge:x:2005:" + strings.Repeat("someone,", 3000) + "alice\n",
			"nsswitch.conf": "passwd: files\ngroup: files\n",
		})
		return
	}
	var d Database
	for user, want := range map[string]bool{"bob": true, "zed": false, "": false, "bob\x00": false} {
		if got, err := d.Exists(user); got != want || err != nil {
			t.Errorf("%q exists: %v, %v", user, got, err)
		}
	}
	for _, v := range []struct {
		user, group string
		want        auth.Membership
	}{
		{"bob", "bobs", auth.PrimaryMember},
		{"alice", "bobs", auth.NotMember},
		{"bob", "staff", auth.Member},
		{"alice", "staff", auth.NotMember},
		{"ghost", "staff", auth.Member}, // in the list, without a record
		{"ghost", "bobs", auth.NotMember},
		{"bob", "empty", auth.NotMember},
		{"alice", "large", auth.Member},
		{"someone", "large", auth.Member},
		{"bob", "nosuchgroup", auth.NoSuchGroup},
		{"bob", "", auth.NoSuchGroup},
		{"bob", "bobs\x00", auth.NoSuchGroup},
		{"bob\x00", "bobs", auth.NoSuchGroup},
		{"", "bobs", auth.NotMember},
	} {
		if got, err := d.InGroup(v.user, v.group); got != v.want || err != nil {
			t.Errorf("%q in %q: %v %v, want %v", v.user, v.group, got, err, v.want)
		}
	}
}

// inside runs the calling test again with these files in /etc.
func inside(t *testing.T, files map[string]string) {
	t.Helper()
	dir := t.TempDir()
	script := "set -e\n"
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		script += "mount --bind " + path + " /etc/" + name + "\n"
	}
	cmd := exec.Command("/bin/sh", "-c", script+`exec "$0" "$@"`, os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), "NSS_TEST_INSIDE=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, out)
	}
}
