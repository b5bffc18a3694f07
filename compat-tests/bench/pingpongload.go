package bench

const (
	pingpongCPU  figure = "pingpong.cpu" // µs a round trip
	pingpongRate figure = "pingpong.rate"
)

// pingpongLoad sends small messages there and back in some sessions at once.
func pingpongLoad(l *lab) (figures, error) {
	p, err := l.start(nil)
	if err != nil {
		return nil, err
	}
	all, err := sessions(l.sizes.PingSessions, l.sizes.AtOnce, echoTarget)
	if err != nil {
		return nil, err
	}
	defer closeAll(all)

	trips := func(count int) error {
		return shared(count, len(all), func(i int) error { return ping(all[i]) })
	}
	count := l.sizes.RoundTrips
	if err := trips(count / 10); err != nil {
		return nil, err
	}
	spent, err := p.costOf(func() error { return trips(count) })
	if err != nil {
		return nil, err
	}
	return figures{pingpongCPU: spent.each(count), pingpongRate: spent.rate(count)}, p.stop()
}
