package syntax

import "strings"

// anyByte are the words with a dot that danted's scanner takes for any byte of the line, and where the dot is. COMPAT:
// `pam-any`, `pam any` and even `pam#any` are the method pam.any.
var anyByte = map[string]int{
	"pam.any":                len("pam"),
	"pam.address":            len("pam"),
	"pam.username":           len("pam"),
	"session.state.key":      len("session.state"),
	"session.state.max":      len("session.state"),
	"session.state.throttle": len("session.state"),
}

// begins tells whether a text begins with a word, as danted's scanner has it.
func begins(s, word string) bool {
	dot, ok := anyByte[word]
	if !ok {
		return strings.HasPrefix(s, word)
	}
	return len(s) >= len(word) && s[:dot] == word[:dot] && s[dot] != '\n' && s[dot+1:len(word)] == word[dot+1:]
}

// meant gives the value of a token, with a dot where danted takes any byte for it.
func meant(t Token) string {
	if t.Type != tokWord && !isKey(t.Type) {
		return t.Value
	}
	for word := range anyByte {
		if len(word) == len(t.Value) && begins(t.Value, word) {
			return word
		}
	}
	return t.Value
}
