package logline

import "testing"

func TestNormal(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{
			"Nov  3 11:41:08 (1795434068.653651) danted[7]: info: pass(1): tcp/connect ]: 410 -> 127.0.0.1.59708 127.0.0.1.1080 -> 73, 73 -> 127.0.0.5.10001 127.0.0.1.80 -> 410: local client closed.  Session duration: 12s",
			"info: pass(1): tcp/connect ]: 410 -> 127.0.0.1.* 127.0.0.1.1080 -> 73, 73 -> 127.0.0.5.10001 127.0.0.1.80 -> 410: local client closed.  Session duration: *s",
		},
		{
			"Nov 23 11:41:08 (1795434068.653651) sockd[70]: info: block(1): tcp/accept ]: ::1.60999 ::1.1080: error after reading 1 byte in 1 second: eof from local client",
			"info: block(1): tcp/accept ]: ::1.* ::1.1080: error after reading 1 byte in * seconds: eof from local client",
		},
		{
			"Nov 23 11:41:08 (1795434068.653651) danted[70]: info: block(1): tcp/connect ]: 127.0.0.2.10001 127.0.0.1.1080 -> 0.0.0.0.0 127.0.0.1.80: session rate limit reached (already accepted 2 new clients during the last 1s.  Current client count: 0)",
			"info: block(1): tcp/connect ]: 127.0.0.2.10001 127.0.0.1.1080 -> 0.0.0.0.0 127.0.0.1.80: session rate limit reached (already accepted 2 new clients during the last *s.  Current client count: 0)",
		},
		{"danted: invalid option -- 'x'", "NO PREFIX: danted: invalid option -- 'x'"},
	} {
		if got := Normal(Message(c.line)); got != c.want {
			t.Errorf("Normal(Message(%q))\n got %q\nwant %q", c.line, got, c.want)
		}
	}
}
