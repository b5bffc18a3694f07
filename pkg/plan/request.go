package plan

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// Refusal is why a request is not served whatever the rules say.
type Refusal struct {
	Reply socks.Reply
	Text  string // in the words of the log
}

// CheckCommand refuses commands that cannot be carried out.
func CheckCommand(v socks.Version, c socks.Command) *Refusal {
	if v == socks.V4 && c == socks.UDPAssociate {
		return &Refusal{socks.CommandNotSupported, fmt.Sprintf("unrecognized v4 command: %d", c)}
	}
	return nil
}

// Unresolved refuses a name that has no address to connect to. name is printable.
func Unresolved(name, reason string) *Refusal {
	return &Refusal{socks.HostUnreachable, fmt.Sprintf("could not resolve hostname \"%s\": %s", name, reason)}
}

// CheckTarget refuses targets that no rule could allow (Dante sockd/sockd_request.c reqhostisok). at is the target, or
// the first address that a name has among those that can be reached.
func (p *Plan) CheckTarget(requested socks.Addr, at netip.AddrPort) *Refusal {
	ip := at.Addr()
	switch {
	case !requested.IsName() && !p.reaches(ip):
		return notReached(ip)
	case ip.IsUnspecified():
		return &Refusal{socks.AddressNotSupported, fmt.Sprintf("unbound ipaddress (%s) in request", socks.AddrFrom(at))}
	case at.Port() == 0:
		return &Refusal{socks.AddressNotSupported, fmt.Sprintf("unbound port (%s) in request", socks.AddrFrom(at))}
	case slices.Contains(p.Internal, at):
		return &Refusal{socks.NotAllowed, fmt.Sprintf(ownAddress, socks.AddrFrom(at))}
	}
	return nil
}

// CheckPeer refuses BINDs that no connection could come of. at is the peer that is waited for, or the first address that
// its name has among those that can be reached.
//
// COMPAT: danted speaks of a connect here too.
func (p *Plan) CheckPeer(requested socks.Addr, at netip.AddrPort) *Refusal {
	if requested.IsName() || AsksForBindExtension(requested) || p.reaches(at.Addr()) {
		return nil
	}
	return notReached(at.Addr())
}

// notReached refuses an address of a family that we have no address of.
func notReached(ip netip.Addr) *Refusal {
	return &Refusal{
		socks.AddressNotSupported,
		fmt.Sprintf("connect to %s requested, but no %[1]s configured for our usage on the external interface", familyName(ip)),
	}
}

// CheckSource refuses clients that will send datagrams from an address we cannot receive from (Dante
// sockd/sockd_request.c reqhostisok). One that does not say yet where from is taken.
func (p *Plan) CheckSource(ip netip.Addr) *Refusal {
	hears := slices.ContainsFunc(p.Internal, func(i netip.AddrPort) bool { return i.Addr().Is4() == ip.Is4() })
	if hears || ip.IsUnspecified() {
		return nil
	}
	return &Refusal{
		socks.AddressNotSupported,
		fmt.Sprintf("client wants to send us UDP packets from %s, but no %[1]s configured for our usage on the internal interface",
			familyName(ip)),
	}
}

// RelayAddress chooses our address that a client is to send its datagrams to, which come from an address of the same
// family as ip: the one that it has reached, or else the first internal one. Wildcard tells that there would be one if
// it were not 0.0.0.0 or ::.
func (p *Plan) RelayAddress(reached, ip netip.Addr) (at netip.Addr, refused *Refusal, wildcard bool) {
	if reached.Is4() == ip.Is4() {
		return reached, nil, false
	}
	for _, i := range p.Internal {
		if i.Addr().Is4() != ip.Is4() {
			continue
		}
		if !i.Addr().IsUnspecified() {
			return i.Addr(), nil, false
		}
		wildcard = true
	}
	text := fmt.Sprintf("no %s found amongst the internal addresses", familyName(ip))
	if wildcard {
		// COMPAT: it is the default configuration that is named, not the one there is.
		text = fmt.Sprintf("no specific %s found amongst the internal addresses, only an unbound wildcard address found.  "+
			"This client requires an internal IP-address to be specified in /etc/danted.conf however", familyName(ip))
	}
	return netip.Addr{}, &Refusal{socks.AddressNotSupported, text}, wildcard
}

// ownAddress is what the log says of a request that would make us connect to ourselves.
const ownAddress = "client is requesting a connection to the same address we listen to new clients on: %s.  " +
	"Very suspicious.   For security reasons that is not allowed, as otherwise one client could trivially use up all " +
	"our resources by going into a loop sending a stream of requests that all asked us to connect to ourselves"

// reaches tells whether there is an address of the target's family to go out from.
func (p *Plan) reaches(ip netip.Addr) bool {
	return slices.ContainsFunc(p.External, func(e netip.Addr) bool { return e.Is4() == ip.Is4() })
}

// CheckSocks4 refuses clients of SOCKS4, which can have no method but none.
func (p *Plan) CheckSocks4(client *Rule) error {
	methods := client.SocksMethods
	if methods.Has(auth.None) || !p.SocksMethods.Has(auth.None) {
		return nil
	}
	// CVE-2024-54662: a client rule that wants a login must bind SOCKS4 clients too. As 1.4.4, but by the whole list,
	// not its first method. Where no rule takes method none, the socks rules refuse with a proper reply.
	which := ""
	if len(methods) > 1 {
		which = "one of "
	}
	return fmt.Errorf("client-rule #%d requires SOCKS authentication to use for matching clients to be "+
		"%s\"%s\", but connected client is using SOCKS v4, which does not support any authentication",
		client.Number, which, methods)
}

// Decided gives the Plan's rule for one that the policy decided by; the default rule has no place in the Plan.
func (p *Plan) Decided(st acl.Stage, r *acl.Rule) *Rule {
	rules := p.ClientRules
	if st == acl.Socks {
		rules = p.SocksRules
	}
	if r.Number >= 1 && r.Number <= len(rules) {
		return &rules[r.Number-1]
	}
	return &Rule{Rule: *r, Timeouts: p.Timeouts}
}
