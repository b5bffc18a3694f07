package sockd

import (
	"context"
	"net/netip"
	"os"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/privsep"
)

// TestLowPortAnswers has answers come in time, late, twice and without a descriptor.
func TestLowPortAnswers(t *testing.T) {
	at := netip.MustParseAddrPort("127.0.0.5:800")
	file := func() (*os.File, *os.File) {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		return r, w
	}
	// given up tells that the descriptor was closed: nobody can write any more.
	givenUp := func(r *os.File) {
		t.Helper()
		if _, err := r.Read(make([]byte, 1)); err == nil {
			t.Error("a descriptor stays open")
		}
	}
	var l lowPorts

	r, f := file()
	second, again := file()
	l.send = func(m privsep.BindPort) error {
		if m.At != at {
			t.Errorf("asked for %s", m.At)
		}
		l.answered(privsep.BoundPort{ID: m.ID, File: f})
		l.answered(privsep.BoundPort{ID: m.ID, File: again})
		return nil
	}
	fd, ok := l.claim(t.Context(), at)
	if !ok {
		t.Fatal("no descriptor")
	}
	closeDescriptor(fd)
	givenUp(r)
	givenUp(second)

	l.send = func(m privsep.BindPort) error {
		l.answered(privsep.BoundPort{ID: m.ID})
		return nil
	}
	if _, ok := l.claim(t.Context(), at); ok {
		t.Error("a refusal is a descriptor")
	}

	ctx, cancel := context.WithCancel(t.Context())
	var late privsep.BoundPort
	r, late.File = file()
	l.send = func(m privsep.BindPort) error {
		late.ID = m.ID
		cancel()
		return nil
	}
	if _, ok := l.claim(ctx, at); ok {
		t.Error("no answer is a descriptor")
	}
	l.answered(late)
	givenUp(r)

	for range portsAsked {
		l.expect()
	}
	l.send = func(privsep.BindPort) error {
		t.Error("one question too many")
		return nil
	}
	if _, ok := l.claim(t.Context(), at); ok {
		t.Error("a descriptor nobody was asked for")
	}
}

// TestLowPortsAreClaimedWithSamePortOnly looks at who gets as far as to ask.
func TestLowPortsAreClaimedWithSamePortOnly(t *testing.T) {
	w := &Worker{}
	for _, c := range []struct {
		client string
		same   bool
		want   bool
	}{
		{"127.0.0.1:1023", true, true}, {"127.0.0.1:1023", false, false}, {"127.0.0.1:1024", true, false},
	} {
		s := &session{client: netip.MustParseAddrPort(c.client), snap: &snapshot{plan: &plan.Plan{SamePort: c.same}}}
		if got := w.claimFor(s) != nil; got != c.want {
			t.Errorf("%s, sameport %v: %v", c.client, c.same, got)
		}
	}
}
