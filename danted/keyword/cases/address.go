package cases

import "github.com/rustsocks/rustsocks/danted/keyword"

// values are right and wrong values of a keyword.
type values struct{ good, bad []string }

// addressesOf gives the addresses a keyword takes in a place, and those it does not take.
func addressesOf(r *keyword.Row, scope keyword.Scope) values {
	switch r.ID {
	case keyword.Internal:
		return values{
			good: append([]string{
				"0.0.0.0", "localhost port = 1081", "127.0.0.1 port: 1080", "127.0.0.1 port gt 1080", "127.0.0.1 port = socks",
				"127.0.0.1 port 1080 - 1090", "127.0.0.1 port 1080-1090", "::1 port = 0x10",
			}, local...),
			bad: append([]string{
				"127.0.0.1/8 port = 1", "nosuch.invalid", "127.0.0.1 port = 0", "127.0.0.1 port = 0x2b48",
				"127.0.0.1 port = 65536", "127.0.0.1 port = nosuchservice", "127.0.0.1 port 1080",
				"127.0.0.1 port 2-1", "http://localhost/", "0/0", ".",
			}, never...),
		}
	case keyword.External:
		return values{
			good: local,
			bad: append([]string{
				"0.0.0.0", "::", "::0%lo", "::1%lo", "127.0.0.1/8", "127.0.0.1 port = 1", "nosuch0", "192.0.2.1", "http://localhost/", "0/0", ".",
			}, never...),
		}
	case keyword.Via:
		return values{
			good: []string{
				"127.0.0.1", "127.0.0.1 port = 1081", "::1 port = domain", "proxy.example.com port gt 1080", "\"lo\"",
			},
			bad: append([]string{
				// COMPAT: danted wants a service with a UDP port here.
				"127.0.0.1 port = socks", "127.0.0.1/32", "lo", "http://localhost/", "127.0.0.1 port 1-2",
				"127.0.0.1 port: 1080", "broadcast",
			}, never...),
		}
	case keyword.From, keyword.To:
		v := conditions
		switch {
		case scope != keyword.Route:
			v.good = append([]string{"lo", "lo port = 80"}, v.good...)
		case r.ID == keyword.From:
			v.bad = append([]string{"lo"}, v.bad...)
		}
		return v
	}
	return values{}
}

// local are addresses and names of every machine.
var local = []string{"127.0.0.1", "::1", "lo", "localhost"}

// never are values that are no address anywhere.
var never = []string{"0", "x", "10/8", "[::1]/128", "::ffff:127.0.0.1"}

// conditions are the addresses of rules, routes and monitors.
var conditions = values{
	good: []string{
		"0/0", "::/0", "10.1.2.3/8", "10.0.0.0 / 8", "10.0.0.0/ 8", "2001:db8::/32", "www.example.com", ".example.com", ".",
		"0/0 port = 80", "0/0 port eq http", "0/0 port != 80", "0/0 port ne 80", "0/0 port >= 80", "0/0 port ge 80",
		"0/0 port <= 80", "0/0 port le 80", "0/0 port > 80", "0/0 port gt 80", "0/0 port < 80", "0/0 port lt 80",
		"0/0 port: 80", "0/0 port 1 - 10", "0/0 port 1-10", "0/0 port=80", "\"lo\"", ".example.com port = http", "0.0.0.0/0",
	},
	bad: append([]string{
		"10.0.0.1", "10.0.0.0/33", "::1", "::/129", "0/8", "0 / 0", "10.0.0.0/255.0.0.0", "10.0.0.0/", "10.0.0.0/08",
		"www.example.com/24", "lo/8", "http://www.example.com/", "0/0 port 80", "0/0 port neq 80", "0/0 port 5-2",
		"0/0 port = 65536", "0/0 port = nosuchservice", "0/0 port = ", "0/0 port", "0/0 80", "0/0, 10.0.0.0/8",
	}, never...),
}
