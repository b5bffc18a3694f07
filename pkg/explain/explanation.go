package explain

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// Explanation is the answer. Words and reasons are those of sockd.conf and of the log; addresses are HOST:PORT.
type Explanation struct {
	Request    string `json:"request"`
	Verdict    string `json:"verdict"` // pass or block: what the configuration says
	Reason     string `json:"reason,omitempty"`
	NotServed  string `json:"not_served,omitempty"` // why this version refuses it whatever the configuration says
	ClientSees string `json:"client_sees"`          // when it is served

	Listener string     `json:"listener"`
	Client   *Decision  `json:"client"`
	Method   *Method    `json:"method,omitempty"`
	Socks    []Decision `json:"socks,omitempty"`
	Target   string     `json:"target,omitempty"` // after the rules: a name can have become one of its addresses
	Route    *Route     `json:"route,omitempty"`
	Egress   *Egress    `json:"egress,omitempty"`
	Sockets  []string   `json:"socket_options,omitempty"` // of every session
	Names    []Name     `json:"lookups,omitempty"`
	Notes    []string   `json:"notes,omitempty"`
}

func (e *Explanation) note(format string, args ...any) {
	e.Notes = append(e.Notes, fmt.Sprintf(format, args...))
}

// Decision is what the rules of one stage said.
type Decision struct {
	Stage   string `json:"stage"` // client or socks
	Command string `json:"command"`
	From    string `json:"from"`
	To      string `json:"to"` // "unknown" for a target that comes later

	Rule     int      `json:"rule"` // 0 is the default rule
	Line     int      `json:"line,omitempty"`
	Verdict  string   `json:"verdict"`
	Reason   string   `json:"reason,omitempty"` // why it was blocked, when the rule itself does not say so
	Method   string   `json:"method,omitempty"`
	Before   []Tried  `json:"before,omitempty"` // rules that did not match
	Settings Settings `json:"settings"`
}

// Tried is a rule that did not match.
type Tried struct {
	Rule   int    `json:"rule"`
	Line   int    `json:"line,omitempty"`
	Failed string `json:"failed"` // the first condition that did not hold
	Why    string `json:"why"`
}

// Settings is what applies to the sessions of a rule. Times are in seconds, 0 is no limit.
type Settings struct {
	Log           []string       `json:"log,omitempty"`
	Timeouts      map[string]int `json:"timeouts,omitempty"`
	Session       []string       `json:"session,omitempty"`
	Bandwidth     int64          `json:"bandwidth,omitempty"`
	RedirectFrom  string         `json:"redirect_from,omitempty"`
	RedirectTo    string         `json:"redirect_to,omitempty"`
	Libwrap       string         `json:"libwrap,omitempty"`
	UDPPorts      string         `json:"udp_ports,omitempty"`
	SocketOptions []string       `json:"socket_options,omitempty"` // in addition to the global ones

	order []string // of Timeouts
}

// Method is what was negotiated before the request.
type Method struct {
	Offered  []string `json:"offered,omitempty"` // by the client; SOCKS4 clients offer nothing
	Taken    []string `json:"taken,omitempty"`   // by the client rule, in its order
	Chosen   string   `json:"chosen,omitempty"`  // missing when there is no acceptable method
	User     string   `json:"user,omitempty"`
	Password string   `json:"password,omitempty"` // right or wrong, as was asked for
}

// Route is how the target is reached.
type Route struct {
	Direct  bool     `json:"direct"`
	Number  int      `json:"number,omitempty"` // 0: no route of the configuration
	Line    int      `json:"line,omitempty"`
	Proxy   string   `json:"proxy,omitempty"`
	Gateway string   `json:"gateway,omitempty"`
	Methods []string `json:"methods,omitempty"` // that are offered to the gateway
}

// Egress is where a session goes out from.
type Egress struct {
	Rotation string   `json:"rotation"`
	Address  string   `json:"address,omitempty"` // missing when the kernel chooses
	Choices  []string `json:"choices,omitempty"` // what the kernel's choice must be among
	Port     uint16   `json:"port,omitempty"`    // that is tried first; 0 is any
	Targets  []string `json:"targets,omitempty"` // that are tried, in order
}

// Name is one thing that was looked up.
type Name struct {
	Asked   string   `json:"asked"`
	Answers []string `json:"answers,omitempty"`
	Failed  string   `json:"failed,omitempty"`
}

// text is the request in one line.
func (r Request) text() string {
	user := ""
	if r.User != "" {
		user = fmt.Sprintf(" as %q", r.User)
	}
	return fmt.Sprintf("%s %s from %s%s to %s", versionWord(r.Version), r.Command, r.Client, user, hostPort(r.Target))
}

// decision puts an outcome into words.
func (w *walk) decision(st acl.Stage, f acl.Facts, o acl.Outcome) *Decision {
	d := &Decision{
		Stage: st.String(), Command: f.Command.String(), From: hostPort(f.From), To: hostPort(f.To),
		Rule: o.Rule.Number, Line: o.Rule.Line, Verdict: o.Verdict.String(), Reason: o.Reason,
	}
	if f.ToUnknown {
		d.To = "unknown"
	}
	if o.Method != auth.Unset {
		d.Method = o.Method.String()
	}
	rules := w.policy.Client
	if st == acl.Socks {
		rules = w.policy.Socks
	}
	for _, s := range o.Trace {
		if s.Rule != o.Rule.Number {
			r := &rules[s.Rule-1]
			d.Before = append(d.Before, Tried{
				Rule: r.Number, Line: r.Line, Failed: s.Failed.String(), Why: why(st, s.Failed, r, f),
			})
		}
		if s.Failed == acl.Method {
			w.noteMethods(&rules[s.Rule-1])
		}
	}
	for _, n := range o.Notes {
		switch n.Kind {
		case acl.NoteUnresolved:
			w.e.note("the name %s of a rule has no address: %s", n.Name, n.Reason)
		case acl.NoteUnknownGroup:
			w.e.note("the group %s of a rule does not exist", n.Name)
		}
	}
	d.Settings = w.settings(w.plan.Decided(st, o.Rule), o.Verdict == acl.Pass)
	return d
}

// noteMethods says so where a rule failed for a method that cannot be had yet.
func (w *walk) noteMethods(r *acl.Rule) {
	for _, m := range r.SocksMethods {
		if m != auth.None && m != auth.Username {
			w.e.note("socks-rule #%d is for method %s, which this version cannot check", r.Number, m)
			return
		}
	}
}

// why tells why a condition did not hold: what the rule wants, and what the request has.
func why(st acl.Stage, c acl.Condition, r *acl.Rule, f acl.Facts) string {
	switch c {
	case acl.Protocol:
		return fmt.Sprintf("it is not for %s", f.Protocol)
	case acl.Command:
		return fmt.Sprintf("it is not for %s", f.Command)
	case acl.ProxyProtocol:
		return fmt.Sprintf("it is not for %s", versionWord(f.Version))
	case acl.From:
		return fmt.Sprintf("%s does not cover %s", r.From, hostPort(f.From))
	case acl.To:
		if f.ToUnknown {
			return fmt.Sprintf("the target is not known yet, and %s is not every target", r.To)
		}
		return fmt.Sprintf("%s does not cover %s", r.To, hostPort(f.To))
	case acl.ClientMethod:
		return fmt.Sprintf("%s is not among %s", f.ClientMethod, listed(words(r.ClientMethods)))
	case acl.Method:
		methods := r.SocksMethods
		if st == acl.Client {
			methods = r.ClientMethods
		}
		if f.Method == auth.Unset {
			return fmt.Sprintf("no method is known yet, and it wants %s", listed(words(methods)))
		}
		return fmt.Sprintf("%s is not among %s", f.Method, listed(words(methods)))
	case acl.User:
		return fmt.Sprintf("%q is not among %s", f.User, listed(r.Users))
	case acl.Group:
		return fmt.Sprintf("%q is in none of %s", f.User, listed(r.Groups))
	}
	return c.String()
}

func listed(l []string) string {
	if len(l) == 0 {
		return "none at all"
	}
	return strings.Join(l, ", ")
}

// settings puts into words what a rule says besides its verdict. applies tells that there is a session for the rest of
// it to apply to.
func (w *walk) settings(r *plan.Rule, applies bool) Settings {
	s := Settings{Log: logWords(r.Log), Libwrap: r.Libwrap}
	if !applies {
		return s
	}
	s.Bandwidth, s.Session, s.Timeouts = r.Bandwidth, sessionWords(r.Session), map[string]int{}
	s.RedirectFrom, s.RedirectTo = redirectText(r.Redirect.From), redirectText(r.Redirect.To)
	for _, t := range []struct {
		name  string
		limit time.Duration
	}{
		{"negotiate", r.Timeouts.Negotiate},
		{"connect", r.Timeouts.Connect},
		{"io.tcp", r.Timeouts.TCPIO},
		{"io.udp", r.Timeouts.UDPIO},
		{"tcp_fin_wait", r.Timeouts.TCPFinWait},
	} {
		if t.limit != 0 {
			s.Timeouts[t.name] = int(t.limit / time.Second)
			s.order = append(s.order, t.name)
		}
	}
	if r.UDPPorts != (plan.PortRange{}) {
		s.UDPPorts = fmt.Sprintf("%d-%d", r.UDPPorts.First, r.UDPPorts.Last)
	}
	s.SocketOptions = optionTexts(r.SocketOptions)
	return s
}

func optionTexts(l []plan.SocketOption) []string {
	var all []string
	for _, o := range l {
		all = append(all, fmt.Sprintf("%s.%s.%s: %s", o.Side, o.Level, o.Name, o.Value))
	}
	return all
}

func redirectText(s addr.Spec) string {
	if s.Kind == 0 {
		return ""
	}
	return s.String()
}

func sessionWords(l plan.SessionLimits) []string {
	var all []string
	for _, n := range []struct {
		word  string
		limit int64
		every time.Duration
	}{
		{"max", l.Max, 0},
		{"throttle", l.Throttle.Sessions, l.Throttle.Every},
		{"state.max", l.StateMax, 0},
		{"state.throttle", l.StateThrottle.Sessions, l.StateThrottle.Every},
	} {
		switch {
		case n.limit == 0:
		case n.every != 0:
			all = append(all, fmt.Sprintf("%s %d/%d", n.word, n.limit, int(n.every/time.Second)))
		default:
			all = append(all, fmt.Sprintf("%s %d", n.word, n.limit))
		}
	}
	if l.Key != "" {
		all = append(all, "state.key "+l.Key)
	}
	return all
}

func logWords(l acl.LogSet) []string {
	var all []string
	for _, f := range []struct {
		bit  acl.LogSet
		word string
	}{
		{acl.LogConnect, "connect"},
		{acl.LogDisconnect, "disconnect"},
		{acl.LogData, "data"},
		{acl.LogError, "error"},
		{acl.LogIOOp, "iooperation"},
		{acl.LogTCPInfo, "tcpinfo"},
	} {
		if l&f.bit != 0 {
			all = append(all, f.word)
		}
	}
	return all
}

func versionWord(v socks.Version) string { return fmt.Sprintf("socks_v%d", v) }

// wireWord names a method of the wire as sockd.conf does.
func wireWord(m socks.Method) string {
	switch m {
	case socks.MethodNoAuth:
		return "none"
	case socks.MethodUserPass:
		return "username"
	case socks.MethodGSSAPI:
		return "gssapi"
	}
	return "0x" + hex.EncodeToString([]byte{byte(m)})
}

func words(l auth.Methods) []string {
	var all []string
	for _, m := range l {
		all = append(all, m.String())
	}
	return all
}

func texts(l []netip.Addr) []string {
	var all []string
	for _, a := range l {
		all = append(all, a.String())
	}
	return all
}

// replies words what a client of one version is sent.
type replies struct{ version socks.Version }

func (replies) closed() string { return "the connection is closed without a reply" }

func (r replies) reply(code socks.Reply) string {
	if r.version == socks.V4 {
		if code == socks.Succeeded {
			return fmt.Sprintf("reply %d, request granted", socks.Granted)
		}
		return fmt.Sprintf("reply %d, request rejected or failed", socks.Rejected)
	}
	text := "general SOCKS server failure"
	switch code {
	case socks.Succeeded:
		text = "succeeded"
	case socks.NotAllowed:
		text = "connection not allowed by ruleset"
	case socks.NetworkUnreachable:
		text = "network unreachable"
	case socks.HostUnreachable:
		text = "host unreachable"
	case socks.CommandNotSupported:
		text = "command not supported"
	case socks.AddressNotSupported:
		text = "address type not supported"
	}
	return fmt.Sprintf("reply %d, %s", code, text)
}
