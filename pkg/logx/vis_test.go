package logx

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestVis(t *testing.T) {
	for in, want := range map[string]string{
		"":               "",
		"bob":            "bob",
		"a b":            "a b",
		`a\b`:            `a\\b`,
		"\n\r\b\a\v\t\f": `\n\r\b\a\v\t\f`,
		"\x00":           `\0`,
		"\x00a":          `\0a`,
		"\x007":          `\0007`,
		"\x008":          `\08`,
		"\x00\x00":       `\0\0`,
		"\x01\x1b\x7f":   `\001\033\177`,
		"\x80\xff":       `\200\377`,
		"ü":              `\303\274`,
		`%"'*?[#`:        `%"'*?[#`,
	} {
		if got := Vis([]byte(in)); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}

// unvis reads what Vis wrote.
func unvis(t *testing.T, s string) []byte {
	var b []byte
	for len(s) > 0 {
		if s[0] != '\\' {
			b, s = append(b, s[0]), s[1:]
			continue
		}
		if i := strings.IndexByte(`nrbavtf\`, s[1]); i >= 0 {
			b, s = append(b, "\n\r\b\a\v\t\f\\"[i]), s[2:]
			continue
		}
		digits := 1
		for digits < 3 && len(s) > 1+digits && s[1+digits] >= '0' && s[1+digits] <= '7' {
			digits++
		}
		n, err := strconv.ParseUint(s[1:1+digits], 8, 8)
		if err != nil {
			t.Fatalf("%q: %v", s, err)
		}
		b, s = append(b, byte(n)), s[1+digits:]
	}
	return b
}

func FuzzVis(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.0\r\n\r\n\x00\x007\xff\\"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := Vis(b)
		for i := range len(s) {
			if !visible(s[i]) {
				t.Fatalf("%q has an invisible byte in %q", b, s)
			}
		}
		if got := unvis(t, s); !bytes.Equal(got, b) {
			t.Fatalf("%q became %s, which reads as %q", b, s, got)
		}
	})
}

// FuzzLine checks that whatever is logged is one line without control characters, for streams and for syslog.
func FuzzLine(f *testing.F) {
	f.Add("user \"a\nb\"", "danted")
	f.Add("\u2028\u202e\x9b31m\x1b[0m\xc2\x85", "soc\nkd")
	f.Fuzz(func(t *testing.T, text, program string) {
		l := New(program)
		for _, line := range [][]byte{
			appendLine(l.appendPrefix(nil, time.Unix(1e9, 0), Info), text),
			appendLine(l.appendSyslogPrefix(nil, time.Unix(1e9, 0), Info, FacilityDaemon), text),
		} {
			if !utf8.Valid(line) {
				t.Fatalf("%q is not UTF-8", line)
			}
			for _, r := range string(line) {
				if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r == '\u202e' {
					t.Fatalf("%q has the character %U", line, r)
				}
			}
		}
	})
}
