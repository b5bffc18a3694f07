package udp

import "time"

// pause tells whether an association must not be read now, as it has no bandwidth. It has its turn when it has some.
func (l *loop) pause(a *Association) bool {
	if a.bandwidth == nil || a.paused {
		return a.paused
	}
	left, wait := a.bandwidth.Allow(time.Now())
	if left > 0 {
		return false
	}
	a.paused = true
	time.AfterFunc(wait, func() {
		l.post(func() { // a loop that has stopped has no associations
			a.paused = false
			if !a.over {
				l.again(a)
			}
		})
	})
	return true
}

// spend counts the datagrams that were taken. One more than there was bandwidth for is owed.
func (b *batch) spend(from Bandwidth, n int) {
	if from == nil {
		return
	}
	bytes := 0
	for i := range n {
		bytes += int(b.messages[i].size)
	}
	from.Spend(bytes, time.Now())
}
