package differential

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

// The files of libwrap in a sandbox.
const (
	systemAllow = "/etc/hosts.allow"
	systemDeny  = "/etc/hosts.deny"
	bannerDir   = sandbox.Dir + "/tmp/banners"
)

// hostsAccess has every client pass the access files of libwrap.
func (g *generator) hostsAccess() {
	g.line("user.libwrap: nobody")
	g.line("libwrap.hosts_access: yes")
	g.global = append(g.global, "libwrap.hosts_access")
	g.allowFile, g.denyFile = systemAllow, systemDeny
	if g.chance(40) {
		g.allowFile = sandbox.Dir + "/allow"
		g.line("libwrap.allow: %s", g.allowFile)
	}
	if g.chance(40) {
		g.denyFile = sandbox.Dir + "/deny"
		g.line("libwrap.deny: %s", g.denyFile)
	}
	g.files = map[string]string{}
	for range 1 + g.IntN(2) {
		g.files[g.hostsFile(len(g.files))] = strings.Join(some(g, "127.0.0.1\n", "10.\t", ".example ", "two.test.example\n", "[::1]\n", "/nosuch "), "")
	}
	g.bothFiles(g.files)
	if g.chance(10) {
		delete(g.files, g.denyFile)
	}
}

func (g *generator) hostsFile(number int) string {
	return fmt.Sprintf("%s/hosts%d", sandbox.Dir, number)
}

// bothFiles writes both files anew.
func (g *generator) bothFiles(files map[string]string) {
	files[g.allowFile], files[g.denyFile] = g.accessFile(2, nil), g.accessFile(4, g.hideous())
}

// hideous are lines that are wrong, which the end of a file mostly is not.
func (g *generator) hideous() []string {
	if g.chance(80) {
		return nil
	}
	return []string{"ALL ALL\n", "danted: 127.0.0.9: nonsense\n", "ALL: nosuch.invalid", "danted: 127.0.0.9: twist /bin/true\n"}
}

// accessFile is a file that lets some clients pass and others not.
func (g *generator) accessFile(lines int, more []string) string {
	var b strings.Builder
	for range g.IntN(lines + 1) {
		daemons := g.accessList(func() string {
			return pick(g, "ALL", "ALL", "danted", "danted", "Danted", "sockd", "1080", "1081", "dan*", "danted@127.0.0.1", "ALL@[::1]", "danted@.example")
		})
		clients := g.accessList(func() string {
			return pick(g, g.accessAddress, g.accessAddress, g.accessName, func() string {
				return pick(g, "LOCAL", "KNOWN", "UNKNOWN", "PARANOID", "ALL", "ALL@ALL", "UNKNOWN@ALL", g.hostsFile(0), g.hostsFile(1))
			})()
		})
		option := ""
		if g.chance(20) {
			option = pick(g, ": allow", ": deny", ":DENY", ": severity mail.info", ": umask 022 : allow", ": setenv A b", ": keepalive", ": linger 1: deny")
		}
		fmt.Fprintf(&b, "%s:%s%s\n", daemons, clients, option)
	}
	if len(more) > 0 {
		b.WriteString(pick(g, more...))
	}
	return b.String()
}

func (g *generator) accessAddress() string {
	client := pick(g, clients4...).String()
	part := strings.Split(client, ".")
	return pick(g, client, client, "127.", "127.0.0.", "127.0.0.0/8", client+"/32", "127.0.0.0/255.255.255.0", "127.*", "127.0.0.?",
		part[0]+"."+part[1]+".", "[::1]", "[2001:db8::]/32", "[::]/0")
}

func (g *generator) accessName() string {
	return pick(g, ".example", ".test.example", "localhost", "*.example", "two*", "nodot", "UPPER.test.example", "0x7f.0.0.3", ".3",
		pick(g, knownNames...))
}

// accessList is a list with an exception now and then.
func (g *generator) accessList(item func() string) string {
	list := []string{item()}
	for g.chance(30) {
		list = append(list, item())
	}
	if g.chance(20) {
		list = append(list, "EXCEPT", item())
	}
	return " " + strings.Join(list, pick(g, " ", ", ")) + " "
}

// libwrapLine is a libwrap line of a rule, mostly none. What sends something to the client is only tried in rules that
// block requests: elsewhere the rest of the conversation would be nonsense.
func (g *generator) libwrapLine(opener string, options []string) []string {
	if !g.chance(6) || slices.ContainsFunc(options, func(o string) bool { return strings.HasPrefix(o, "udp.") }) {
		return options
	}
	line := pick(g, "keepalive", "linger 1", "setenv A b", "umask 022", "severity mail.info", "nice 0", "nice 0 : keepalive")
	if opener == "block" || opener == "socks block" {
		g.setFile(bannerDir+"/danted", pick(g, "you are %h at %a\nwe are %s, that is %H at %A\n", "%d %n %N %% %R\n", "no newline", "\n\n", "%%h %x100%"))
		if opener != "block" {
			// With datagrams ours has none: row udp-banners.
			if slices.ContainsFunc(options, func(o string) bool {
				return strings.HasPrefix(o, "protocol: ") && o != "protocol: tcp" || strings.HasPrefix(o, "command: ")
			}) {
				return options
			}
			if !slices.Contains(options, "protocol: tcp") {
				options = append(options, "protocol: tcp")
			}
		}
		line = pick(g, "banners "+bannerDir, "banners="+bannerDir, "keepalive: banners "+bannerDir, "banners "+bannerDir+": banners "+bannerDir, "banners /nosuch")
	}
	return append(options, "libwrap: "+line)
}

func (g *generator) setFile(path, text string) {
	if g.files == nil {
		g.files = map[string]string{}
	}
	g.files[path] = text
}
