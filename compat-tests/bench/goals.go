package bench

import (
	"fmt"
	"io"
)

// A goal is what a figure of ours is to reach: at most a fixed value, a share of
// danted's, a share of the best peer's; zero is no goal.
type goal struct {
	figure         figure
	what           string
	most           float64
	toDanted       float64
	toBestPeer     float64
	underBestPeer  bool // it must be less, not the same
	noMoreThanNone bool // it must be zero
}

var goals = []goal{
	{figure: connectionCPU, what: "CPU per connection", toDanted: 0.40, toBestPeer: 1},
	{figure: connectionCPU, what: "CPU per connection, later", toDanted: 0.33},
	{figure: bulkCPU, what: "CPU per GB", toDanted: 0.32, toBestPeer: 1},
	{figure: pingpongCPU, what: "CPU per round trip", toDanted: 0.88, toBestPeer: 1, underBestPeer: true},
	{figure: udpCPU, what: "CPU per UDP echo", toDanted: 0.65, toBestPeer: 1, underBestPeer: true},
	{figure: idleMemory, what: "KB per idle session", most: 8, toDanted: 0.03, toBestPeer: 1. / 3},
	{figure: rulesAdded, what: "µs added by many rules, per decision", most: 10},
	{figure: reloadFew, what: "ms for a reload of few rules", most: 100},
	{figure: reloadMany, what: "ms for a reload of many rules", most: 1000},
	{figure: reloadDropped, what: "sessions dropped by reloads", noMoreThanNone: true},
	{figure: tripP50, what: "µs added to a round trip, p50", most: 10_000},
	{figure: tripP99, what: "µs added to a round trip, p99", most: 50_000},
}

// printGoals prints what was measured beside what is to be reached.
func (r *report) printGoals(out io.Writer) {
	rows := [][]string{{"goal", "ours", "to reach", "met"}}
	for _, g := range goals {
		rows = append(rows, r.judge(g)...)
	}
	if len(rows) == 1 {
		return
	}
	fmt.Fprintln(out)
	printAligned(out, rows)
}

// judge gives a row for each part of a goal, none where nothing was measured.
func (r *report) judge(g goal) [][]string {
	mine, measured := r.of(ours, g.figure)
	if !measured {
		return nil
	}
	var rows [][]string
	row := func(value, limit, compared string, met bool) {
		verdict := "no"
		if met {
			verdict = "yes"
		}
		rows = append(rows, []string{g.what + compared, value, limit, verdict})
	}
	if g.most > 0 {
		row(fmt.Sprintf("%.1f", mine.Median), fmt.Sprintf("under %.0f", g.most), "", mine.Median < g.most)
	}
	if g.noMoreThanNone {
		row(fmt.Sprintf("%.0f", mine.Max), "0", "", mine.Max == 0)
	}
	if theirs, compared := r.of(danted, g.figure); compared && g.toDanted > 0 {
		ratio := mine.Median / theirs.Median
		row(fmt.Sprintf("%.3f", ratio), fmt.Sprintf("≤ %.2f", g.toDanted), ", to danted", ratio <= g.toDanted)
	}
	if best, lowest := r.bestPeer(g.figure); best != "" && g.toBestPeer > 0 {
		ratio := mine.Median / lowest
		limit, met := fmt.Sprintf("≤ %.2f", g.toBestPeer), ratio <= g.toBestPeer
		if g.underBestPeer {
			limit, met = fmt.Sprintf("< %.2f", g.toBestPeer), ratio < g.toBestPeer
		}
		row(fmt.Sprintf("%.3f", ratio), limit, ", to the best peer ("+best+")", met)
	}
	return rows
}
