package bench

import (
	"bytes"
	"strings"
	"testing"
)

// sampled is a report of three servers.
func sampled(samples map[string][]float64, f figure) *report {
	r := &report{Samples: map[string]map[figure][]float64{}}
	for _, name := range []string{danted, "microsocks", ours} {
		r.Servers = append(r.Servers, Server{Name: name})
		r.Samples[name] = map[figure][]float64{}
		if samples[name] != nil {
			r.Samples[name][f] = samples[name]
		}
	}
	return r
}

func TestSummary(t *testing.T) {
	r := sampled(map[string][]float64{ours: {9, 1, 2}, danted: {4, 1, 2, 3}}, bulkCPU)
	if s, _ := r.of(ours, bulkCPU); s != (summary{2, 1, 9}) {
		t.Errorf("of three: %v", s)
	}
	if s, _ := r.of(danted, bulkCPU); s != (summary{2.5, 1, 4}) {
		t.Errorf("of four: %v", s)
	}
	if s, measured := r.of("microsocks", bulkCPU); measured {
		t.Errorf("of none: %v", s)
	}
}

// TestBestPeer knows that ours is no peer of itself.
func TestBestPeer(t *testing.T) {
	r := sampled(map[string][]float64{ours: {1}, danted: {4}, "microsocks": {3}}, bulkCPU)
	if name, lowest := r.bestPeer(bulkCPU); name != "microsocks" || lowest != 3 {
		t.Errorf("%s with %v", name, lowest)
	}
	if name, _ := r.bestPeer(udpCPU); name != "" {
		t.Errorf("%s in what nobody was measured in", name)
	}
}

func TestJudge(t *testing.T) {
	verdicts := func(g goal, samples map[string][]float64) string {
		var all []string
		for _, row := range sampled(samples, g.figure).judge(g) {
			all = append(all, row[len(row)-1])
		}
		return strings.Join(all, " ")
	}
	three := func(mine, theirs, peers float64) map[string][]float64 {
		return map[string][]float64{ours: {mine}, danted: {theirs}, "microsocks": {peers}}
	}
	most := goal{figure: idleMemory, most: 8, toDanted: 0.5, toBestPeer: 1}
	under := goal{figure: pingpongCPU, toBestPeer: 1, underBestPeer: true}
	none := goal{figure: reloadDropped, noMoreThanNone: true}
	for _, c := range []struct {
		name    string
		goal    goal
		samples map[string][]float64
		want    string
	}{
		{"all met", most, three(4, 8, 5), "yes yes yes"},
		{"none met", most, three(9, 8, 5), "no no no"},
		{"the peer's equal", most, three(4, 8, 4), "yes yes yes"},
		{"must be under the peer's", under, three(4, 8, 4), "no"},
		{"nobody to compare with", most, map[string][]float64{ours: {4}}, "yes"},
		{"not measured", most, map[string][]float64{danted: {4}}, ""},
		{"none dropped", none, map[string][]float64{ours: {0, 0, 0}}, "yes"},
		{"one dropped once", none, map[string][]float64{ours: {0, 0, 1}}, "no"},
	} {
		if got := verdicts(c.goal, c.samples); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestNoUDP says so where a server refuses, and is silent where nobody was asked.
func TestNoUDP(t *testing.T) {
	var out bytes.Buffer
	r := sampled(map[string][]float64{danted: {20}}, udpCPU)
	r.Samples["microsocks"][noUDP] = []float64{1}
	r.print(&out)
	if text := out.String(); strings.Count(text, "no UDP") != 1 || !strings.Contains(text, "20.0 (20.0–20.0)") {
		t.Error(text)
	}
	out.Reset()
	sampled(map[string][]float64{danted: {20}}, bulkCPU).print(&out)
	if strings.Contains(out.String(), "UDP") {
		t.Error(out.String())
	}
}
