package format

import "testing"

func TestDiff(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"nothing": {"a\n", "a\n", ""},
		"a line":  {"a\nb\nc\n", "a\nB\nc\n", "--- x\n+++ y\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"},
		"the end": {"a\nb", "a\nb\n", "--- x\n+++ y\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n"},
		"bytes that are no text": {
			"# \xfc\xe4\na  b\n", "# \xfc\xe4\na b\n", "--- x\n+++ y\n@@ -1,2 +1,2 @@\n # \xfc\xe4\n-a  b\n+a b\n",
		},
		"everything": {"a\n", "", "--- x\n+++ y\n@@ -1 +0,0 @@\n-a\n"},
	} {
		if got := Diff("x", "y", []byte(c.old), []byte(c.new)); got != c.want {
			t.Errorf("%s:\n%q, want\n%q", name, got, c.want)
		}
	}
}
