package monitor

import "time"

// backoff spaces the restarts of a child that keeps dying. The first one is at once.
type backoff struct{ delay time.Duration }

const (
	backoffFirst = 100 * time.Millisecond
	backoffMost  = 10 * time.Second
	// A child that lived that long starts with a clean slate.
	backoffForgets = time.Minute
)

// next gives how long to wait before a child that lived that long is started again.
func (b *backoff) next(lived time.Duration) time.Duration {
	if lived >= backoffForgets {
		b.delay = 0
	}
	d := b.delay
	b.delay = min(max(2*b.delay, backoffFirst), backoffMost)
	return d
}
