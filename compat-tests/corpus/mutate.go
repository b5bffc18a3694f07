package corpus

import (
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// A mutator makes files that are almost right out of files that are.
type mutator struct {
	words []string // of the language, and values
	lines []string // statements, one for each keyword
}

func newMutator() *mutator {
	m := &mutator{words: []string{
		"0/0", "::/0", "10.0.0.0/8", "127.0.0.1", "::1", "lo", "localhost", ".example.com", ".", "0", "8", "08", "0x10",
		"65536", "-1", "99999999999999999999", "port", "=", "eq", "neq", "gt", ">=", "<", "-", "/", ":", "{", "}", ";", "\"",
		"pass", "block", "client", "hostid", "socks", "route", "monitor", "in", "direct", "broadcast", "stderr", "nobody",
		"http", "domain", "ntp", "nonsense", "EPIPE", "info", ".recv", ".send", "internal.", "external.", "internal.log.",
	}}
	for _, r := range keyword.All() {
		m.lines = append(m.lines, r.Example)
		m.words = append(m.words, r.Name, r.Lexed())
		for _, old := range r.Old {
			m.words = append(m.words, old.Text)
		}
		for _, w := range r.Words {
			m.words = append(m.words, w.Text)
		}
	}
	m.words = append(m.words, keyword.SocketOptNames()...)
	for _, list := range [][]keyword.Word{keyword.Processes(), keyword.Levels(), keyword.SocketLevels()} {
		for _, w := range list {
			m.words = append(m.words, w.Text)
		}
	}
	return m
}

// piece is what a person takes for one thing: a word, blanks, the end of a line
// or one other character.
var piece = regexp.MustCompile(`[a-zA-Z0-9_.-]+|[ \t]+|(?s:.)`)

// mutate makes one to three changes, mostly one.
func (m *mutator) mutate(rng *rand.Rand, text string) string {
	for range 1 + rng.IntN(2)*rng.IntN(3) {
		pieces := piece.FindAllString(text, -1)
		if len(pieces) == 0 {
			return m.lines[rng.IntN(len(m.lines))]
		}
		text = strings.Join(m.change(rng, pieces), "")
	}
	return text
}

// change makes one change.
func (m *mutator) change(rng *rand.Rand, pieces []string) []string {
	i, j := somewhere(rng, pieces), somewhere(rng, pieces)
	switch rng.IntN(15) {
	case 0:
		pieces[i] = ""
	case 1:
		pieces[i] += pieces[i]
	case 2:
		pieces[i] += " " + pieces[i]
	case 3:
		pieces[i], pieces[j] = pieces[j], pieces[i]
	case 4, 5:
		pieces[i] = pick(rng, m.words)
	case 6:
		pieces[i] += " " + pick(rng, m.words)
	case 7: // join lines
		if n := next(pieces, i, isEnd); n >= 0 {
			pieces[n] = " "
		}
	case 8: // split a line
		if n := next(pieces, i, isBlank); n >= 0 {
			pieces[n] = "\n"
		}
	case 9:
		pieces[i] += pick(rng, []string{" ", "\t", "\n", "#", " # ", "{", "}", " }", "\\\n", " \\\n", ":", " : ", "\r", "\f", "é"})
	case 10:
		if n := next(pieces, i, isNumber); n >= 0 {
			pieces[n] = pick(rng, []string{
				"0", "1", "08", "010", "-1", "0x10", "0xff", "33", "129", "65535", "65536", "4294967296", "99999999999999999999",
				strconv.Itoa(rng.IntN(100)),
			})
		}
	case 11: // a statement of its own
		if n := next(pieces, i, isEnd); n >= 0 {
			pieces[n] += pick(rng, m.lines) + "\n"
		}
	case 12:
		pieces[i] = spoil(rng, pieces[i])
	case 13: // another byte where things meet
		pieces[i] += string(rune(' ' + rng.IntN('~'-' '+1)))
	default:
		return strings.SplitAfter(wholeLines(rng, strings.Join(pieces, "")), "\n")
	}
	return pieces
}

// spoil changes one byte of a word.
func spoil(rng *rand.Rand, word string) string {
	if word == "" {
		return ""
	}
	i := rng.IntN(len(word))
	switch rng.IntN(3) {
	case 0:
		return word[:i] + word[i+1:]
	case 1:
		return word[:i] + string(rune(' '+rng.IntN('~'-' '+1))) + word[i+1:]
	}
	return word[:i] + strings.ToUpper(word[i:i+1]) + word[i+1:]
}

// wholeLines deletes, repeats or swaps lines.
func wholeLines(rng *rand.Rand, text string) string {
	lines := strings.SplitAfter(text, "\n")
	i, j := rng.IntN(len(lines)), rng.IntN(len(lines))
	switch rng.IntN(3) {
	case 0:
		lines[i] = ""
	case 1:
		lines[i] += lines[i]
	default:
		lines[i], lines[j] = lines[j], lines[i]
	}
	return strings.Join(lines, "")
}

// somewhere picks something that is not blank, if it finds one soon.
func somewhere(rng *rand.Rand, pieces []string) int {
	i := rng.IntN(len(pieces))
	for range 3 {
		if strings.TrimSpace(pieces[i]) != "" {
			return i
		}
		i = rng.IntN(len(pieces))
	}
	return i
}

// next finds the first piece of a kind from a place on.
func next(pieces []string, from int, kind func(string) bool) int {
	for i := from; i < len(pieces); i++ {
		if kind(pieces[i]) {
			return i
		}
	}
	return -1
}

func isEnd(s string) bool    { return s == "\n" }
func isBlank(s string) bool  { return strings.Trim(s, " \t") == "" }
func isNumber(s string) bool { return s[0] >= '0' && s[0] <= '9' && !strings.Contains(s, ".") }

func pick(rng *rand.Rand, from []string) string { return from[rng.IntN(len(from))] }
