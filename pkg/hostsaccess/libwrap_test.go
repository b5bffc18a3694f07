package hostsaccess

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/acl"
)

var (
	cases = flag.Int("cases", 1_500, "random access files to ask libwrap about")
	seed  = flag.Uint64("seed", 1, "seed of the random access files")
)

// libwrap is a process that asks libwrap itself.
type libwrap struct {
	in      io.Writer
	answers *bufio.Scanner
}

func startLibwrap(t *testing.T) *libwrap {
	t.Helper()
	program := filepath.Join(t.TempDir(), "libwrap")
	if out, err := exec.Command("gcc", "-O1", "-o", program, "testdata/libwrap.c", "-lwrap").CombinedOutput(); err != nil {
		reason := fmt.Sprintf("libwrap cannot be asked without gcc and Debian's libwrap0-dev: %v\n%s", err, out)
		if os.Getenv("RUSTSOCKS_REQUIRE_ORACLE") == "1" {
			t.Fatal(reason)
		}
		t.Skip(reason)
	}
	cmd := exec.Command(program)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	return &libwrap{in, bufio.NewScanner(out)}
}

// who is a client and where it connects to.
type who struct {
	daemon, clientName, serverName string
	client, server                 netip.AddrPort
}

// ask asks for many at once, which saves the two processes waiting for one another.
func (l *libwrap) ask(t *testing.T, questions []question) (allows []bool) {
	t.Helper()
	go func() {
		var b strings.Builder
		for _, q := range questions {
			fmt.Fprintln(&b, strings.Join([]string{
				q.allow, q.deny, q.daemon, q.clientName, q.client.Addr().String(), fmt.Sprint(q.client.Port()), q.serverName,
				q.server.Addr().String(), fmt.Sprint(q.server.Port()),
			}, "\t"))
		}
		io.WriteString(l.in, b.String()) // a failure shows when there is no answer
	}()
	for range questions {
		if !l.answers.Scan() {
			t.Fatal("libwrap died")
		}
		allows = append(allows, l.answers.Text() == "1")
	}
	return allows
}

// question is one about access files on the disk, and what ours says.
type question struct {
	who
	number      int
	allow, deny string
	ours        Decision
	set         *Set
}

// ours decides the same, and is told names only when it asks.
func ours(t *testing.T, s *Set, w who) Decision {
	t.Helper()
	c := Connection{Daemon: w.daemon, Client: w.client, Server: w.server, Known: map[acl.Question]acl.Answer{}}
	for range 3 {
		d := s.Decide(c)
		if len(d.Ask) == 0 {
			return d
		}
		for _, q := range d.Ask {
			name := w.clientName
			if q.IP == w.server.Addr() {
				name = w.serverName
			}
			if name == unknown {
				name = ""
			}
			c.Known[q] = acl.Answer{Name: name}
		}
	}
	t.Fatalf("asks for ever: %+v", s.Decide(c).Ask)
	return Decision{}
}

func one[T any](r *rand.Rand, all ...T) T { return all[r.IntN(len(all))] }

var (
	clientAddrs = []string{
		"127.0.0.1", "127.0.0.9", "10.0.0.1", "10.1.2.3", "192.168.100.7", "::1", "2001:db8::1", "2001:db8:8000::7",
	}
	hostNames = []string{"unknown", "unknown", "host", "a.example", "b.example", "sub.a.example", "A.Example", "10.0.0.1", "x-y.test"}
)

func randomWho(r *rand.Rand) who {
	return who{
		daemon: one(r, "danted", "danted", "sockd"), clientName: one(r, hostNames...), serverName: one(r, hostNames...),
		client: netip.AddrPortFrom(netip.MustParseAddr(one(r, clientAddrs...)), 40000),
		server: netip.AddrPortFrom(netip.MustParseAddr(one(r, "127.0.0.2", "10.0.0.254", "2001:db8::2")), one(r, uint16(1080), 1081)),
	}
}

func randomHost(r *rand.Rand, files []string) string {
	switch r.IntN(16) {
	case 0, 1:
		return one(r, "ALL", "all", "LOCAL", "KNOWN", "UNKNOWN", "Unknown", "PARANOID")
	case 2, 3:
		a := one(r, clientAddrs...)
		if strings.Contains(a, ":") {
			return "[" + a + "]"
		}
		return a
	case 4, 5:
		return one(r, hostNames[2:]...)
	case 6:
		return one(r, ".example", ".a.example", ".EXAMPLE", "a.", "10.", "10.1.", "127.0.", "192.168.1", ".1", "2001.", "host.", ".", "..")
	case 7, 8:
		return one(r, "127.0.0.0", "10.0.0.0", "10.1.0.0", "0.0.0.0", "192.168.100.0", "10.0.0.1", "012.0.0.0", "0xa.0.0.0", "300.1.1.1",
			"10.0.0", "10.0.0.0.0", "255.255.255.255", "host", "10..0.0", "") + "/" +
			one(r, "8", "16", "24", "32", "1", "0", "33", "31", "08", "8x", "x", "-1", "+8", "", "255.0.0.0", "255.255.255.0",
				"255.255.255.255", "255.0.255.0", "0.0.0.0", "0377.0.0.0", "255.0.0", "128.0.0.0", "0xff.0.0.0")
	case 9, 10:
		return "[" + one(r, "::1", "2001:db8::", "2001:db8:8000::", "::", "2001:DB8::1", "::ffff:10.0.0.1", "10.0.0.1", "x", "::1%lo", "") + "]" +
			one(r, "", "/", "/0", "/1", "/32", "/33", "/64", "/128", "/129", "/32x", "/-1", "/+32", "x", ".", "/10.0.0.0")
	case 11:
		return one(r, "*", "**", "10.*", "127.0.0.?", "?.example", "*.example", "*.EXAMPLE", "*a*", "h?st", "host*", "host**", "*host", "2001*",
			"*:*", "??", "*.*.*", "*?1", "?*", "**1", "*.", ".*", "unk*", "a**e", "host***")
	case 12:
		if len(files) > 0 {
			return one(r, files...)
		}
	case 13:
		return one(r, "/nosuch/file", "@", "a@b", "KNOWN@ALL", "UNKNOWN@ALL", "ALL@10.0.0.1", "ALL@ALL", "bob@ALL", "u*@.example", "a@b@c",
			"unknown@ALL", "ALL@", "[::1]@ALL", "ALL@[::1]", ".known@ALL", "*@ALL", "unknow?@ALL")
	}
	return one(r, "ALL", "127.0.0.1", "host", "10.", ".example")
}

func randomDaemon(r *rand.Rand) string {
	d := one(r, "ALL", "ALL", "danted", "danted", "danted", "sockd", "Danted", "sshd", "1080", "1081", "01080", "+1080", "1080x", "dan*", "*ed",
		"danted?", ".ted", "dan.", "KNOWN", "UNKNOWN", "LOCAL", "/danted", "@danted", "[danted]", "0", "66616")
	if r.IntN(5) == 0 {
		d += "@" + randomHost(r, nil)
	}
	return d
}

func randomList(r *rand.Rand, item func() string) string {
	var b strings.Builder
	for n := 1 + r.IntN(4); n > 0; n-- {
		b.WriteString(item())
		b.WriteString(one(r, " ", " ", ", ", ",", "\t", " ,, "))
		if r.IntN(5) == 0 {
			b.WriteString(one(r, "EXCEPT", "EXCEPT", "except") + " ")
		}
	}
	return b.String()
}

// commands that would be run are left out: what comes of them is ours to say.
func randomOptions(r *rand.Rand) string {
	var b strings.Builder
	for n := 1 + r.IntN(3); n > 0; n-- {
		b.WriteString(one(r, ":", " : ", ": "))
		b.WriteString(one(r, "allow", "allow", "allow", "deny", "ALLOW", "DENY", " deny ", "allow x", "keepalive", "keepalive 1", "linger 5", "linger", "linger -1",
			"linger 99999999999", "nice", "nice 1", "nice x", "umask 022", "umask 999", "umask 1777", "umask -1", "umask 0x7", "severity info",
			"severity mail.info", "severity info.mail", "severity MAIL.INFO", "setenv A b", "setenv A=b", "setenv A", "setenv A =b",
			"setenv = b", "rfc931", "rfc931 5", "rfc931 0", "rfc931 5x", "banners /nosuch", "banners", "banners=/nosuch", "banners = /nosuch",
			"foo", "", " ", "allow\\:x", "setenv A b\\:c", "setenv\tA\tb", "=", "allow=", "deny = x", "linger=3", "linger==3", "twist true"))
	}
	return b.String()
}

func randomTable(r *rand.Rand, files []string) string {
	var b strings.Builder
	for n := r.IntN(5); n > 0; n-- {
		switch r.IntN(24) {
		case 0:
			b.WriteString(one(r, "# comment", "  # ALL: ALL", "#", "", "  ", "\t", "#ALL: ALL\\", "no colon", ":", ": ALL", "ALL:", "ALL : : allow", "::"))
		case 1:
			b.WriteString("ALL: " + strings.Repeat("x", 2030+r.IntN(20)))
		default:
			line := randomList(r, func() string { return randomDaemon(r) }) + ":" + randomList(r, func() string { return randomHost(r, files) })
			if r.IntN(5) == 0 {
				line += randomOptions(r)
			}
			if r.IntN(10) == 0 {
				at := r.IntN(len(line))
				line = line[:at] + one(r, "\\\n", "\\\n", "\\", "#", "\r", "[", "]", "@", ":", "/") + line[at:]
			}
			b.WriteString(line)
		}
		b.WriteString(one(r, "\n", "\n", "\n", "\n", "\n", "\n", "\n", "\n", "\n", " \n", "\r\n", "\n\n", "\\\n"))
	}
	if r.IntN(30) == 0 {
		b.WriteString("ALL: ALL")
	}
	return b.String()
}

// Whatever the files say, we decide as libwrap does.
func TestDecidesAsLibwrapDoes(t *testing.T) {
	l := startLibwrap(t)
	dir := t.TempDir()
	counts := map[string]int{}
	const together = 250
	for first := 0; first < *cases; first += together {
		var questions []question
		for i := first; i < min(first+together, *cases); i++ {
			questions = append(questions, ask(t, rand.New(rand.NewPCG(*seed, uint64(i))), i, dir, counts)...)
		}
		for i, want := range l.ask(t, questions) {
			q := questions[i]
			counts[fmt.Sprintf("allowed %v by %s", want, strings.Fields(q.ours.By + " nobody")[0])]++
			if q.ours.Allowed != want {
				allow, _ := os.ReadFile(q.allow)
				deny, _ := os.ReadFile(q.deny)
				t.Fatalf("seed %d, case %d: libwrap says %v, ours %v by %q (%s)\n%+v\n--- allow\n%s--- deny\n%s--- problems %v %v",
					*seed, q.number, want, q.ours.Allowed, q.ours.By, q.ours.Why, q.who, allow, deny, q.set.Allow.Problems, q.set.Deny.Problems)
			}
		}
	}
	t.Log(counts)
	for _, outcome := range []string{"allowed true by allow,", "allowed false by allow,", "allowed true by deny,", "allowed false by deny,", "allowed true by nobody"} {
		if counts[outcome] < *cases/500 {
			t.Errorf("only %d of %q: the test looks at too little", counts[outcome], outcome)
		}
	}
}

// ask makes access files and asks about some clients. What ours cannot know is not asked.
func ask(t *testing.T, r *rand.Rand, number int, dir string, counts map[string]int) (questions []question) {
	t.Helper()
	write := func(name, text string) string {
		path := filepath.Join(dir, fmt.Sprint(number%250, name))
		os.Remove(path) // a file that is made shorter is written to the disk at once
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	s := &Set{Hosts: map[string]*Hosts{}}
	var files []string
	for n := range r.IntN(3) {
		var text string
		for range r.IntN(4) {
			text += randomHost(r, files) + one(r, " ", "\n", "\t", "  \n")
		}
		files = append(files, write(fmt.Sprint("hosts", n), text))
	}
	allow, deny := randomTable(r, files), randomTable(r, files)
	s.Allow, s.Deny = Parse("allow", []byte(allow)), Parse("deny", []byte(deny))
	for named := s.Named(); len(named) > 0; named = s.Named() {
		for _, path := range named {
			text, _ := os.ReadFile(path)
			s.Hosts[path] = ParseHosts(text)
		}
	}
	allowFile, denyFile := write("allow", allow), write("deny", deny)
	for range 3 {
		q := question{who: randomWho(r), number: number, allow: allowFile, deny: denyFile, set: s}
		if q.ours = ours(t, s, q.who); strings.HasPrefix(q.ours.Why, "netgroups") {
			counts["netgroup"]++
			continue
		}
		questions = append(questions, q)
	}
	return questions
}
