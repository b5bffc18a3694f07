package differential

// A deviation is a row of docs/compatibility.md that random requests can meet.
// It turns what the real danted did into what ours must do instead, and nothing
// else is accepted.
type deviation struct {
	row     string // its id in docs/compatibility.md
	applies func(Trial, Request, Exchange) bool
	instead func(Exchange) Exchange
}

// deviations is the only tolerance of the comparison.
var deviations = []deviation{}

// expect is what ours must do where the oracle did the given, and the row that
// says so, if one does.
func expect(trial Trial, request Request, oracle Exchange) (Exchange, string) {
	for _, d := range deviations {
		if d.applies(trial, request, oracle) {
			return d.instead(oracle), d.row
		}
	}
	return oracle, ""
}
