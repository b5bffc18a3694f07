package sockd

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
	"github.com/rustsocks/rustsocks/pkg/socks/wire"
	"github.com/rustsocks/rustsocks/sockd/relay/udp"
	"github.com/rustsocks/rustsocks/sockd/sockopt"
	"github.com/rustsocks/rustsocks/sockd/upstream"
)

// Datagrams from the client to its targets.

// Datagram implements udp.Handler.
func (a *association) Datagram(ua *udp.Association, from netip.AddrPort, frame []byte) {
	if a.locked || a.lock(ua, from) {
		a.fromClient(ua, from, frame, a.known)
	}
}

// lock ties the association to the source of its first datagram, if that is where the client has announced to send
// from, as far as it has.
//
// COMPAT: with 0.0.0.0 announced it may come from anywhere, not only from the address of the control connection; the
// rules for udpassociate decide about it.
func (a *association) lock(ua *udp.Association, from netip.AddrPort) bool {
	want := a.expected
	ip, port := want.Addr(), want.Port()
	if !ip.IsUnspecified() && ip != from.Addr() || port != 0 && port != from.Port() {
		a.dropped(a.s.rule, socks.UDPAssociate, a.clientEnd(from), endpoint{},
			fmt.Sprintf("expected udp packet from clientaddress %s, got it from %s", socks.AddrFrom(want), socks.AddrFrom(from)))
		return false
	}
	if errno := ua.Connect(udp.Client, from); errno != 0 {
		ua.End(udp.Result{Why: udp.SocketError, At: udp.Client, Err: errno})
		return false
	}
	a.expected, a.client, a.locked = from, socks.AddrFrom(from), true
	return true
}

// judged is what was found out about a datagram from a client.
type judged struct {
	ask     []acl.Question // what must be found out first; then all else is meaningless
	problem string         // it cannot be sent on, for no rule's sake

	datagram wire.Datagram
	shown    socks.Addr     // the target in lines
	remote   netip.AddrPort // where to send it to
	same     bool           // as the one before: the verdict of that holds
	pass     bool
	rule     *plan.Rule // that decided
	reason   string
	notes    []acl.Note
	hopeless bool           // no datagram of this client will ever pass
	from     netip.AddrPort // where it is redirected from; a port of 0 is the client's own
}

// fromClient handles a datagram of the client, given what is known of names.
func (a *association) fromClient(ua *udp.Association, from netip.AddrPort, frame []byte, known map[acl.Question]acl.Answer) {
	snap := a.snapshot.Load()
	j := a.judge(snap, frame, known)
	if len(j.ask) > 0 {
		kept := bytes.Clone(frame)
		a.find(ua, snap, j.ask, known, func(known map[acl.Question]acl.Answer) { a.fromClient(ua, from, kept, known) })
		return
	}
	rule, src := a.forward.or(a.s.rule), a.clientEnd(from)
	if j.problem != "" {
		a.undelivered(rule, src, endpoint{peer: j.shown}, j.problem)
		return
	}
	if !a.forward.kept {
		a.noteOddities(j.notes)
		j.notes = nil
	}
	s := udp.TargetOf(j.remote.Addr())
	t := a.target(s)
	isNew := !t.local.IsValid()
	if isNew && (j.pass || a.forward.kept) {
		// COMPAT: once a datagram has passed, there is a socket also for those that do not.
		by := rule
		if !a.forward.kept {
			by = j.rule
		}
		if problem := a.openTarget(ua, snap, s, j, by); problem != "" {
			a.undelivered(by, src, endpoint{peer: j.shown}, problem)
			return
		}
	}
	if !j.same {
		a.noteOddities(j.notes)
		a.forward.rule = j.rule
		if t.local.IsValid() {
			a.retarget(ua, s, j, isNew)
		}
	} else {
		a.forward.rule = t.forward.rule
	}
	dst := endpoint{peer: j.shown}
	if t.local.IsValid() {
		dst = t.end(j.remote)
		dst.peer = j.shown
		a.forward.kept = true
		ua.Received(s, len(frame))
	}
	switch {
	case !j.pass:
		a.dropped(a.forward.rule, socks.UDPAssociate, src, dst, j.reason)
		if j.hopeless {
			ua.End(udp.Result{Why: udp.Blocked})
		}
	case isNew && snap.plan.UDPConnect && !a.connectTarget(ua, s, src, dst):
	default:
		a.send(ua, s, src, dst, j.datagram.Payload, frame)
	}
}

// send sends a datagram that passes, and has those that follow to the same target follow it.
func (a *association) send(ua *udp.Association, s udp.Socket, src, dst endpoint, payload, frame []byte) {
	t, rule := a.target(s), a.forward.rule
	if errno := ua.Send(s, t.remote, payload, s); errno != 0 {
		a.trouble(rule, socks.UDPAssociate, src, dst, unsent(len(payload), errno))
		return
	}
	if rule.Log&(acl.LogData|acl.LogIOOp) != 0 {
		a.datagramLine(rule, socks.UDPAssociate, src, dst, payload)
		return
	}
	ua.Forward(frame[:len(frame)-len(payload)], s, t.remote)
}

func unsent(size int, err error) string {
	return fmt.Sprintf("sendto of %d bytes failed: %s", size, strerror(err))
}

// Unsent implements udp.Handler.
func (a *association) Unsent(_ *udp.Association, from udp.Socket, size int, err unix.Errno) {
	client := a.clientEnd(a.expected)
	if from != udp.Client {
		t := a.target(from)
		a.trouble(a.back.or(a.s.rule), socks.UDPReply, t.end(t.source), client, unsent(size, err))
		return
	}
	for _, s := range a.opened {
		if t := a.target(s); t.forward.rule == a.forward.rule {
			a.trouble(t.forward.rule, socks.UDPAssociate, client, t.end(t.remote), unsent(size, err))
			return
		}
	}
}

// judge finds out about a datagram what can be found out without doing anything.
func (a *association) judge(snap *snapshot, frame []byte, known map[acl.Question]acl.Answer) (j judged) {
	var problem string
	if j.datagram, problem = unwrap(snap, frame); problem != "" {
		j.problem, j.shown = problem, j.datagram.Address
		return j
	}
	to := j.datagram.Address
	j.shown = to
	if !j.reach(to, known) {
		return j
	}
	if j.remote.Addr().IsUnspecified() {
		j.problem = fmt.Sprintf("could not resolve target address %s.  Non-DNS error: no system error ", to)
		return j
	}
	j.shown = socks.AddrFrom(j.remote)

	t := a.target(udp.TargetOf(j.remote.Addr()))
	if a.forward.kept && t.forward.rule != nil && t.asked.Port == to.Port && t.asked.IP == to.IP && strings.EqualFold(t.asked.Name, to.Name) {
		j.same, j.pass, j.rule, j.remote = true, t.forward.pass, t.forward.rule, t.remote
		return j
	}
	o := a.decide(snap, socks.UDPAssociate, a.client, to, known)
	if j.ask = o.Ask; len(j.ask) > 0 {
		return j
	}
	j.pass, j.rule, j.reason, j.notes = o.Verdict == acl.Pass, snap.plan.Decided(acl.Socks, o.Rule), o.Reason, o.Notes
	if j.pass {
		if !o.To.IsName() {
			// The address that a rule has let pass, which need not be the first that the name has.
			j.remote = netip.AddrPortFrom(o.To.IP, o.To.Port)
			j.shown = socks.AddrFrom(j.remote)
		}
		return a.redirect(j, known)
	} else if len(a.opened) == 0 {
		// Is there a target at all that it might send to?
		o := a.decide(snap, socks.UDPAssociate, a.client, socks.Addr{}, known)
		j.ask, j.hopeless = o.Ask, o.Verdict == acl.Block
		j.notes = append(j.notes, o.Notes...)
	}
	return j
}

// reach finds the address to send to, the first that a name has. It tells whether there is one: if not, something is to
// be asked first, or there is a problem.
func (j *judged) reach(to socks.Addr, known map[acl.Question]acl.Answer) bool {
	if !to.IsName() {
		j.remote = netip.AddrPortFrom(to.IP, to.Port)
		return true
	}
	q := acl.Question{Kind: acl.AskAddresses, Name: to.Name, Reachable: true}
	answer, ok := known[q]
	switch {
	case !ok:
		j.ask = []acl.Question{q}
		return false
	case answer.Failed:
		j.problem = fmt.Sprintf("could not resolve target address %s: %s ", to, answer.Reason)
		return false
	}
	j.remote = netip.AddrPortFrom(answer.Addrs[0], to.Port)
	return true
}

// redirect gives a datagram that has passed the target that its rule redirects it to.
func (a *association) redirect(j judged, known map[acl.Question]acl.Answer) judged {
	by := plan.Redirection(a.s.clientRule, j.rule)
	if !by.IsSet() {
		return j
	}
	to := by.Target(socks.AddrFrom(j.remote), socks.UDP)
	if !j.reach(to, known) {
		return j
	}
	j.shown = socks.AddrFrom(j.remote)
	unset := netip.AddrPortFrom(anyOf(j.remote.Addr()).IP, 0)
	from, ask, err := by.Source(unset, socks.UDP, known)
	switch {
	case len(ask) > 0:
		j.ask = ask
	case err != nil:
		j.problem = err.Error()
	case from != unset:
		j.from = from
	}
	return j
}

// unwrap takes a datagram apart and tells what is wrong with it, whatever its target is.
func unwrap(snap *snapshot, frame []byte) (d wire.Datagram, problem string) {
	d, err := wire.ParseDatagram(frame)
	if err != nil {
		return wire.Datagram{}, fmt.Sprintf("SOCKS protocol error in socks udp packet of length %d.  "+
			"Could not extract valid address from SOCKS UDP header", len(frame))
	}
	if d.Fragment != 0 {
		return d, "fragmented socks udp packets are not supported"
	}
	ip := d.Address.IP
	if ip.Is4In6() {
		ip = ip.Unmap()
		d.Address.IP = ip
	}
	if ip.IsValid() && (ip.Is4() && !snap.policy.External4 || ip.Is6() && !snap.policy.External6) {
		return d, fmt.Sprintf("packet for %s target, but no %[1]s configured for our usage on the external interface ", familyName(ip))
	}
	return d, ""
}

// retarget makes the target of a datagram the one of its socket.
func (a *association) retarget(ua *udp.Association, s udp.Socket, j judged, isNew bool) {
	t := a.target(s)
	if ua.Connected(s) {
		// From here on it is connected to nobody, so that replies of the target before still arrive.
		ua.Disconnect(s, t.local)
	}
	t.asked, t.remote, t.forward = j.datagram.Address, j.remote, verdict{j.rule, j.pass}
	if j.pass && !isNew {
		sockopt.Target{FD: ua.FD(s), Side: plan.External, Protocol: acl.ProtoUDP, Moment: sockopt.Unconnected}.
			Set(j.rule.SocketOptions, a.log.Warning)
	}
}

// connectTarget connects a new socket to its first target, so that errors are heard of and nobody else can send.
func (a *association) connectTarget(ua *udp.Association, s udp.Socket, src, dst endpoint) bool {
	t := a.target(s)
	errno := ua.Connect(s, t.remote)
	if errno != 0 {
		a.trouble(a.forward.rule, socks.UDPAssociate, src, dst, fmt.Sprintf("connect(2) to %s from %s failed: %s",
			socks.AddrFrom(t.remote), socks.AddrFrom(t.local), strerror(errno)))
	}
	return errno == 0
}

// openTarget opens the socket for targets of a family. Its port is the client's own, when that is free.
func (a *association) openTarget(ua *udp.Association, snap *snapshot, s udp.Socket, j judged, r *plan.Rule) (problem string) {
	local, err := a.egressOfDatagram(snap, j.remote)
	if err != nil {
		return err.Error()
	}
	port := a.expected.Port()
	if j.from.IsValid() {
		if local = j.from.Addr(); j.from.Port() != 0 {
			port = j.from.Port()
		}
	}
	fd, err := datagramSocket(local)
	if err != nil {
		problem = fmt.Sprintf("could not create %s udp socket: %s", familyName(local), cause(err))
		a.log.Warning("initclient(): " + problem)
		return problem
	}
	t := sockopt.Target{FD: fd, Side: plan.External, Protocol: acl.ProtoUDP, Moment: sockopt.Unconnected}
	t.Set(snap.plan.SocketOptions, a.log.Warning)
	t.Set(r.SocketOptions, a.log.Warning)
	err = unix.Bind(fd, upstream.Sockaddr(netip.AddrPortFrom(local, port)))
	if err != nil {
		err = unix.Bind(fd, upstream.Sockaddr(netip.AddrPortFrom(local, 0)))
	}
	if err != nil {
		closeDescriptor(fd)
		return fmt.Sprintf("could not bind udp address %s: %s", socks.AddrFrom(netip.AddrPortFrom(local, 0)), cause(err))
	}
	if err := ua.Open(s, fd); err != nil {
		closeDescriptor(fd)
		return err.Error()
	}
	a.target(s).local = localOf(fd)
	a.opened = append(a.opened, s)
	return ""
}

// egressOfDatagram gives the external address to send to a target from.
func (a *association) egressOfDatagram(snap *snapshot, to netip.AddrPort) (netip.Addr, error) {
	if snap.plan.Rotation == plan.RotateRoute && to.Port() == 0 {
		to = netip.AddrPortFrom(to.Addr(), 256) // COMPAT: it is 1, with its bytes swapped
	}
	o := plan.Outgoing{Client: a.expected, Accepted: netip.AddrPortFrom(a.own.IP, a.own.Port), Command: socks.UDPAssociate, Target: to}
	local, err := snap.plan.Egress(o)
	if err == plan.ErrAskKernel {
		o.Kernel, err = upstream.Source(to)
		if err != nil {
			return local, fmt.Errorf("connect(2) to %s from %s failed: %s", socks.AddrFrom(to), anyOf(to.Addr()), cause(err))
		}
		local, err = snap.plan.Egress(o)
	}
	if err != nil {
		if ip := to.Addr(); ip.Is4() && snap.policy.External4 || ip.Is6() && snap.policy.External6 {
			a.log.Warning("getoutaddr(): " + err.Error())
		}
	}
	return local, err
}
