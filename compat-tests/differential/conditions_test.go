package differential

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTally(t *testing.T) {
	trial := Trial{
		Client:   [][]string{{"client from ."}, {"client from 0/0"}},
		Socks:    [][]string{{"socks group"}, {"socks to 0/0"}},
		Global:   []string{"srchost nodnsunknown"},
		Requests: make([]Request, 5),
	}
	oracle := Result{Accepted: true, Exchanges: []Exchange{
		{Log: []string{ // passed by the second rules
			"info: pass(2): tcp/accept [: 127.0.0.2.10000 127.0.0.1.1080",
			"info: pass(2): tcp/connect [: 127.0.0.2.10000 127.0.0.1.1080 -> 127.0.0.5.10000 127.0.0.1.80",
		}},
		{Log: []string{ // blocked by the first socks rule
			"info: pass(2): tcp/accept [: 127.0.0.2.10000 127.0.0.1.1080",
			"info: block(1): tcp/connect ]: 127.0.0.2.10000 127.0.0.1.1080 -> 0.0.0.0.0 127.0.0.1.80",
			"info: block(2): tcp/accept ]: 127.0.0.2.10000 127.0.0.1.1080: blocked by higher-level socks-rule #1",
		}},
		{Log: []string{ // by none
			"info: block(2): tcp/accept ]: 127.0.0.2.10000 127.0.0.1.1080: blocked by higher-level socks-rule #0: no rules matched; using default block rule",
		}},
		{Log: []string{ // no rule of the request decided, though its line has a number
			"info: block(2): tcp/connect ]: 127.0.0.2.10000 127.0.0.1.1080: unbound port (127.0.0.1.0) in request",
		}},
		{Log: []string{
			"info: block(1): tcp/accept ]: 127.0.0.77.10000 127.0.0.1.1080: no dns entry found for srchost 127.0.0.77.10000",
		}},
	}}
	got := tally{}
	got.add(trial, oracle)
	got.add(trial, Result{})
	want := tally{
		"client from .":        {configurations: 1, held: 1, passedOver: 3},
		"client from 0/0":      {configurations: 1, held: 3},
		"socks group":          {configurations: 1, held: 1, passedOver: 2},
		"socks to 0/0":         {configurations: 1, held: 1, passedOver: 1},
		"srchost nodnsunknown": {configurations: 1, held: 1},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(use{})); diff != "" {
		t.Error(diff)
	}
}
