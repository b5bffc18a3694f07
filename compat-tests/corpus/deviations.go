package corpus

// deviations are the files on which ours must differ from the real danted: the
// path, and the row of docs/compatibility.md that says why. On every other file
// the exit statuses are the same (where danted crashes or hangs, ours refuses).
var deviations = map[string]string{
	// danted stops reading at such a byte, and takes what it has read so far.
	"good/212-non-ascii-after-addresses.conf": "non-ascii",
	"real/non-breaking-space.conf":            "non-ascii",
}
