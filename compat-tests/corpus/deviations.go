package corpus

import (
	"regexp"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// deviations are the files on which ours must differ from the real danted: the
// path, and the row of docs/compatibility.md that says why. On every other file
// the exit statuses are the same (where danted crashes or hangs, ours refuses).
var deviations = map[string]string{
	// danted stops reading at such a byte, and takes what it has read so far.
	"good/212-non-ascii-after-addresses.conf": "non-ascii",
	"good/lex-non-ascii-behind-a-number.conf": "non-ascii",
	"good/lex-nul-byte.conf":                  "non-ascii",
	"real/non-breaking-space.conf":            "non-ascii",
	// They need a licence there.
	"bad/118-bandwidth.conf":     "licensed",
	"bad/119-redirect-to.conf":   "licensed",
	"real/bandwidth-module.conf": "licensed",
	"real/redirect-module.conf":  "licensed",
	// Release 1.4.2 does not know the keyword.
	"bad/061-maxlifetime.conf":  "later-releases",
	"real/maxlifetime-143.conf": "later-releases",
}

var twist = regexp.MustCompile(`(?i)\btwist\b`)

var licensed = regexp.MustCompile(`\b(bandwidth|redirect)\b`)

// deviation is the row of docs/compatibility.md that explains a difference
// between the verdicts on a file that is made by a program, "" when none does.
func deviation(file File, j judged) string {
	theirs := j.Theirs.Stdout + j.Theirs.Stderr
	switch {
	case j.Theirs.Status > Refuses,
		// From the second libwrap line on danted runs the command of a twist while it checks the file, and is gone.
		theirs == "" && twist.Match(file.Text):
		return "crash"
	case j.Ours.Accepts && strings.Contains(theirs, "license error: module"),
		// What danted says may have gone to a log elsewhere.
		j.Ours.Accepts && theirs == "" && licensed.Match(file.Text):
		return "licensed"
	case j.Ours.Accepts && later(file, theirs):
		return "later-releases"
	case !j.Ours.Accepts && j.Ours.Code == "stray-byte" && j.Theirs.Status == Accepts:
		return "non-ascii"
	}
	return ""
}

// later tells whether danted refuses a keyword of a later release.
func later(file File, theirs string) bool {
	text := string(file.Text)
	if n := dantedsLine(theirs); n > 0 {
		text = strings.Split(text, "\n")[n-1]
	} else if theirs != "" {
		return false
	}
	return slices.ContainsFunc(keyword.All(), func(r *keyword.Row) bool { return r.Since != "" && strings.Contains(text, r.Name) })
}
