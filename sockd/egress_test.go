package sockd

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
)

// TestRotation has the three rotations choose among several addresses of both families. The client comes in on
// 127.0.0.1, from where the kernel would also go out.
func TestRotation(t *testing.T) {
	for name, c := range map[string]struct {
		rotation plan.Rotation
		external string
		target   string
		want     string // "" is a failure
		log      string
	}{
		"the first":          {plan.RotateNone, "127.0.0.5 ::1 127.0.0.1 127.0.0.20", "127.0.0.1", "127.0.0.5", ""},
		"the first of IPv6":  {plan.RotateNone, "127.0.0.5 ::1 127.0.0.1 127.0.0.20", "::1", "::1", ""},
		"the kernel's":       {plan.RotateRoute, "127.0.0.5 ::1 127.0.0.1 127.0.0.20", "127.0.0.1", "127.0.0.1", ""},
		"the kernel's, IPv6": {plan.RotateRoute, "127.0.0.5 ::1 127.0.0.1 127.0.0.20", "::1", "::1", ""},
		"not external": {
			plan.RotateRoute, "127.0.0.5 ::1 127.0.0.20", "127.0.0.1", "",
			"using external.rotation = route, local address 127.0.0.1 was selected",
		},
		"the client's": {plan.RotateSameSame, "127.0.0.5 ::1 127.0.0.1 127.0.0.20", "127.0.0.1", "127.0.0.1", ""},
		"the client's is not external": {
			plan.RotateSameSame, "127.0.0.5 ::1 127.0.0.20", "127.0.0.1", "",
			"using external.rotation = same-same, local address 127.0.0.1 was selected",
		},
		"the client's family": {
			plan.RotateSameSame, "127.0.0.5 ::1 127.0.0.1 127.0.0.20", "::1", "",
			"rotation for external addresses is set to same-same, but that can not work",
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := echo(t, c.target)
			s := serveWith(t, func(p *plan.Plan) {
				p.Rotation, p.External = c.rotation, nil
				for _, a := range strings.Fields(c.external) {
					p.External = append(p.External, netip.MustParseAddr(a))
				}
			})
			client := s.dial()
			write(t, client, ask5(t, socks.Connect, target(e)))
			r := wire.NewReader(client)
			if _, err := r.Method(); err != nil {
				t.Fatal(err)
			}
			code, bound, err := r.Reply5()
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				blocked := s.lines(3)[2] // after a warning
				if code != socks.NetworkUnreachable || !strings.Contains(blocked, "on external side: "+c.log) {
					t.Errorf("reply %d, log %q", code, blocked)
				}
				return
			}
			lines := s.lines(2)
			if code != socks.Succeeded || bound.IP.String() != c.want || !strings.Contains(lines[1], " -> "+c.want+".P ") {
				t.Errorf("reply %d %s, log %q", code, bound, lines)
			}
		})
	}
}
