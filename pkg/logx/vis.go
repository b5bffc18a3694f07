package logx

import (
	"unicode"
	"unicode/utf8"
)

// Vis makes bytes visible as Dante does for names and payload (vis(3) with VIS_TAB, VIS_NL, VIS_CSTYLE, VIS_OCTAL):
// graphic ASCII and blanks stay, a backslash is doubled, the rest becomes \n, \0, \377 and the like.
func Vis(b []byte) string {
	return string(AppendVis(make([]byte, 0, len(b)+len(b)/4), b))
}

// AppendVis appends what Vis gives to dst.
func AppendVis(dst, b []byte) []byte {
	for i, c := range b {
		switch {
		case c == '\\':
			dst = append(dst, '\\', '\\')
		case visible(c):
			dst = append(dst, c)
		default:
			next := byte(0)
			if i+1 < len(b) {
				next = b[i+1]
			}
			dst = escape(dst, c, next)
		}
	}
	return dst
}

func visible(c byte) bool { return c >= ' ' && c < 0x7f }

// escape encodes one byte; next is the byte after it, which must not be readable as part of a short \0.
func escape(dst []byte, c, next byte) []byte {
	switch c {
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\b':
		return append(dst, '\\', 'b')
	case '\a':
		return append(dst, '\\', 'a')
	case '\v':
		return append(dst, '\\', 'v')
	case '\t':
		return append(dst, '\\', 't')
	case '\f':
		return append(dst, '\\', 'f')
	case 0:
		dst = append(dst, '\\', '0')
		if next >= '0' && next <= '7' {
			dst = append(dst, '0', '0')
		}
		return dst
	}
	return append(dst, '\\', '0'+c>>6&7, '0'+c>>3&7, '0'+c&7)
}

// appendLine appends text as one line of printable characters. Text is made of what Vis gave and of our own words, so
// backslashes stay as they are; valid printable UTF-8 (file names, messages of other programs) stays too.
func appendLine(dst []byte, text string) []byte {
	for i := 0; i < len(text); {
		c := text[i]
		if visible(c) {
			dst = append(dst, c)
			i++
			continue
		}
		if r, size := utf8.DecodeRuneInString(text[i:]); c >= utf8.RuneSelf && (r != utf8.RuneError || size > 1) && unicode.IsPrint(r) {
			dst = append(dst, text[i:i+size]...)
			i += size
			continue
		}
		next := byte(0)
		if i+1 < len(text) {
			next = text[i+1]
		}
		dst = escape(dst, c, next)
		i++
	}
	return dst
}
