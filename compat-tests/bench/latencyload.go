package bench

import (
	"net"
	"slices"
	"time"
)

const (
	tripP50    figure = "latency.p50" // µs added to a round trip
	tripP99    figure = "latency.p99"
	openingP50 figure = "opening.p50" // µs added to opening a connection
	openingP99 figure = "opening.p99"
)

// latencyLoad measures what the server adds to the time of a small message there
// and back, and of a new connection up to its first answer, one at a time, each
// beside a direct one.
func latencyLoad(l *lab) (figures, error) {
	p, err := l.start(nil)
	if err != nil {
		return nil, err
	}
	through, err := session(echoTarget)
	if err != nil {
		return nil, err
	}
	defer through.Close()
	straight, err := dial(echoTarget)
	if err != nil {
		return nil, err
	}
	defer straight.Close()

	trips, err := compare(l.sizes.Samples,
		func() error { return ping(straight) },
		func() error { return ping(through) })
	if err != nil {
		return nil, err
	}
	openings, err := compare(l.sizes.Samples/5,
		func() error { return opening(dial(echoTarget)) },
		func() error { return opening(session(echoTarget)) })
	if err != nil {
		return nil, err
	}
	return figures{
		tripP50: trips.added(50), tripP99: trips.added(99),
		openingP50: openings.added(50), openingP99: openings.added(99),
	}, p.stop()
}

// opening uses a new connection once.
func opening(conn *net.TCPConn, err error) error {
	if err != nil {
		return err
	}
	defer conn.Close()
	return ping(conn)
}

// times are how long the same thing took directly and through the server.
type times struct{ direct, proxied []time.Duration }

// compare takes the times of two ways in turns, after a warm-up.
func compare(count int, direct, proxied func() error) (times, error) {
	var t times
	for i := range count + count/10 {
		a, err := timed(direct)
		if err != nil {
			return t, err
		}
		b, err := timed(proxied)
		if err != nil {
			return t, err
		}
		if i >= count/10 {
			t.direct, t.proxied = append(t.direct, a), append(t.proxied, b)
		}
	}
	slices.Sort(t.direct)
	slices.Sort(t.proxied)
	return t, nil
}

func timed(work func() error) (time.Duration, error) {
	begin := time.Now()
	err := work()
	return time.Since(begin), err
}

// added is by how much a percentile is larger, in microseconds.
func (t times) added(percent int) float64 {
	i := len(t.direct) * percent / 100
	return (t.proxied[i] - t.direct[i]).Seconds() * 1e6
}
