package danted

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// FuzzLoad loads any text.
func FuzzLoad(f *testing.F) {
	for _, file := range corpus(f, "*.conf") {
		f.Add(string(read(f, file)), false)
	}
	f.Fuzz(checkLoad)
}

// FuzzDictionary loads texts that are made of the language's own words, so that the fuzzer gets behind the scanner: two
// bytes of the input are one word.
func FuzzDictionary(f *testing.F) {
	words := dictionary()
	if len(words) < 400 {
		f.Fatalf("only %d words", len(words))
	}
	for _, pattern := range []string{"*.conf", "start/*.conf"} {
		for _, file := range corpus(f, pattern) {
			f.Add(inWords(words, string(read(f, file))), false)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, start bool) {
		var text strings.Builder
		for ; len(data) >= 2 && text.Len() < 1<<16; data = data[2:] {
			text.WriteString(words[int(binary.BigEndian.Uint16(data))%len(words)])
		}
		checkLoad(t, text.String(), start)
	})
}

// checkLoad checks what must hold of every text.
func checkLoad(t *testing.T, text string, start bool) {
	opt := Options{}
	if start {
		opt.Mode = Start
	}
	p, said := Load("f", []byte(text), machine{root: true}, opt)
	if (p == nil) != said.HasErrors() {
		t.Fatalf("plan: %v, errors: %v", p != nil, said.HasErrors())
	}
	q, again := Load("f", []byte(text), machine{root: true}, opt)
	if said.Text() != again.Text() || p != nil && p.Digest() != q.Digest() {
		t.Fatal("the second time it is something else")
	}
	if file, _ := Parse("f", []byte(text)); file.String() != text {
		t.Fatalf("printed as %q", file.String())
	}
	for _, d := range said {
		if d.Pos.Offset < 0 || d.Pos.Offset+d.Span > len(text) {
			t.Fatalf("%s is about bytes %d to %d of %d", d.Code, d.Pos.Offset, d.Pos.Offset+d.Span, len(text))
		}
	}
}

// dictionary gives every word of the language, in a fixed order, and some of what people write between them.
func dictionary() []string {
	words := strings.Fields(`: { } / - = != < <= > >= eq ne lt le gt ge port in client hostid socks pass block route
		monitor 0 1 5 08 010 0x10 1080 65535 65536 99999999999999999999 0/0 ::/0 127.0.0.1 127.0.0.1/32 10.0.0.0/8 ::1
		::1/128 fe80::1%lo lo eth0 . .example.com www.example.com direct broadcast http://proxy/ ssh domain stderr syslog
		nobody alice EPIPE info FILE:/etc/keytab spawn #`)
	words = append(words, " ", "\n", "\t", "\\\n", "# comment\n", "\r\n", "\x80", "a", "\x00")
	for _, r := range keyword.All() {
		words = append(words, r.Name, r.Lexed(), r.Example)
		for _, old := range r.Old {
			words = append(words, old.Text)
		}
		for _, w := range r.Words {
			words = append(words, w.Text)
		}
	}
	words = append(words, keyword.SocketOptNames()...)
	slices.Sort(words)
	return slices.Compact(words)
}

// inWords gives the input of FuzzDictionary for a text: the longest word first, and what is no word is left out.
func inWords(words []string, text string) []byte {
	var data []byte
	for text != "" {
		best := -1
		for i, w := range words {
			if strings.HasPrefix(text, w) && (best < 0 || len(w) > len(words[best])) {
				best = i
			}
		}
		if best < 0 {
			text = text[1:]
			continue
		}
		data = binary.BigEndian.AppendUint16(data, uint16(best))
		text = text[len(words[best]):]
	}
	return data
}
