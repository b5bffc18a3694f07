package sockd

import (
	"sync"
	"time"
)

// An alarm says something once for as long as it lasts: it is rung again and again, and heard at first and then at most
// once in a while.
type alarm struct {
	mu   sync.Mutex
	last time.Time
}

// alarmEvery is how long an alarm that goes on is not heard.
const alarmEvery = 10 * time.Minute

// heard tells whether this ringing is to be heard.
func (a *alarm) heard(now time.Time) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.last.IsZero() && now.Sub(a.last) < alarmEvery {
		return false
	}
	a.last = now
	return true
}
