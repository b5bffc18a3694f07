package soak

import (
	"os"
	"strconv"
	"strings"
)

// Short of memory the kernel drops segments. A reset behind one that was dropped
// is not believed: the receiver asks back (RFC 5961), but not more often than
// every half second, and the answer can be dropped too. Then it never learns that
// the other end is gone. These are the counters that tell of it: how often it
// asked, and how often it should have.
const (
	challenged = "TCPChallengeACK"
	skipped    = "TCPACKSkippedChallenge"
)

var dropped = []string{challenged, skipped, "TCPBacklogDrop", "TCPRcvQDrop", "TCPMemoryPressures"}

// kernelCounts gives these counters.
func kernelCounts() (map[string]int, error) {
	text, err := os.ReadFile("/proc/net/netstat")
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	lines := strings.Split(string(text), "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		names, values := strings.Fields(lines[i]), strings.Fields(lines[i+1])
		for j, name := range names {
			if j < len(values) {
				all[name] = values[j]
			}
		}
	}
	some := map[string]int{}
	for _, name := range dropped {
		some[name], _ = strconv.Atoi(all[name])
	}
	return some, nil
}
