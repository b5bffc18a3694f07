package differential

import "fmt"

// sessionLimits are limits of a rule, mostly none. Requests come one after the
// other, so that a throttle counts requests if its time is longer than a run
// takes, and a maximum matters to a daemon that is its own client.
func (g *generator) sessionLimits() (options []string) {
	if !g.chance(10) {
		return nil
	}
	most, begun := 1+g.IntN(3), 1+g.IntN(12)
	const every = 3600
	limit := func(keyword string, percent int, value string) {
		if g.chance(percent) {
			options = append(options, keyword+": "+value)
		}
	}
	limit("session.max", 40, fmt.Sprint(most))
	limit("session.throttle", 60, fmt.Sprintf("%d/%d", begun, every))
	plain := len(options)
	// One client may have no more than all of them: that would be refused.
	limit("session.state.max", 40, fmt.Sprint(1+g.IntN(most)))
	limit("session.state.throttle", 60, fmt.Sprintf("%d/%d", 1+g.IntN(begun), every))
	if len(options) > plain {
		options = append(options, "session.state.key: from")
	}
	return options
}
