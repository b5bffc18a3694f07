// Package explain tells what the daemon would do with one request, and why: it takes the request through the daemon's
// stages and asks the daemon's own functions (acl.Policy.Decide, the choices of package plan). It decides nothing
// itself, opens no connection and looks nothing up: what must be known it asks a Lookup. It is not for tracing requests
// of a running daemon.
package explain

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/hostsaccess"
	"github.com/rustsocks/rustsocks/pkg/logx"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// Command is what is asked about: a command of rules, or a datagram.
type Command string

// The commands. The last three are about what happens later in a session: the session's own request comes first and
// must pass.
const (
	Connect      Command = "connect"
	Bind         Command = "bind"
	UDPAssociate Command = "udpassociate" // the request itself; its target is the address the client will send from
	UDP          Command = "udp"          // a datagram from the client to the target
	BindReply    Command = "bindreply"    // a connection from the target to a bound port
	UDPReply     Command = "udpreply"     // a datagram from the target to the client
)

// Commands gives all commands.
func Commands() []Command { return []Command{Connect, Bind, UDPAssociate, UDP, BindReply, UDPReply} }

// Request is the request to explain.
type Request struct {
	Version socks.Version  // 0 is SOCKS5
	Client  netip.AddrPort // with UDP and UDPReply it sends datagrams from there too
	Local   netip.AddrPort // the address it connects to; when unset the first listener of its family

	Offered       []socks.Method // when empty what fits: none, and with a User user name and password
	User          string
	PasswordWrong bool // its password will not verify; otherwise it will

	Command Command
	Target  socks.Addr

	Access *hostsaccess.Set // the access files of libwrap, where they are asked; nil when they are not known
}

// Explain takes the request through the daemon's stages. The error tells what is wrong with the request: such a client
// cannot be.
func Explain(ctx context.Context, p *plan.Plan, r Request, l Lookup) (*Explanation, error) {
	if err := r.complete(p); err != nil {
		return nil, err
	}
	w := &walk{
		ctx: ctx, plan: p, policy: p.Policy(), request: r, lookup: l, known: map[acl.Question]acl.Answer{},
		e: &Explanation{Request: r.text(), Listener: r.Local.String()},
	}
	w.run()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("explaining was given up: %w", err)
	}
	return w.e, nil
}

// complete fills in what was left out.
func (r *Request) complete(p *plan.Plan) error {
	if r.Version == 0 {
		r.Version = socks.V5
	}
	if r.Command == "" {
		r.Command = Connect
	}
	switch {
	case r.Version != socks.V4 && r.Version != socks.V5:
		return fmt.Errorf("there is no SOCKS version %d; use 4 or 5", r.Version)
	case !slices.Contains(Commands(), r.Command):
		return fmt.Errorf("there is no command %q; use one of %v", r.Command, Commands())
	case !r.Client.Addr().IsValid():
		return errors.New("the client's address is missing")
	case len(r.User) > auth.MaxField:
		return fmt.Errorf("a user name has at most %d bytes", auth.MaxField)
	case r.Command == Connect || r.Command == UDP || r.Command == BindReply || r.Command == UDPReply:
		if r.Target == (socks.Addr{}) {
			return fmt.Errorf("%s needs a target", r.Command)
		}
	}
	if r.Target == (socks.Addr{}) {
		r.Target.IP = netip.IPv4Unspecified()
	}
	if (r.Command == BindReply || r.Command == UDPReply) && r.Target.IsName() {
		return fmt.Errorf("%s comes from an address, not from a name", r.Command)
	}
	if !r.Target.IsName() {
		r.Target.IP = r.Target.IP.Unmap() // as the daemon does
	}
	r.Client = netip.AddrPortFrom(r.Client.Addr().Unmap(), r.Client.Port())
	if len(r.Offered) == 0 {
		r.Offered = []socks.Method{socks.MethodNoAuth}
		if r.User != "" {
			r.Offered = append(r.Offered, socks.MethodUserPass)
		}
	}
	return r.listener(p)
}

// listener checks or chooses the address the client connects to.
func (r *Request) listener(p *plan.Plan) error {
	client := r.Client.Addr()
	if !r.Local.IsValid() {
		for _, l := range p.Internal {
			if l.Addr().Is4() == client.Is4() {
				r.Local = l
				return nil
			}
		}
		return fmt.Errorf("a client at %s cannot connect: the server listens on %v", client, p.Internal)
	}
	r.Local = netip.AddrPortFrom(r.Local.Addr().Unmap(), r.Local.Port())
	for _, l := range p.Internal {
		a := l.Addr()
		if l.Port() == r.Local.Port() && a.Is4() == r.Local.Addr().Is4() && (a.IsUnspecified() || a == r.Local.Addr()) {
			if client.Is4() != a.Is4() {
				return fmt.Errorf("a client at %s cannot connect to %s", client, r.Local)
			}
			return nil
		}
	}
	return fmt.Errorf("nothing listens on %s: the server listens on %v", r.Local, p.Internal)
}

// walk is a request on its way.
type walk struct {
	ctx     context.Context
	plan    *plan.Plan
	policy  *acl.Policy
	request Request
	lookup  Lookup
	known   map[acl.Question]acl.Answer
	e       *Explanation
	asked   []acl.Question // of lookup, in order

	clientRule   *plan.Rule
	clientMethod auth.Method // settled by the client rule
	method       auth.Method
	user         string
	rule         *plan.Rule // of the last socks decision
	accessBy     string     // the line of the access files that the last note is about
	replies      replies
}

// run is the pipeline of package sockd: each stage says whether there is a next one.
func (w *walk) run() {
	w.replies = replies{w.request.Version}
	if w.request.Local.Addr().IsUnspecified() {
		w.e.note("the client is taken to have connected to %s; name the address that it uses as the listener", w.request.Local)
	}
	if w.plan.HostsAccess && w.request.Access == nil {
		w.e.note("hosts_access(5) is asked about every client; its files are not looked at here")
	}
	if w.admit() && w.greet() && w.identify() && w.hasCommand() {
		w.e.Sockets = optionTexts(w.plan.SocketOptions)
		w.carryOut()
	}
	w.e.Names = w.names()
}

// block ends the way.
func (w *walk) block(reply, reason string) bool {
	w.e.Verdict, w.e.Reason, w.e.ClientSees = acl.Block.String(), reason, reply
	return false
}

func (w *walk) pass(reply string) bool {
	w.e.Verdict, w.e.ClientSees = acl.Pass.String(), reply
	return true
}

// admit asks the client rules.
func (w *walk) admit() bool {
	o, d := w.decide(acl.Client, acl.Facts{
		From: socks.AddrFrom(w.request.Client), To: socks.AddrFrom(w.request.Local),
		Command: socks.Accept, Protocol: socks.TCP,
	})
	w.e.Client = d
	w.clientRule, w.clientMethod = w.plan.Decided(acl.Client, o.Rule), o.Method
	if o.Verdict == acl.Block {
		return w.block(w.replies.closed(), d.Reason)
	}
	return true
}

// greet settles the method.
func (w *walk) greet() bool {
	w.method = auth.None
	if w.request.Version == socks.V4 {
		w.e.Method = &Method{Chosen: "none"}
		if err := w.plan.CheckSocks4(w.clientRule); err != nil {
			w.e.Method = &Method{}
			return w.block(w.replies.closed(), err.Error())
		}
		return true
	}
	chosen, ok := acl.ChooseMethod(w.clientRule.SocksMethods, w.request.Offered)
	w.e.Method = &Method{Taken: words(w.clientRule.SocksMethods)}
	for _, m := range w.request.Offered {
		w.e.Method.Offered = append(w.e.Method.Offered, wireWord(m))
	}
	if !ok {
		return w.block("no acceptable method (05 FF), then the connection is closed",
			"client offered no acceptable authentication method")
	}
	w.e.Method.Chosen = wireWord(chosen)
	if chosen == socks.MethodUserPass {
		w.method, w.user = auth.Username, w.request.User
	}
	return true
}

// identify looks at the credentials, as far as that is possible before the request is known.
func (w *walk) identify() bool {
	if w.method != auth.Username {
		if w.request.User != "" {
			w.e.note("the server asks for no user name: the method is none, and no rule sees %q", w.request.User)
		}
		return true
	}
	w.e.Method.User = w.user
	w.e.Method.Password = "right"
	if w.request.PasswordWrong {
		w.e.Method.Password = "wrong"
	}
	if m, unique := acl.UniquePassword(w.plan.SocksMethods); unique {
		if a := w.ask(acl.Question{Kind: acl.AskPassword, Method: m}); !a.Yes {
			return w.block("credentials refused (01 01), then the connection is closed", a.Reason)
		}
	}
	return true
}

// hasCommand refuses the command that SOCKS4 does not have. One that this version cannot carry out is only noted: what
// the rules say of it is of interest all the same.
func (w *walk) hasCommand() bool {
	refused := plan.CheckCommand(w.request.Version, w.session())
	switch {
	case refused == nil:
	case w.request.Version == socks.V4 && w.session() == socks.UDPAssociate:
		return w.block(w.replies.reply(refused.Reply), refused.Text)
	default:
		w.e.NotServed = refused.Text + ": " + w.replies.reply(refused.Reply)
	}
	return true
}

// session is the command that the client sends.
func (w *walk) session() socks.Command {
	switch w.request.Command {
	case Bind, BindReply:
		return socks.Bind
	case UDPAssociate, UDP, UDPReply:
		return socks.UDPAssociate
	}
	return socks.Connect
}

func (w *walk) carryOut() bool {
	switch w.session() {
	case socks.Bind:
		return w.bind()
	case socks.UDPAssociate:
		return w.associate()
	}
	return w.connect()
}

// authorize asks the socks rules. What is no reply comes from the client with what it has shown of itself.
func (w *walk) authorize(f acl.Facts) (acl.Outcome, bool) {
	f.Version, f.ClientMethod = w.request.Version, w.clientMethod
	if f.Command != socks.BindReply && f.Command != socks.UDPReply {
		f.Method, f.User = w.method, w.user
	}
	o, d := w.decide(acl.Socks, f)
	w.e.Socks = append(w.e.Socks, *d)
	w.rule = w.plan.Decided(acl.Socks, o.Rule)
	if o.Verdict == acl.Block {
		return o, w.block(w.replies.reply(socks.NotAllowed), d.Reason)
	}
	return o, true
}

// connect is a connection to the target.
func (w *walk) connect() bool {
	target := w.request.Target
	at, ok := w.address(target)
	if !ok {
		return false
	}
	if refused := w.plan.CheckTarget(target, at); refused != nil {
		return w.block(w.replies.reply(refused.Reply), refused.Text)
	}
	o, ok := w.authorize(acl.Facts{
		From: socks.AddrFrom(w.request.Client), To: target, Command: socks.Connect, Protocol: socks.TCP,
	})
	if !ok {
		return false
	}
	way, ok := w.leave(socks.Connect, socks.TCP, w.redirectTarget(o.To))
	if !ok {
		return false
	}
	if !w.goOut(socks.Connect, w.next(way), w.request.Client.Port()) {
		return false
	}
	return w.pass(w.replies.reply(socks.Succeeded) + ", when the target has answered")
}

// address gives the first address of what is requested: a name must have one, whatever the rules say.
func (w *walk) address(requested socks.Addr) (at netip.AddrPort, ok bool) {
	if !requested.IsName() {
		return netip.AddrPortFrom(requested.IP, requested.Port), true
	}
	a := w.ask(acl.Question{Kind: acl.AskAddresses, Name: requested.Name, Reachable: true})
	if len(a.Addrs) == 0 {
		refused := plan.Unresolved(logx.Vis([]byte(requested.Name)), a.Reason)
		return at, w.block(w.replies.reply(refused.Reply), refused.Text)
	}
	return netip.AddrPortFrom(a.Addrs[0], requested.Port), true
}

// bind waits for a connection. Our own address is settled before the rules are asked, and is the rules' target.
func (w *walk) bind() bool {
	expected := w.request.Target
	at, ok := w.address(expected)
	if !ok {
		return false
	}
	if refused := w.plan.CheckPeer(expected, at); refused != nil {
		return w.block(w.replies.reply(refused.Reply), refused.Text)
	}
	if plan.AsksForBindExtension(expected) {
		return w.block(w.replies.reply(socks.NotAllowed), plan.BindExtensionOff)
	}
	towards := plan.BindTowards(w.request.Version, expected, w.request.Local)
	if _, ok := w.leave(socks.Bind, socks.TCP, towards); !ok {
		return false
	}
	port := w.plan.BindPort(at)
	if !w.goOut(socks.Bind, towards, port) {
		return false
	}
	bound := socks.Addr{Port: port}
	if w.e.Egress.Address == "" {
		w.e.note("the rules are asked about the address that the kernel chooses; here about %s", w.plan.External[0])
		bound.IP = w.plan.External[0]
	} else {
		bound.IP = netip.MustParseAddr(w.e.Egress.Address)
	}
	if port == 0 {
		w.e.note("the rules are asked about the port that the kernel gives; here it is 0")
	}
	if _, ok := w.authorize(acl.Facts{
		From: socks.AddrFrom(w.request.Client), To: bound, Command: socks.Bind, Protocol: socks.TCP,
	}); !ok {
		return false
	}
	if w.request.Command == Bind {
		return w.pass(w.replies.reply(socks.Succeeded) + " with the bound address, and a second one when a peer has connected")
	}
	if _, ok := w.authorize(acl.Facts{
		From: w.request.Target, To: socks.AddrFrom(w.request.Client), Command: socks.BindReply, Protocol: socks.TCP,
	}); !ok {
		w.e.ClientSees = "second " + w.e.ClientSees
		return false
	}
	return w.pass("second " + w.replies.reply(socks.Succeeded) + " with the peer's address")
}

// associate is a UDP association. Its request has no target yet; what it declares is where the client will send from.
func (w *walk) associate() bool {
	client := socks.AddrFrom(w.request.Client)
	asked := acl.Facts{From: client, ToUnknown: true, Command: socks.UDPAssociate, Protocol: socks.UDP}
	declared := socks.Addr{IP: netip.IPv4Unspecified()}
	if w.request.Command == UDPAssociate {
		declared = w.request.Target
	}
	if !declared.IsName() && !declared.IP.IsUnspecified() && declared.Port != 0 {
		// COMPAT: a complete address is judged too, before the client's own.
		first := asked
		first.From = declared
		if _, ok := w.authorize(first); !ok {
			return false
		}
	}
	o, ok := w.authorize(asked)
	if !ok {
		return false
	}
	if _, ok := w.leave(socks.UDPAssociate, socks.UDP, declared); !ok {
		return false
	}
	if w.request.Command == UDPAssociate {
		return w.pass(w.replies.reply(socks.Succeeded) + " with the address to send datagrams to")
	}
	w.method = o.Method
	target := w.request.Target
	sent, ok := w.authorize(acl.Facts{From: client, To: target, Command: socks.UDPAssociate, Protocol: socks.UDP})
	if !ok {
		w.e.ClientSees = dropped
		return false
	}
	if !w.goOut(socks.UDPAssociate, sent.To, w.request.Client.Port()) {
		w.e.ClientSees = dropped
		return false
	}
	if w.request.Command == UDP {
		return w.pass("the datagram is sent on")
	}
	if _, ok := w.authorize(acl.Facts{From: target, To: client, Command: socks.UDPReply, Protocol: socks.UDP}); !ok {
		w.e.ClientSees = dropped
		return false
	}
	return w.pass("the datagram comes to the client")
}

const dropped = "nothing: the datagram is dropped"
