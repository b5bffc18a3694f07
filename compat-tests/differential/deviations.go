package differential

import (
	"slices"
	"strings"
)

// A deviation is a row of docs/compatibility.md that random requests can meet.
// It turns what the real danted did into what ours must do instead, and nothing
// else is accepted.
type deviation struct {
	row     string // its id in docs/compatibility.md
	applies func(Trial, Request, Exchange) bool
	instead func(Exchange) Exchange
}

// deviations is the only tolerance of the comparison.
var deviations = []deviation{
	{
		row: "reset",
		applies: func(_ Trial, _ Request, oracle Exchange) bool {
			return slices.ContainsFunc(oracle.Outcome, func(line string) bool { return strings.HasSuffix(line, lostReset) })
		},
		instead: func(oracle Exchange) Exchange {
			oracle.Outcome = slices.Clone(oracle.Outcome)
			for i, line := range oracle.Outcome {
				if begin, ok := strings.CutSuffix(line, lostReset); ok {
					oracle.Outcome[i] = begin + " reset: reset"
				}
			}
			return oracle
		},
	},
	{
		row: "allocation",
		applies: func(_ Trial, _ Request, oracle Exchange) bool {
			return slices.ContainsFunc(oracle.Log, func(line string) bool { return strings.HasPrefix(line, noMemory) })
		},
		instead: func(oracle Exchange) Exchange {
			oracle.Log = slices.DeleteFunc(slices.Clone(oracle.Log), func(line string) bool { return strings.HasPrefix(line, noMemory) })
			return oracle
		},
	},
}

// noMemory begins a warning that danted gives now and then, with a random number.
const noMemory = "warning: iolog(): failed to allocate "

// lostReset is the end of a session that one side has reset and the other sees
// as a proper end.
const lostReset = " reset: eof"

// expect is what ours must do where the oracle did the given, and the row that
// says so, if one does.
func expect(trial Trial, request Request, oracle Exchange, allowed []deviation) (Exchange, string) {
	for _, d := range allowed {
		if d.applies(trial, request, oracle) {
			return d.instead(oracle), d.row
		}
	}
	return oracle, ""
}
