package keyword

import (
	"slices"
	"strings"
	"testing"
)

// reference is what Dante's manual, its README files and its scanner know: each keyword with the places where it may
// stand (G global, C client-rule, H hostid-rule, S socks-rule, R route, M monitor) and its words, those of later releases
// behind an @.
const reference = `
# global options
internal                        G
external                        G
internal.protocol               G      ipv4 ipv6
external.protocol               G      ipv4 ipv6
external.rotation               G      none same-same route
clientmethod                    GCHS   METHODS
socksmethod                     GCHS   METHODS
user.privileged                 G
user.unprivileged               G
user.libwrap                    G
logoutput                       G
errorlog                        G
debug                           G
child.maxrequests               G
timeout.connect                 GCHS
timeout.negotiate               GCHS
timeout.io                      GCHS
timeout.io.tcp                  GCHS
timeout.io.udp                  GCHS
timeout.tcp_fin_wait            GCHS
resolveprotocol                 G      udp tcp fake
srchost                         G      nodnsmismatch nodnsunknown checkreplyauth
compatibility                   G      sameport draft-5.05
extension                       GR     bind
udp.connectdst                  G      yes no
route.maxfail                   G
route.badexpire                 G
libwrap.allow                   G
libwrap.deny                    G
libwrap.hosts_access            G      yes no
cpu.schedule.PROC               G      other fifo rr batch idle
cpu.mask.PROC                   G
internal.log.LEVEL.error        GCHS
internal.log.LEVEL.tcp.disabled GCHS   ecn sack timestamps wscale
internal.log.LEVEL.tcp.enabled  GCHS   ecn sack timestamps wscale
external.log.LEVEL.error        GCHS
external.log.LEVEL.tcp.disabled GCHS   ecn sack timestamps wscale
external.log.LEVEL.tcp.enabled  GCHS   ecn sack timestamps wscale
internal.LEVEL.OPTION           GCHSR
external.LEVEL.OPTION           GCHSR
realm                           G

# rules
from                            CHSRM
to                              CHSRM
user                            CHS
group                           CHS
log                             CHS    connect disconnect data error ioop iooperation tcpinfo
libwrap                         CHS
pam.servicename                 CHS
bsdauth.stylename               S
gssapi.servicename              CHSR
gssapi.keytab                   CHSR
gssapi.enctype                  CHSR   clear integrity confidentiality permessage any
clientcompatibility             CHR    necgssapi
bandwidth                       CHS
redirect from                   CHSR
redirect to                     CHS
bounce to                       CH
hostid                          CHSM
hostindex                       CHSM
session.max                     CHS
session.throttle                CHS
session.state.key               CHS    from hostid
session.state.max               CHS
session.state.throttle          CHS
session.state.key.hostindex     CHS
session.inheritable             CH     yes no
command                         SRM    bind connect udpassociate bindreply udpreply
protocol                        SRM    tcp udp
proxyprotocol                   SR     socks_v4 socks_v5 http http_v1.0 upnp
udp.portrange                   S

# routes and monitors
via                             R
method                          R      METHODS
alarm.data                      M
alarm.disconnect                M
alarm.mtu-error                 M

# LDAP
ldap.basedn                     S
ldap.basedn.hex                 S
ldap.basedn.hex.all             S
ldap.port                       S
ldap.port.ssl                   S
ldap.url                        S
ldap.certfile                   S
ldap.certpath                   S
ldap.domain                     S
ldap.debug                      S
ldap.mdepth                     S
ldap.ssl                        S      yes no
ldap.auto.off                   S      yes no
ldap.certcheck                  S      yes no
ldap.keeprealm                  S      yes no
ldap.filter                     S
ldap.filter.ad                  S
ldap.filter.hex                 S
ldap.filter.ad.hex              S
ldap.attribute                  S
ldap.attribute.ad               S
ldap.attribute.hex              S
ldap.attribute.ad.hex           S
ldap.server                     S
ldap.group                      S
ldap.group.hex                  S
ldap.group.hex.all              S
ldap.keytab                     S

# no longer used
localdomain                     GCHSRM
child.maxidle                   GCHSRM
socket.recvbuf.tcp              G

# 1.4.3
child.maxlifetime@1.4.3         G
ldap.auth.basedn@1.4.3          S
ldap.auth.basedn.hex@1.4.3      S
ldap.auth.basedn.hex.all@1.4.3  S
ldap.auth.port@1.4.3            S
ldap.auth.port.ssl@1.4.3        S
ldap.auth.url@1.4.3             S
ldap.auth.certfile@1.4.3        S
ldap.auth.certpath@1.4.3        S
ldap.auth.domain@1.4.3          S
ldap.auth.debug@1.4.3           S
ldap.auth.ssl@1.4.3             S      yes no
ldap.auth.auto.off@1.4.3        S      yes no
ldap.auth.certcheck@1.4.3       S      yes no
ldap.auth.filter@1.4.3          S
ldap.auth.server@1.4.3          S
ldap.auth.keytab@1.4.3          S
pac.sid@1.4.3                   S
pac.sid.b64@1.4.3               S
pac.off@1.4.3                   S      yes no

# 1.4.4
ldap.auth.keeprealm@1.4.4       S      yes no
`

const referenceMethods = "none username rfc931 pam.any pam.address pam.username pam gssapi bsdauth ldapauth@1.4.3"

// referenceSpellings are the old spellings, what they stand for and where, and whether danted warns.
const referenceSpellings = `
connecttimeout     timeout.connect    GCHS  warning
iotimeout          timeout.io         GCHS  warning
method             socksmethod        GHS   warning
method             clientmethod       C     warning
user.notprivileged user.unprivileged  G     silent
pamservicename     pam.servicename    CHS   silent
socket.recvbuf.udp socket.recvbuf.tcp G     silent
socket.sendbuf.tcp socket.recvbuf.tcp G     silent
socket.sendbuf.udp socket.recvbuf.tcp G     silent
`

// referenceOptions are the socket options of Linux that danted knows, by level; it sets those of the first kind, and says
// of the others that it does not.
var referenceOptions = map[string]struct{ settable, known string }{
	"socket": {
		"so_broadcast so_debug so_dontroute so_keepalive so_linger so_oobinline so_priority so_rcvbuf so_rcvbufforce " +
			"so_rcvlowat so_rcvtimeo so_sndbuf so_sndbufforce so_sndlowat so_sndtimeo so_timestamp",
		"so_acceptconn so_error so_reuseaddr so_reuseport so_type",
	},
	"ip": {
		"ip_freebind ip_minttl ip_mtu_discover ip_tos ip_tos.dscp ip_tos.prec ip_tos.tos ip_ttl",
		"ip_add_membership ip_add_source_membership ip_block_source ip_drop_membership ip_drop_source_membership ip_hdrincl " +
			"ip_multicast_if ip_multicast_loop ip_multicast_ttl ip_options ip_recvtos ip_recvttl ip_unblock_source",
	},
	"tcp": {
		"tcp_cork tcp_keepcnt tcp_keepidle tcp_keepintvl tcp_linger2 tcp_maxseg tcp_md5sig tcp_nodelay tcp_syncnt " +
			"tcp_window_clamp", "",
	},
	"udp": {"udp_cork", ""},
}

// referenceSymbols are the values of socket options that have names. The manual also has "default" for ip_tos.dscp, on
// which danted aborts.
var referenceSymbols = map[string]string{
	"ip_tos.tos":  "lowdelay throughput reliability",
	"ip_tos.prec": "netcontrol internetcontrol critic_ecp flashoverride flash immediate priority routine",
	"ip_tos.dscp": "af11 af12 af13 af21 af22 af23 af31 af32 af33 af41 af42 af43 cs0 cs1 cs2 cs3 cs4 cs5 cs6 cs7 ef",
}

const (
	referenceBlocks     = "client hostid socks route monitor pass block"
	referenceProcesses  = "mother monitor negotiate request io"
	referenceLevels     = "emerg alert crit err warning notice info debug"
	referenceFacilities = "auth authpriv daemon user local0 local1 local2 local3 local4 local5 local6 local7"
)

// fields gives the lines of a list, without comments.
func fields(list string) [][]string {
	var all [][]string
	for line := range strings.Lines(list) {
		if f := strings.Fields(line); len(f) > 0 && f[0] != "#" {
			all = append(all, f)
		}
	}
	return all
}

// scopes reads letters.
func scopes(letters string) Scope {
	var s Scope
	for _, letter := range letters {
		s |= 1 << strings.IndexRune("GCHSRM", letter)
	}
	return s
}

// texts gives words as the reference writes them, sorted.
func texts(words []Word) string {
	var all []string
	for _, w := range words {
		text := w.Text
		if w.Since != "" {
			text += "@" + w.Since
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func sorted(list string) string {
	all := strings.Fields(list)
	slices.Sort(all)
	return strings.Join(all, " ")
}

// The table has every keyword, word and spelling that Dante knows, where Dante knows it, and no other.
func TestTableIsTheReference(t *testing.T) {
	known := map[string]bool{}
	words := 0
	for _, f := range fields(reference) {
		// Names can have two words.
		at := 1
		if f[1] == "to" || f[1] == "from" {
			f[0], at = f[0]+" "+f[1], 2
		}
		name, since, _ := strings.Cut(f[0], "@")
		known[name] = true
		r, ok := Named(name)
		if !ok {
			t.Errorf("%s: no row", name)
			continue
		}
		if where := scopes(f[at]); r.Where != where {
			t.Errorf("%s may stand in: %s; the row says: %s", name, where, r.Where)
		}
		if r.Since != since {
			t.Errorf("%s: came with release %q, the row says %q", name, since, r.Since)
		}
		want := strings.ReplaceAll(strings.Join(f[at+1:], " "), "METHODS", referenceMethods)
		if got := texts(r.Words); got != sorted(want) {
			t.Errorf("%s: the words are %q, the row has %q", name, sorted(want), got)
		}
		words += len(r.Words)
	}
	for _, r := range All() {
		if !known[r.Name] {
			t.Errorf("%s: Dante knows no such keyword", r.Name)
		}
	}
	spellings := compareSpellings(t)
	for name, lists := range map[string][2]string{
		"processes":  {referenceProcesses, texts(Processes())},
		"levels":     {referenceLevels, texts(Levels())},
		"facilities": {referenceFacilities, texts(Facilities())},
	} {
		if sorted(lists[0]) != lists[1] {
			t.Errorf("the %s are %q, the table has %q", name, sorted(lists[0]), lists[1])
		}
		words += len(strings.Fields(lists[0]))
	}
	var blocks []string
	for _, b := range Blocks() {
		blocks = append(blocks, b.Name)
	}
	if got := strings.Join(append(blocks, OldSocksBlocks...), " "); got != referenceBlocks {
		t.Errorf("rules, routes and monitors begin with %q, the table has %q", referenceBlocks, got)
	}
	options, symbols := compareOptions(t)
	t.Logf("%d keywords, %d old spellings of them, %d words, %d socket options with %d symbols",
		len(known), spellings, words, options, symbols)
}

func compareSpellings(t *testing.T) int {
	t.Helper()
	want := map[string]bool{}
	for _, f := range fields(referenceSpellings) {
		want[strings.Join(f, " ")] = true
	}
	got := map[string]bool{}
	for _, r := range All() {
		for _, s := range r.Old {
			where := s.Where
			if where == 0 {
				where = r.Where
			}
			letters := ""
			for _, one := range where.Each() {
				letters += letterOf(one)
			}
			fate := "silent"
			if s.Fate == Renamed {
				fate = "warning"
			}
			got[s.Text+" "+r.Name+" "+letters+" "+fate] = true
		}
	}
	for line := range want {
		if !got[line] {
			t.Errorf("no row has the old spelling %q", line)
		}
	}
	for line := range got {
		if !want[line] {
			t.Errorf("Dante knows no old spelling %q", line)
		}
	}
	return len(got)
}

func letterOf(s Scope) string {
	for _, letter := range "GCHSRM" {
		if scopes(string(letter)) == s {
			return string(letter)
		}
	}
	return "?"
}

func compareOptions(t *testing.T) (options, symbols int) {
	t.Helper()
	known := map[string]bool{}
	for level, lists := range referenceOptions {
		for settable, list := range map[bool]string{true: lists.settable, false: lists.known} {
			for _, name := range strings.Fields(list) {
				known[name] = true
				o, ok := SocketOptByName(name)
				if !ok || o.Level != level || o.Settable != settable {
					t.Errorf("%s: level %s, settable %v; the table has %+v", name, level, settable, o)
				}
				values := slices.Clone(o.Symbols)
				slices.Sort(values)
				if got := strings.Join(values, " "); got != sorted(referenceSymbols[name]) {
					t.Errorf("%s: the symbols are %q, the table has %q", name, sorted(referenceSymbols[name]), got)
				}
				symbols += len(values)
			}
		}
	}
	for _, name := range SocketOptNames() {
		if !known[name] {
			t.Errorf("%s: Dante knows no such socket option", name)
		}
	}
	levels := texts(SocketLevels())
	if levels != "ip socket tcp udp" {
		t.Errorf("the levels are %q", levels)
	}
	return len(known), symbols
}
