package acl

import (
	"fmt"
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// sourceIsFine makes the checks of `srchost` on a source that a rule lets pass; when it is not fine, reason says why.
// They are about the peer of a TCP connection: the client, or who connects for a bindreply. A client that sends
// datagrams passed them when its connection was accepted, and who answers it is not checked (Dante sockd/rule.c
// srchost_isok). With e.ask filled the result means nothing.
func (e *evaluation) sourceIsFine() bool {
	checks, from := e.policy.SourceChecks, e.facts.From
	if !checks.Unknown && !checks.Mismatch || e.facts.Protocol != socks.TCP {
		return true
	}
	name, known := e.ReverseName(from.IP)
	switch {
	case !known:
		return false
	case name == "":
		e.reason = "no dns entry found for srchost " + from.String()
		return !checks.Unknown
	case !checks.Mismatch:
		return true
	}
	// COMPAT: the name is matched as a rule's target would be, so that with FakeNames nothing confirms it.
	own := addr.Spec{Kind: addr.Prefix, Prefix: netip.PrefixFrom(from.IP, from.IP.BitLen())}
	res, _ := own.Match(socks.Addr{Name: name}, socks.TCP, e)
	e.reason = fmt.Sprintf("DNS IP/hostname mismatch.  %s does not match reversemapped addresses for hostname \"%s\"", from.IP, name)
	return res == addr.Yes
}
