package addr

import (
	"unicode"
	"unicode/utf8"
)

// AppendFolded appends what all spellings of a name have in common that Match takes for the same: two names are equal
// to it exactly when this is. For tables of names; what it gives is not for people.
func AppendFolded(b []byte, name string) []byte {
	for i := range len(name) {
		c := name[i]
		if c >= utf8.RuneSelf {
			return appendFoldedRunes(b, name[i:])
		}
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		b = append(b, c)
	}
	return b
}

// appendFoldedRunes takes the lowest rune of those that are one letter in different cases. Names come from clients: what
// is not UTF-8 is as equal here as to strings.EqualFold.
func appendFoldedRunes(b []byte, name string) []byte {
	for _, r := range name {
		lowest := r
		for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
			lowest = min(lowest, other)
		}
		b = utf8.AppendRune(b, lowest)
	}
	return b
}
