package corpus

import "testing"

func TestCompareLines(t *testing.T) {
	const text = `logoutput: stderr
debug: 1

# what follows is a rule
client pass {
    from: 0/0
    to: 0/0
}
localdomain: example.com
monitor { from: 0/0 to: 0/0
`
	for _, c := range []struct {
		theirs, ours int
		want         relation
	}{
		{0, 7, NoLine},
		{2, 2, Equal},
		{5, 2, Before},  // over the comment
		{10, 8, Before}, // over the line danted ignores
		{8, 6, InBlock},
		{8, 5, InBlock},
		{11, 10, InBlock}, // a block without an end
		{8, 2, Elsewhere},
		{7, 5, Elsewhere}, // the block does not end there
		{2, 5, Elsewhere},
		{2, 0, Elsewhere},
	} {
		if got := compareLines([]byte(text), c.theirs, c.ours); got != c.want {
			t.Errorf("danted %d, ours %d: %s; want %s", c.theirs, c.ours, got, c.want)
		}
	}
	if got := compareAll([]byte(text), 2, []int{7, 2}); got != Among {
		t.Errorf("another error: %s", got)
	}
	if got := compareAll([]byte(text), 2, []int{7, 6}); got != Elsewhere {
		t.Errorf("no error there: %s", got)
	}
}

func TestLinesOfMessages(t *testing.T) {
	const theirs = `warning: a.conf: problem on line 3 near token "x": it is odd
error: a.conf: problem on line 9 near token "y": syntax error
alert: mother[1/1]: shutting down`
	if got := dantedsLine(theirs); got != 9 {
		t.Errorf("danted's line is %d", got)
	}
	if got := dantedsLine("error: checkconfig(): no internal address"); got != 0 {
		t.Errorf("danted's line is %d, and it says none", got)
	}
	const ours = "a.conf:2:5: warning: odd [odd]\n    a\na.conf:4:1: error: wrong [wrong]\na.conf:5:1: error: wrong [wrong]\n"
	if got := ourLine(ours); got != 4 {
		t.Errorf("our line is %d", got)
	}
	if got := ourLine("a.conf: error: no address [no-internal]\n"); got != 0 {
		t.Errorf("our line is %d, and it says none", got)
	}
}
