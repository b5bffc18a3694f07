package addr

import (
	"strings"
	"testing"
)

func FuzzAppendFolded(f *testing.F) {
	for _, s := range [][2]string{
		{"", ""},
		{"Example.COM", "eXAMPLE.com"},
		{"example", "examples"},
		{"\u212aelvin", "kelvin"},
		{"mi\u017fs", "MISS"},
		{"\u03c3\u03c2", "\u03a3\u03a3"},
		{"\xff\xfe", "\xfe\xff"},
		{"\xff", "\ufffd"},
		{"a\xc3", "A\xc4"},
		{"[", "{"},
		{"\u00e9", "\u00c9"},
		{"\u0130", "i"},
	} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		same := string(AppendFolded(nil, a)) == string(AppendFolded(nil, b))
		if want := strings.EqualFold(a, b); same != want {
			t.Errorf("%q and %q: equal %v, want %v", a, b, same, want)
		}
	})
}
