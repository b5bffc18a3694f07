package bench

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// A column is a figure in a table.
type column struct {
	figure figure
	head   string
	digits int
}

// costs are the columns in which ours is compared with the others.
var costs = []column{
	{connectionCPU, "connection: CPU µs", 0},
	{bulkCPU, "bulk: CPU s per GB", 2},
	{pingpongCPU, "ping-pong: CPU µs", 1},
	{udpCPU, "UDP echo: CPU µs", 1},
	{idleMemory, "idle session: KB", 1},
}

// rates and delays are how fast it went, which depends on both the server and the
// generator.
var rates = []column{
	{connectionRate, "connections/s", 0},
	{downloadRate, "download MB/s", 0},
	{uploadRate, "upload MB/s", 0},
	{downloadCPU, "download: CPU s per GB", 2},
	{uploadCPU, "upload: CPU s per GB", 2},
	{pingpongRate, "round trips/s", 0},
	{udpRate, "UDP echoes/s", 0},
}

var delays = []column{
	{tripP50, "round trip: added p50 µs", 0},
	{tripP99, "p99 µs", 0},
	{openingP50, "opening: added p50 µs", 0},
	{openingP99, "p99 µs", 0},
}

var management = []column{
	{rulesAdded, "many rules: added CPU µs a decision", 2},
	{reloadFew, "reload, few rules: ms", 0},
	{reloadMany, "many rules: ms", 0},
	{reloadDropped, "sessions dropped", 0},
}

// print prints all tables and the goals.
func (r *report) print(out io.Writer) {
	fmt.Fprintln(out, r.Machine)
	fmt.Fprintln(out, r.Counted)
	fmt.Fprintf(out, "%d rounds in turns; medians (lowest–highest)\n", r.Rounds)
	for _, server := range r.Servers {
		fmt.Fprintf(out, "%s: %s\n", server.Name, server.Version)
	}
	r.printTable(out, costs, true)
	for _, columns := range [][]column{rates, delays, management} {
		r.printTable(out, columns, false)
	}
	r.printGoals(out)
}

// printTable prints the columns that have any figure.
func (r *report) printTable(out io.Writer, columns []column, compare bool) {
	var there []column
	for _, c := range columns {
		if r.anybody(c.figure) {
			there = append(there, c)
		}
	}
	if len(there) == 0 {
		return
	}
	head := []string{"server"}
	for _, c := range there {
		head = append(head, c.head)
	}
	rows := [][]string{head}
	for _, server := range r.Servers {
		row := []string{server.Name}
		for _, c := range there {
			row = append(row, r.cell(server.Name, c))
		}
		rows = append(rows, row)
	}
	if compare {
		rows = append(rows, r.ratios(there)...)
	}
	fmt.Fprintln(out)
	printAligned(out, rows)
}

func (r *report) anybody(f figure) bool {
	for _, server := range r.Servers {
		if _, measured := r.of(server.Name, f); measured {
			return true
		}
	}
	return false
}

func (r *report) cell(server string, c column) string {
	if s, measured := r.of(server, c.figure); measured {
		return fmt.Sprintf("%.*f (%.*f–%.*f)", c.digits, s.Median, c.digits, s.Min, c.digits, s.Max)
	}
	if _, refused := r.of(server, noUDP); refused && (c.figure == udpCPU || c.figure == udpRate) {
		return "no UDP"
	}
	return "-"
}

// ratios are ours to danted and to the best peer.
func (r *report) ratios(columns []column) [][]string {
	toDanted, toBest := []string{"ours / danted"}, []string{"ours / best peer"}
	for _, c := range columns {
		mine, measured := r.of(ours, c.figure)
		theirs, compared := r.of(danted, c.figure)
		best, lowest := r.bestPeer(c.figure)
		a, b := "-", "-"
		if measured && compared {
			a = fmt.Sprintf("%.3f", mine.Median/theirs.Median)
		}
		if measured && best != "" {
			b = fmt.Sprintf("%.3f (%s)", mine.Median/lowest, best)
		}
		toDanted, toBest = append(toDanted, a), append(toBest, b)
	}
	return [][]string{toDanted, toBest}
}

// printAligned prints a table, which is also one in Markdown.
func printAligned(out io.Writer, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for n, row := range rows {
		for i, cell := range row {
			fmt.Fprintf(out, "| %s%s ", cell, strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)))
		}
		fmt.Fprintln(out, "|")
		if n == 0 {
			for _, width := range widths {
				fmt.Fprintf(out, "| %s ", strings.Repeat("-", width))
			}
			fmt.Fprintln(out, "|")
		}
	}
}
