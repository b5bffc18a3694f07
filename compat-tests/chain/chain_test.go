package chain

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

const roleChain = "chain"

func TestMain(m *testing.M) {
	sandbox.Main(m, map[string]sandbox.Role{roleChain: play})
}

// via is a route for everything.
func via(at netip.AddrPort, more string) string {
	return fmt.Sprintf("route { from: 0/0 to: 0/0 via: %s port = %d\n%s\n}\n", at.Addr(), at.Port(), more)
}

// requests are what is asked of every chain.
func requests() []Request {
	ip, closed := targetAt.Addr(), uint16(9)
	return []Request{
		{Host: ip, Port: 80},
		{Host: ip, Port: 80, Ver4: true},
		{Name: "three.test.example", Port: 80},
		{Name: "three.test.example", Port: 81}, // blocked by the far one
		{Host: ip, Port: 81, Ver4: true},
		{Host: ip, Port: closed},
		{Name: "three.test.example", Port: closed},
		{Name: "nosuch.invalid", Port: 80},
		{Name: "three.test.example", Port: 80},
	}
}

// TestChain has the real danted and ours on either side of the other.
func TestChain(t *testing.T) {
	oracle, ours := daemon.Oracle(t), daemon.Ours(t)
	for name, routes := range map[string]string{
		"any SOCKS": via(farAt, ""),
		"SOCKS5":    via(farAt, "proxyprotocol: socks_v5"),
		"HTTP":      via(webAt, "proxyprotocol: http_v1.0"),
	} {
		t.Run(name, func(t *testing.T) {
			// Routes that fail stay in use: the real danted counts in each of its processes.
			job := Job{Near: nearConfig("none", ""), Far: farConfig("none"), Requests: requests()}
			job.Near = strings.Replace(job.Near, "user.privileged", "route.maxfail: 0\nroute.badexpire: 0\nuser.privileged", 1) + routes
			want := run(t, oracle, oracle, job)
			if name == "SOCKS5" {
				if log := strings.Join(want[3].Far, "\n"); !strings.Contains(log, "three.test.example.81") {
					t.Errorf("the name is not handed on:\n%s", log)
				}
			}
			mixed := map[string][2]string{"ours, the real one": {ours, oracle}, "the real one, ours": {oracle, ours}}
			if name == "HTTP" { // the second is neither
				delete(mixed, "the real one, ours")
			}
			for who, programs := range mixed {
				got := run(t, programs[0], programs[1], job)
				for i := range want {
					if diff := cmp.Diff(want[i], got[i]); diff != "" {
						t.Errorf("%s, request %d: -real +seen\n%s", who, i, diff)
					}
				}
			}
		})
	}
}

func run(t *testing.T, first, second string, job Job) (all []Exchange) {
	t.Helper()
	box := sandbox.Start(t, roleChain, map[string]string{near: first, far: second}, job)
	for range job.Requests {
		var e Exchange
		if err := box.Next(&e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

// TestChainWithLogin has the far one want a password. Ours hands the client's on; the real danted has one of its own.
func TestChainWithLogin(t *testing.T) {
	oracle, ours := daemon.Oracle(t), daemon.Ours(t)
	job := Job{
		Near: nearConfig("username", via(farAt, "proxyprotocol: socks_v5\nmethod: username")), Far: farConfig("username"),
		Env: []string{"SOCKS_USERNAME=alice", "SOCKS_PASSWORD=wonderland"},
		Requests: []Request{
			{Name: "three.test.example", Port: 80, User: "alice", Pass: "wonderland"},
			{Name: "three.test.example", Port: 81, User: "alice", Pass: "wonderland"},
		},
	}
	want := run(t, oracle, oracle, job)
	if log := strings.Join(want[0].Far, "\n"); !strings.Contains(log, "username%alice@") {
		t.Fatalf("the real danted hands on no name:\n%s", log)
	}
	for who, programs := range map[string][2]string{
		"ours, the real one": {ours, oracle}, "the real one, ours": {oracle, ours},
	} {
		if diff := cmp.Diff(want, run(t, programs[0], programs[1], job)); diff != "" {
			t.Errorf("%s: -real +seen\n%s", who, diff)
		}
	}
	// Another client has another name, and ours hands on that.
	job.Requests = []Request{{Name: "three.test.example", Port: 80, User: "bob", Pass: "builder"}}
	got := run(t, ours, oracle, job)
	if log := strings.Join(got[0].Far, "\n"); !strings.Contains(log, "username%bob@") {
		t.Errorf("the client's own name is not handed on:\n%s", log)
	}
}

// TestDeadUpstream has a route lead nowhere: it is passed over after two failures, and tried again after a second.
func TestDeadUpstream(t *testing.T) {
	dead := netip.MustParseAddrPort("127.0.0.2:9")
	job := Job{
		Near: strings.Replace(nearConfig("none", via(dead, "proxyprotocol: socks_v5")+via(farAt, "proxyprotocol: socks_v5")),
			"user.privileged", "route.maxfail: 2\nroute.badexpire: 1\nuser.privileged", 1),
		Far: farConfig("none"), Requests: []Request{{Host: targetAt.Addr(), Port: 80}}, UntilTriedAgain: 2,
	}
	box := sandbox.Start(t, roleChain, map[string]string{near: daemon.Ours(t), far: daemon.Oracle(t)}, job)
	var all []Exchange
	for {
		var e Exchange
		if err := box.Next(&e); err != nil {
			break
		}
		all = append(all, e)
	}
	failed := func(e Exchange) bool { return strings.HasPrefix(e.Outcome[0], "reply: 05 05") }
	blacklists := func(e Exchange) bool {
		return slices.ContainsFunc(e.Near, func(line string) bool { return strings.Contains(line, "blacklisting route #1") })
	}
	if len(all) < 4 || !failed(all[0]) || !failed(all[1]) || !blacklists(all[1]) {
		t.Fatalf("%+v", all)
	}
	for i, e := range all[2 : len(all)-1] {
		if failed(e) {
			t.Errorf("request %d is sent to the dead one: %+v", i+2, e)
		}
	}
	if last := all[len(all)-1]; !failed(last) {
		t.Errorf("the dead one is not tried again: %+v", last)
	}
}
