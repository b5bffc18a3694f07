package differential

import (
	"fmt"
	"slices"
)

// A Difference is a request, or a whole trial, on which the daemons disagree.
type Difference struct {
	Trial   Trial
	Request *Request // nil: about the trial as a whole
	What    string
	Oracle  []string
	Ours    []string
}

// compare judges a trial: it returns what differs and is in no deviation that
// is allowed, and counts the uses of the deviations.
func compare(trial Trial, oracle, ours Result, allowed []deviation, used map[string]int) []Difference {
	if oracle.Accepted != ours.Accepted {
		return []Difference{{
			Trial: trial, What: "verdict on the configuration",
			Oracle: []string{fmt.Sprintf("accepted: %v", oracle.Accepted), oracle.Verdict},
			Ours:   []string{fmt.Sprintf("accepted: %v", ours.Accepted), ours.Verdict},
		}}
	}
	var differences []Difference
	if oracle.Failure != "" || ours.Failure != "" {
		differences = append(differences, Difference{
			Trial: trial, What: "a daemon failed",
			Oracle: []string{oracle.Failure}, Ours: []string{ours.Failure},
		})
	}
	for i := range min(len(oracle.Exchanges), len(ours.Exchanges)) {
		request := trial.Requests[i]
		expected, deviation := expect(trial, request, oracle.Exchanges[i], allowed)
		if deviation != "" {
			used[deviation]++
		}
		differences = append(differences, compareExchange(trial, request, expected, ours.Exchanges[i])...)
	}
	return differences
}

func compareExchange(trial Trial, request Request, oracle, ours Exchange) (differences []Difference) {
	differ := func(what string, a, b []string) {
		if !slices.Equal(a, b) {
			differences = append(differences, Difference{Trial: trial, Request: &request, What: what, Oracle: a, Ours: b})
		}
	}
	differ("what the two ends see", oracle.Outcome, ours.Outcome)
	differ("log", oracle.Log, ours.Log)
	return differences
}
