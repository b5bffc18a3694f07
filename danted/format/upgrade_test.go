package format

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/danted/syntax"
)

// Each .conf file has what it is upgraded to beside it, with the changes, or why it is not.
func TestUpgradeGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.conf")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, changes, said := Upgrade(filepath.Base(file), read(t, file))
			if (text == nil) != said.HasErrors() {
				t.Fatalf("text %v, errors %v: one of them must be missing", text != nil, said.HasErrors())
			}
			var got strings.Builder
			fmt.Fprintf(&got, "%s%s", text, said.Text())
			for _, c := range changes {
				fmt.Fprintf(&got, "== %s: %q, now %q: %s\n", c.Pos, c.Old, c.New, c.Reason)
			}
			golden(t, strings.TrimSuffix(file, ".conf")+".upgraded", got.String())
		})
	}
}

// upgraded makes the checks that hold for any text.
func upgraded(t *testing.T, src []byte) ([]byte, []Change) {
	t.Helper()
	text, changes, said := Upgrade("f", src)
	if said.HasErrors() {
		if text != nil || changes != nil {
			t.Fatalf("%q has errors and was upgraded", src)
		}
		return nil, nil
	}
	at := -1
	for _, c := range changes {
		if c.Pos.Offset <= at || !strings.HasPrefix(string(src[c.Pos.Offset:]), c.Old) {
			t.Fatalf("%q: %q is said to be at %s, offset %d", src, c.Old, c.Pos, c.Pos.Offset)
		}
		at = c.Pos.Offset
	}
	again, more, said := Upgrade("f", text)
	if diff := cmp.Diff(string(text), string(again)); diff != "" || len(more) > 0 {
		t.Fatalf("%q is not up to date after its upgrade: %v (-once +twice):\n%s%s", src, more, diff, said.Text())
	}
	if len(changes) == 0 {
		plain, _ := Format("f", src)
		if diff := cmp.Diff(string(plain), string(text)); diff != "" {
			t.Fatalf("%q was changed without a word (-format +upgrade):\n%s", src, diff)
		}
	}
	return text, changes
}

func TestUpgradeKeepsTheMeaning(t *testing.T) {
	changed := 0
	each(t, func(t *testing.T, name string, src []byte) {
		text, changes := upgraded(t, src)
		if text == nil {
			return
		}
		if len(changes) > 0 {
			changed++
		}
		before, after := means(name, src), means(name, text)
		for _, code := range []string{"deprecated", "ignored-keyword", "unknown-operator", "crlf", "byte-order-mark"} {
			if slices.Contains(after.Codes, code) {
				t.Errorf("%s is still said of:\n%s", code, text)
			}
			before.Codes = slices.DeleteFunc(before.Codes, func(c string) bool { return c == code })
		}
		if before.Digest != "" && before.Digest != after.Digest {
			t.Errorf("it means something else now:\n%s", text)
		}
		if before.Digest != "" && !slices.Equal(before.Codes, after.Codes) {
			t.Errorf("%q was said of it, now %q", before.Codes, after.Codes)
		}
		for _, remark := range contentOf(src).Remarks {
			if !strings.Contains(string(text), remark) {
				t.Errorf("a comment is gone: %s", remark)
			}
		}
	})
	if changed < 20 {
		t.Errorf("only %d files of the corpus were changed", changed)
	}
}

func FuzzUpgrade(f *testing.F) {
	for _, src := range corpus(f) {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) { upgraded(t, src) })
}

// Errors that an upgrade cannot mend are said at their places in the file as it was.
func TestUpgradeSaysWhereErrorsAre(t *testing.T) {
	for name, c := range map[string]struct{ src, at, near, source string }{
		"nothing to rewrite":      {"debug: 1\nwrong: 1\n", "f:2:1", "wrong", "wrong: 1"},
		"behind something longer": {"method: none\nsrchost: nounknown wrong\n", "f:2:20", "wrong", "srchost: nounknown wrong"},
		"behind more lines":       {"socket.recvbuf.tcp: 1\nwrong: é wrong\n", "f:2:1", "wrong", "wrong: é wrong"},
		"behind removed bytes":    {"\xef\xbb\xbfdebug: 1\r\n  wrong: 1\r\n", "f:2:3", "wrong", "  wrong: 1"},
		"on the first line":       {"\xef\xbb\xbfwrong: 1\n", "f:1:1", "wrong", "\xef\xbb\xbfwrong: 1"},
		"hidden by an old word":   {"srchost: nomismatch wrong\n", "f:1:21", "wrong", "srchost: nomismatch wrong"},
		"at the end of the file":  {"method: none\nblock {", "f:2:1", "", "block {"},
		"a word of another keyword": {
			"srchost: nodnsmismatch\ninternal.protocol: nomismatch\n", "f:2:20", "nomismatch", "internal.protocol: nomismatch",
		},
		"outside a rule": {"maxsessions: 1\n", "f:1:1", "maxsessions", "maxsessions: 1"},
		"before a rule": {
			"maxsessions: 1\nclient pass { from: 0/0 to: 0/0 }\n", "f:1:1", "maxsessions", "maxsessions: 1",
		},
		"behind a rule": {
			"client pass { from: 0/0 to: 0/0 }\nmaxsessions: 1\n", "f:2:1", "maxsessions", "maxsessions: 1",
		},
		"a keyword as a word": {
			"client pass { from: 0/0 to: 0/0\nlog: error maxsessions\n}", "f:2:12", "maxsessions", "log: error maxsessions",
		},
	} {
		t.Run(name, func(t *testing.T) {
			text, changes, said := Upgrade("f", []byte(c.src))
			if text != nil || changes != nil || len(said) != 1 {
				t.Fatalf("upgraded to %q, %v\n%s", text, changes, said.Text())
			}
			d := said[0]
			if d.Pos.String() != c.at || d.Source != c.source || !strings.Contains(d.Message, c.near) {
				t.Errorf("said at %s of %q, want %s and %q\n%s", d.Pos, d.Source, c.at, c.source, said.Text())
			}
		})
	}
}

// Without anything to rewrite the positions are those of the parser.
func TestUpgradeKeepsPositions(t *testing.T) {
	each(t, func(t *testing.T, name string, src []byte) {
		file, want := syntax.Parse(name, string(src))
		if len(bytesOfOthers(file)) > 0 || len(oldSpellings(file, want)) > 0 {
			return
		}
		_, _, got := Upgrade(name, src)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// What can be said in no other way, or stands for nothing known, stays.
func TestUpgradeLeavesAlone(t *testing.T) {
	const addresses = "client pass {\n    from: 10.0.0.0/8 to: 0/0\n}\n"
	for _, src := range []string{
		"socket.recvbuf.tcp: 64k\n",
		"socket.recvbuf.tcp\n",
		"socket.recvbuf.tcp: 1 debug: 1\n",
		"child.maxlifetime: 5\n",
		"logoutput: stderr\r\n",
		"route {\n    from: 0/0 to: 0/0 via: direct\n    method: none\n}\n",
		"# method: none\n" + addresses,
		strings.Replace(addresses, "0/0", "0/0 port neq80", 1),
	} {
		text, changes, said := Upgrade("f", []byte(src))
		plain, _ := Format("f", []byte(src))
		if len(changes) > 0 || text == nil || string(text) != string(plain) {
			t.Errorf("%q: now %q, changed %+v\n%s", src, text, changes, said.Text())
		}
	}
	for _, prefix := range []string{
		"10.0.0.0/255.0.255.0", "10.0.0.0/0.255.255.255", "10.0.0.0/255.255.0", "10.0.0.0/256.0.0.0", "2001:db8::/255.0.0.0",
	} {
		src := strings.Replace(addresses, "10.0.0.0/8", prefix, 1)
		if text, _, said := Upgrade("f", []byte(src)); text != nil || !said.Has("dotted-netmask") {
			t.Errorf("%s was taken for a netmask:\n%s%s", prefix, text, said.Text())
		}
	}
}
