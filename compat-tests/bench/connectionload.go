package bench

import "slices"

const (
	connectionCPU  figure = "connection.cpu"  // µs each
	connectionRate figure = "connection.rate" // a second
	rulesAdded     figure = "rules.added"     // µs a decision
)

// connectionLoad makes connections, see [connection].
func connectionLoad(l *lab) (figures, error) {
	spent, err := l.connections(nil)
	if err != nil {
		return nil, err
	}
	count := l.sizes.Connections
	return figures{connectionCPU: spent.each(count), connectionRate: spent.rate(count)}, nil
}

// connections starts the server, makes connections until it has grown to the
// size it needs, and then those that count.
func (l *lab) connections(networks []string) (cost, error) {
	p, err := l.start(networks)
	if err != nil {
		return cost{}, err
	}
	connect := func(count int) error {
		return shared(count, l.sizes.AtOnce, func(int) error { return connection() })
	}
	if err := connect(l.sizes.Connections / 5); err != nil {
		return cost{}, err
	}
	spent, err := p.costOf(func() error { return connect(l.sizes.Connections) })
	if err != nil {
		return cost{}, err
	}
	return spent, p.stop()
}

// rulesLoad makes connections with and without many socks rules before the one
// that matches. A connection is one decision by them.
func rulesLoad(l *lab) (figures, error) {
	variants := [][]string{nil, networksElsewhere(l.sizes.Rules)}
	var spent [2]cost
	order := []int{0, 1}
	if l.round%2 == 1 {
		slices.Reverse(order)
	}
	for _, i := range order {
		var err error
		if spent[i], err = l.connections(variants[i]); err != nil {
			return nil, err
		}
	}
	count := l.sizes.Connections
	return figures{rulesAdded: spent[1].each(count) - spent[0].each(count)}, nil
}
