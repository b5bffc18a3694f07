package sockd

import (
	"regexp"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

// With fake names no reverse name is confirmed, so that a client at localhost fails the check on every machine.
func TestSourceCheckRefusesAtTheDoor(t *testing.T) {
	s := serveWith(t, func(p *plan.Plan) {
		p.SourceChecks, p.FakeNames = acl.SourceChecks{Mismatch: true}, true
	})
	c := s.dial()
	if got := rest(c); len(got) > 0 {
		t.Errorf("the client gets % x", got)
	}
	want := regexp.MustCompile(`^block\(1\): tcp/accept \]: 127\.0\.0\.1\.P 127\.0\.0\.1\.P: DNS IP/hostname mismatch\.  ` +
		`127\.0\.0\.1 does not match reversemapped addresses for hostname "[^"]+"$`)
	if line := s.lines(1)[0]; !want.MatchString(line) {
		t.Errorf("logged %q", line)
	}
}
