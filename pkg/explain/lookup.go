package explain

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/logx"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// Lookup answers what the policy asks, but for passwords, as the daemon would. It always answers: what it cannot find
// out is a failed answer.
type Lookup interface {
	Answer(ctx context.Context, user string, q acl.Question) acl.Answer
}

// Facts is what is known of the machine that the configuration is for, when it is not this one.
type Facts interface {
	Interface(name string) (addrs []netip.Prefix, ok bool)
	Resolve(name string) ([]netip.Addr, error)
}

// FromFacts is a Lookup that knows nothing but Facts.
type FromFacts struct {
	Facts    Facts
	External []netip.Addr // the families that can be reached are theirs
}

// Answer answers from the facts.
func (f FromFacts) Answer(_ context.Context, _ string, q acl.Question) acl.Answer {
	switch q.Kind {
	case acl.AskAddresses:
		all, err := f.Facts.Resolve(q.Name)
		if err != nil {
			return acl.Answer{Failed: true, Reason: err.Error()}
		}
		if q.Reachable {
			all = slices.DeleteFunc(slices.Clone(all), func(a netip.Addr) bool {
				return !slices.ContainsFunc(f.External, func(e netip.Addr) bool { return e.Is4() == a.Is4() })
			})
		}
		if len(all) == 0 {
			return acl.Answer{Failed: true, Reason: "Name or service not known" + f.only()}
		}
		return acl.Answer{Addrs: all}
	case acl.AskInterface:
		prefixes, _ := f.Facts.Interface(q.Name)
		var all []netip.Addr
		for _, p := range prefixes {
			all = append(all, p.Addr())
		}
		return acl.Answer{Addrs: all}
	}
	return acl.Answer{Failed: true, Reason: "not known of that machine"}
}

// only names the family that can be reached, when there is one only, as the log does.
func (f FromFacts) only() string {
	not4 := func(a netip.Addr) bool { return !a.Is4() }
	switch {
	case len(f.External) == 0 || slices.ContainsFunc(f.External, netip.Addr.Is4) && slices.ContainsFunc(f.External, not4):
		return ""
	case f.External[0].Is4():
		return " for IPv4 address"
	}
	return " for IPv6 address"
}

// Given answers what it was told, and asks the next Lookup for the rest.
type Given struct {
	addrs  map[string][]netip.Addr
	names  map[netip.Addr]string
	groups []string

	External []netip.Addr // the families that can be reached are theirs
	Next     Lookup
}

// Resolve takes NAME=ADDR[,ADDR...]. NAME= is a name without an address.
func (g *Given) Resolve(text string) error {
	name, list, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return fmt.Errorf("%q is not NAME=ADDRESS[,ADDRESS...]", text)
	}
	var addrs []netip.Addr
	for a := range strings.SplitSeq(list, ",") {
		if list == "" {
			break
		}
		ip, err := netip.ParseAddr(a)
		if err != nil {
			return fmt.Errorf("%q in %q is not an address", a, text)
		}
		addrs = append(addrs, ip.Unmap())
	}
	if g.addrs == nil {
		g.addrs = map[string][]netip.Addr{}
	}
	g.addrs[strings.ToLower(name)] = addrs
	return nil
}

// Reverse takes ADDR=NAME. ADDR= is an address without a name.
func (g *Given) Reverse(text string) error {
	a, name, ok := strings.Cut(text, "=")
	ip, err := netip.ParseAddr(a)
	if !ok || err != nil {
		return fmt.Errorf("%q is not ADDRESS=NAME", text)
	}
	if g.names == nil {
		g.names = map[netip.Addr]string{}
	}
	g.names[ip.Unmap()] = name
	return nil
}

// Groups takes the groups that the user is in. With any given the user is in no other.
func (g *Given) Groups(names ...string) { g.groups = append(g.groups, names...) }

// Answer answers what was given, or asks on.
func (g *Given) Answer(ctx context.Context, user string, q acl.Question) acl.Answer {
	switch q.Kind {
	case acl.AskAddresses:
		if addrs, ok := g.addrs[strings.ToLower(q.Name)]; ok {
			return FromFacts{resolved(addrs), g.External}.Answer(ctx, user, q)
		}
	case acl.AskReverse:
		if name, ok := g.names[q.IP]; ok {
			return acl.Answer{Name: name, Failed: name == "", Reason: "Name or service not known"}
		}
	case acl.AskMember:
		if len(g.groups) > 0 {
			return acl.Answer{Yes: slices.Contains(g.groups, q.Name)}
		}
	}
	return g.Next.Answer(ctx, user, q)
}

// resolved is the answer to the one name that is asked about.
type resolved []netip.Addr

func (r resolved) Resolve(string) ([]netip.Addr, error)             { return r, nil }
func (r resolved) Interface(string) (addrs []netip.Prefix, ok bool) { return nil, false }

// decide runs the policy until it has all the answers it asks for.
func (w *walk) decide(st acl.Stage, f acl.Facts) (acl.Outcome, *Decision) {
	f.Known, f.Explain = w.known, true
	if o := w.screen(f); o != nil {
		return *o, w.decision(st, f, *o)
	}
	for {
		o := w.policy.Decide(st, f)
		if len(o.Ask) == 0 {
			return o, w.decision(st, f, o)
		}
		for _, q := range o.Ask {
			w.ask(q)
		}
	}
}

// ask answers one question, once.
func (w *walk) ask(q acl.Question) acl.Answer {
	if a, ok := w.known[q]; ok {
		return a
	}
	var a acl.Answer
	switch {
	case q.Kind != acl.AskPassword:
		a = w.lookup.Answer(w.ctx, w.user, q)
		w.asked = append(w.asked, q)
	case w.request.PasswordWrong:
		a.Reason = auth.WrongPassword.Reason(logx.Vis([]byte(w.user)), "")
	default:
		a.Yes = true
	}
	w.known[q] = a
	return a
}

// names tells what was looked up, in the order in which it was asked.
func (w *walk) names() []Name {
	var all []Name
	for _, q := range w.asked {
		a := w.known[q]
		n := Name{Answers: texts(a.Addrs)}
		switch q.Kind {
		case acl.AskAddresses:
			n.Asked = "addresses of " + q.Name
			other := q
			other.Reachable = !q.Reachable
			if b, both := w.known[other]; both && q.Reachable && slices.Equal(a.Addrs, b.Addrs) {
				continue
			}
			if q.Reachable {
				n.Asked = "reachable " + n.Asked
			}
		case acl.AskReverse:
			n.Asked = "name of " + q.IP.String()
			if a.Name != "" {
				n.Answers = []string{a.Name}
			}
		case acl.AskInterface:
			n.Asked = "addresses of interface " + q.Name
		case acl.AskMember:
			n.Asked = fmt.Sprintf("is %s in group %s", w.user, q.Name)
			n.Answers = []string{"no"}
			if a.Yes {
				n.Answers = []string{"yes"}
			}
		}
		if a.Failed {
			n.Failed = a.Reason
		}
		all = append(all, n)
	}
	return all
}

// ParseTarget reads HOST:PORT, [IPV6]:PORT, or one of these without the port, which is 0 then. What is no address is a
// name.
func ParseTarget(text string) (socks.Addr, error) {
	if ip, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return socks.Addr{IP: ip.Unmap()}, nil
	}
	if at, err := netip.ParseAddrPort(text); err == nil {
		return socks.AddrFrom(at), nil
	}
	name, number, withPort := strings.Cut(text, ":")
	a := socks.Addr{Name: name}
	if withPort {
		at, err := netip.ParseAddrPort("0.0.0.0:" + number)
		if err != nil {
			return a, fmt.Errorf("%q is not HOST:PORT; IPv6 addresses are written [::1]:80", text)
		}
		a.Port = at.Port()
	}
	if name == "" || len(name) > 255 {
		return a, fmt.Errorf("%q is not HOST:PORT", text)
	}
	return a, nil
}

// hostPort is what ParseTarget reads.
func hostPort(a socks.Addr) string {
	if a.IsName() {
		return fmt.Sprintf("%s:%d", a.Name, a.Port)
	}
	return netip.AddrPortFrom(a.IP, a.Port).String()
}
