package corpus

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/rustsocks/rustsocks/danted"
	"github.com/rustsocks/rustsocks/danted/syntax"
)

var problem = regexp.MustCompile(`problem on line ([0-9]+) near token`)

// dantedsLine is the line the real danted names, 0 when it names none: mistakes
// it finds when it has read the whole file have no line.
func dantedsLine(messages string) int {
	line := 0
	for text := range strings.Lines(messages) {
		// Warnings have lines too.
		if _, rest, ok := strings.Cut(text, "error: "); ok {
			if m := problem.FindStringSubmatch(rest); m != nil {
				line, _ = strconv.Atoi(m[1])
			}
		}
	}
	return line
}

var ourError = regexp.MustCompile(`(?m)^[^ ]+:([0-9]+):[0-9]+: error: `)

// ourLine is the line of the first error our danted -V prints, 0 when it has no
// line: what concerns the file as a whole comes last.
func ourLine(diagnostics string) int {
	line := 0
	if m := ourError.FindStringSubmatch(diagnostics); m != nil {
		line, _ = strconv.Atoi(m[1])
	}
	return line
}

// A relation is how the line of our first error and danted's go together.
type relation string

// Every relation but Elsewhere is right.
const (
	Equal     relation = "equal"
	InBlock   relation = "in the block that ends there" // danted notices at the end of a rule what is wrong with it
	Before    relation = "on the line before"           // danted has read on, to see where the statement ends
	NoLine    relation = "danted names no line"         // noticed when the whole file had been read
	Among     relation = "of several errors another one"
	Another   relation = "danted stops at a deviation"
	Elsewhere relation = "elsewhere"
)

// relations counts.
type relations map[relation]int

func (n relations) String() string {
	var all []string
	for _, r := range slices.Sorted(maps.Keys(n)) {
		all = append(all, fmt.Sprintf("%d %s", n[r], r))
	}
	return strings.Join(all, ", ")
}

// compareLines finds the relation between the line danted names in a file and
// ours, which may be 0 as well.
func compareLines(text []byte, theirs, ours int) relation {
	switch {
	case theirs == 0:
		return NoLine
	case theirs == ours:
		return Equal
	case inBlock(text, theirs, ours):
		return InBlock
	case ours == lineBefore(text, theirs):
		return Before
	}
	return Elsewhere
}

// compareAll finds the relation for a file with several mistakes: danted stops at
// the first it notices, which need not be the first of the file.
func compareAll(text []byte, theirs int, ours []int) relation {
	if r := compareLines(text, theirs, ours[0]); r != Elsewhere {
		return r
	}
	for _, line := range ours[1:] {
		if compareLines(text, theirs, line) != Elsewhere {
			return Among
		}
	}
	return Elsewhere
}

// inBlock tells whether our line is in a block and danted's is where it ends, or,
// when the block does not end, not behind the start of the next one.
func inBlock(text []byte, theirs, ours int) bool {
	file, _ := danted.Parse("", text)
	for i, item := range file.Items {
		b := item.Block
		if b == nil || ours < begins(item) || theirs < ours {
			continue
		}
		closed := b.Close.Value != ""
		last := i == len(file.Items)-1
		if closed && theirs == b.Close.Pos.Line || !closed && (last || theirs <= begins(file.Items[i+1])) {
			return true
		}
	}
	return false
}

// begins is the line at which an item begins.
func begins(item syntax.Item) int {
	switch {
	case item.Node != nil:
		return item.Node.Key.Pos.Line
	case item.Block.Opener.Value != "":
		return item.Block.Opener.Pos.Line
	}
	return item.Block.Verdict.Pos.Line
}

// lineBefore is the last line before another with something on it that danted
// does not skip, 0 for none.
func lineBefore(text []byte, line int) int {
	file, _ := danted.Parse("", text)
	skipped := map[int]bool{}
	lines := strings.Split(string(text), "\n")
	for _, t := range file.Ignored {
		skipped[t.Pos.Line] = strings.TrimSpace(lines[t.Pos.Line-1]) == t.Value
	}
	for n := min(line-1, len(lines)); n > 0; n-- {
		what, _, _ := strings.Cut(lines[n-1], "#")
		if strings.Trim(what, " \t\\") != "" && !skipped[n] {
			return n
		}
	}
	return 0
}
