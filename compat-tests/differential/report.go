package differential

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// String tells a difference so that it can be understood without running
// anything.
func (d Difference) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "difference in %s\nseed %d, trial %d\n", d.What, d.Trial.Seed, d.Trial.Number)
	section(&b, "configuration", strings.Split(strings.TrimRight(d.Trial.Config, "\n"), "\n"))
	if d.Request != nil {
		text, err := json.Marshal(d.Request)
		if err != nil {
			text = []byte(err.Error())
		}
		section(&b, "request", []string{d.Request.Title, string(text)})
	}
	section(&b, "the real danted", d.Oracle)
	section(&b, "ours", d.Ours)
	return b.String()
}

func section(b *strings.Builder, title string, lines []string) {
	fmt.Fprintf(b, "--- %s\n", title)
	for _, line := range lines {
		fmt.Fprintf(b, "    %s\n", line)
	}
}

// Save writes a trial, cut to the requests up to the one that differs, to a
// file that -trial runs again.
func (d Difference) Save(dir string, number int) (string, error) {
	trial := d.Trial
	for i, request := range trial.Requests {
		if d.Request != nil && request.From == d.Request.From {
			trial.Requests = trial.Requests[:i+1]
			break
		}
	}
	text, err := json.MarshalIndent(trial, "", "  ")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, fmt.Sprintf("seed%d-trial%d-%d.json", trial.Seed, trial.Number, number))
	return path, os.WriteFile(path, text, 0o644)
}

// WriteTranscript tells what was done in a trial and what came of it.
func WriteTranscript(w io.Writer, trial Trial, result Result) {
	fmt.Fprintf(w, "==== seed %d, trial %d, accepted: %v\n%s%s\n", trial.Seed, trial.Number, result.Accepted, trial.Config, result.Verdict)
	for i, exchange := range result.Exchanges {
		request := trial.Requests[i]
		fmt.Fprintf(w, "== %s, from %s via %s, %.3f s\n", request.Title, request.From, request.Via, exchange.Seconds)
		for _, line := range exchange.Outcome {
			fmt.Fprintf(w, "   %s\n", line)
		}
		for _, line := range exchange.Log {
			fmt.Fprintf(w, "   | %s\n", line)
		}
	}
}
