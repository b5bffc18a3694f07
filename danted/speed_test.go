package danted

import (
	"fmt"
	"strings"
	"testing"
)

// long is a file with many rules of the kinds that long files have.
func long(n int) string {
	var b strings.Builder
	b.WriteString("logoutput: stderr\ninternal: lo port = 1080\nexternal: lo\nuser.unprivileged: nobody\nsocksmethod: username none\n")
	b.WriteString("client pass {\n\tfrom: 0/0 to: 0/0\n}\n")
	for i := range n {
		verdict, to := "pass", fmt.Sprintf("172.16.%d.%d/32 port = %d", i/256%256, i%256, 1+i%65535)
		switch i % 4 {
		case 1:
			to = fmt.Sprintf("host%d.example.com port 8000-8010", i)
		case 2:
			verdict = "block"
		}
		fmt.Fprintf(&b, "# rule %d\nsocks %s {\n\tfrom: 10.%d.%d.0/24 to: %s\n\tcommand: connect\n\tlog: connect error\n", i, verdict, i/256%256, i%256, to)
		if i%4 == 3 {
			b.WriteString("\tsocksmethod: username\n\tuser: alice bob\n\tprotocol: tcp\n")
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// BenchmarkLoad reads, checks and compiles 10,000 rules.
func BenchmarkLoad(b *testing.B) {
	text := []byte(long(10_000))
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if p, list := Load("f", text, machine{root: true}, Options{}); p == nil || len(p.SocksRules) != 10_000 {
			b.Fatal(list.Text())
		}
	}
}
