package limit

import (
	"fmt"
	"time"
)

// Refusal is why there is no place for a session.
type Refusal struct {
	PerClient bool  // by a limit of each client, not of all
	Live      int64 // sessions there are

	Most int64 // how many there may be; 0 when they begin too fast

	Begun  int64 // sessions that have begun
	During time.Duration
}

// String gives the reason in Dante's words.
func (r Refusal) String() string {
	per := ""
	if r.PerClient {
		per = "per-key "
	}
	if r.Most != 0 {
		return fmt.Sprintf("%ssession limit reached (%d/%d %s in use)", per, r.Live, r.Most, plural(r.Most, "slot"))
	}
	return fmt.Sprintf("%ssession rate limit reached (already accepted %d new %s during the last %ds.  Current client count: %d)",
		per, r.Begun, plural(r.Begun, "client"), int64(r.During.Round(time.Second)/time.Second), r.Live)
}

func plural(n int64, unit string) string {
	if n == 1 {
		return unit
	}
	return unit + "s"
}
