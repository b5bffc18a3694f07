package hostfacts

import (
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNumericNames(t *testing.T) {
	// What the C library's resolver says.
	for name, want := range map[string]string{
		"127.1": "127.0.0.1", "127.0.1": "127.0.0.1", "1": "0.0.0.1", "0x7f.1": "127.0.0.1", "2130706433": "127.0.0.1",
		"127.0.01": "127.0.0.1", "0177.1": "127.0.0.1", "10.65535": "10.0.255.255",
		"10.16777216": "", "256": "0.0.1.0", "256.1": "", "1.2.3.4.5": "", "": "", "1.": "", "a": "", "1_0": "", "0b1": "", "-1": "",
		"08.1": "", "4294967296": "", "host.example": "",
	} {
		got, ok := numeric(name)
		if ok != (want != "") || ok && got.String() != want {
			t.Errorf("%q: got %v, %v, want %q", name, got, ok, want)
		}
	}
}

func TestServicesFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "services")
	text := "# comment\nssh 22/tcp # secure shell\ndomain\t53/tcp nameserver\ndomain 53/udp\nbroken\nworse x/tcp\nbig 70000/tcp\nssh 23/tcp\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	l := &Live{services: func() map[string]uint16 { return readServices(path) }}
	for key, want := range map[[2]string]uint16{
		{"ssh", "tcp"}: 22, {"domain", "udp"}: 53, {"nameserver", "tcp"}: 53,
		{"nameserver", "udp"}: 0, {"ssh", "udp"}: 0, {"broken", "tcp"}: 0, {"worse", "tcp"}: 0, {"big", "tcp"}: 0, {"#", "tcp"}: 0,
	} {
		if got, ok := l.Service(key[0], key[1]); got != want || ok != (want != 0) {
			t.Errorf("%v: got %d, %v, want %d", key, got, ok, want)
		}
	}
	if len(readServices(filepath.Join(t.TempDir(), "missing"))) != 0 {
		t.Error("services from a file that does not exist")
	}
}

func TestCountList(t *testing.T) {
	for list, want := range map[string]int{"0": 1, "0-3": 4, "0-3,8": 5, "0,2-3": 3, "": 0, "x": 0, "3-1": 0} {
		if got := countList(list); got != want {
			t.Errorf("%q: got %d, want %d", list, got, want)
		}
	}
}

func TestLive(t *testing.T) {
	l := NewLive()
	loopback := netip.MustParseAddr("127.0.0.1")
	addrs, ok := l.Interface("lo")
	if !ok || len(addrs) == 0 || addrs[0].Addr() != loopback {
		t.Errorf("lo: %v, %v", addrs, ok)
	}
	if _, ok := l.Interface("no-such-interface0"); ok {
		t.Error("an interface that does not exist")
	}
	if !l.Local(loopback) || l.Local(netip.MustParseAddr("203.0.113.1")) {
		t.Error("loopback is local and a documentation address is not")
	}
	if uid, gid, ok := l.User("root"); !ok || uid != 0 || gid != 0 {
		t.Errorf("root: %d, %d, %v", uid, gid, ok)
	}
	for _, name := range []string{"no-such-user", "0", ""} {
		if _, _, ok := l.User(name); ok {
			t.Errorf("there is a user %q", name)
		}
	}
	if err := l.Bindable(loopback); err != nil {
		t.Errorf("loopback: %v", err)
	}
	if err := l.Bindable(netip.MustParseAddr("203.0.113.1")); err == nil {
		t.Error("an address of another machine can be bound")
	}
	if err := l.Bindable(netip.MustParseAddr("fe80::1%no-such-interface0")); err == nil {
		t.Error("a zone that does not exist can be bound")
	}
	if got, err := l.Resolve("127.1"); err != nil || len(got) != 1 || got[0] != loopback {
		t.Errorf("127.1: %v, %v", got, err)
	}
	if got, err := l.Resolve("localhost"); err != nil || len(got) == 0 {
		t.Errorf("localhost: %v, %v", got, err)
	}
	uid, gid := l.Self()
	if uid != uint32(os.Geteuid()) || gid != uint32(os.Getegid()) || l.Root() != (uid == 0) {
		t.Error("it does not know who it is")
	}
	if l.CPUs() < 1 {
		t.Error("no processor")
	}
}

// A snapshot answers what was recorded, also behind its JSON form, and nothing else.
func TestSnapshot(t *testing.T) {
	r := NewRecorder(NewLive())
	loopback, other := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("203.0.113.1")
	r.Interface("lo")
	r.Local(loopback)
	r.User("root")
	r.User("no-such-user")
	r.Service("ssh", "tcp")
	r.Resolve("127.1")
	_ = r.Bindable(loopback)
	refused := r.Bindable(other)

	b, err := json.Marshal(r.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	var s Snapshot
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	var facts Facts = &s
	if addrs, ok := facts.Interface("lo"); !ok || len(addrs) == 0 {
		t.Errorf("lo: %v, %v", addrs, ok)
	}
	if !facts.Local(loopback) || facts.Local(other) {
		t.Error("local addresses were not kept")
	}
	if _, _, ok := facts.User("root"); !ok {
		t.Error("root was not kept")
	}
	if _, _, ok := facts.User("no-such-user"); ok {
		t.Error("a user came into being")
	}
	if addrs, err := facts.Resolve("127.1"); err != nil || len(addrs) != 1 {
		t.Errorf("127.1: %v, %v", addrs, err)
	}
	if _, err := facts.Resolve("localhost"); !errors.Is(err, ErrUnknown) {
		t.Errorf("a name that was not asked for: %v", err)
	}
	if err := facts.Bindable(loopback); err != nil {
		t.Error(err)
	}
	if err := facts.Bindable(other); err == nil || err.Error() != refused.Error() {
		t.Errorf("got %v, want %v", err, refused)
	}
	if err := facts.Bindable(netip.MustParseAddr("::1")); !errors.Is(err, ErrUnknown) {
		t.Errorf("an address that was not asked for: %v", err)
	}
	uid, gid := facts.Self()
	if live := NewLive(); facts.CPUs() != live.CPUs() || facts.Root() != live.Root() || uid != uint32(os.Geteuid()) || gid != uint32(os.Getegid()) {
		t.Error("the process's own facts were not kept")
	}
}

// What another machine is told of this one must be what this one says of itself.
func TestWhole(t *testing.T) {
	live := NewLive()
	b, err := json.Marshal(live.Whole("localhost", "no-such-host.invalid"))
	if err != nil {
		t.Fatal(err)
	}
	var s Snapshot
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	loopback, elsewhere := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("203.0.113.1")
	if addrs, ok := s.Interface("lo"); !ok || len(addrs) == 0 || addrs[0].Addr() != loopback {
		t.Errorf("lo: %v, %v", addrs, ok)
	}
	if _, ok := s.Interface("no-such-interface0"); ok {
		t.Error("an interface that does not exist")
	}
	if !s.Local(loopback) || s.Local(elsewhere) {
		t.Error("loopback is local and a documentation address is not")
	}
	if err := s.Bindable(loopback); err != nil {
		t.Errorf("loopback: %v", err)
	}
	if want, got := live.Bindable(elsewhere), s.Bindable(elsewhere); want == nil || got == nil || got.Error() != want.Error() {
		t.Errorf("an address of another machine: %v, the machine says %v", got, want)
	}
	uid, gid, ok := s.User("nobody")
	if u, g, known := live.User("nobody"); u != uid || g != gid || known != ok || !ok {
		t.Errorf("nobody: %d, %d, %v", uid, gid, ok)
	}
	if _, _, ok := s.User("no-such-user"); ok {
		t.Error("a user that does not exist")
	}
	for name := range live.services() {
		service, proto, _ := strings.Cut(name, "/")
		if port, ok := s.Service(service, proto); !ok || port != live.services()[name] {
			t.Errorf("%s: %d, %v", name, port, ok)
		}
	}
	if addrs, err := s.Resolve("localhost"); err != nil || len(addrs) == 0 {
		t.Errorf("localhost: %v, %v", addrs, err)
	}
	if _, err := s.Resolve("no-such-host.invalid"); err == nil || errors.Is(err, ErrUnknown) {
		t.Errorf("a name that was asked for: %v", err)
	}
	if _, err := s.Resolve("never-asked.example"); !errors.Is(err, ErrUnknown) {
		t.Errorf("a name nobody asked for: %v", err)
	}
	if uid, gid := s.Self(); !s.Root() || uid != 0 || gid != 0 {
		t.Error("a server is started as root")
	}
}

func TestOffline(t *testing.T) {
	o := NewOffline()
	for name, want := range map[string]bool{
		"lo": true, "eth0": true, "eth0.12": true, "eth0:1": true, "enp3s0": true, "eno1": true, "enx001122334455": true,
		"wlan0": true, "br-lan": true, "docker0": true, "vmbr1": true,
		"proxy": false, "localhost": false, "www.example.com": false, "enterprise": false, "eth0.example.com": false, "lo.example": false,
	} {
		if _, ok := o.Interface(name); ok != want {
			t.Errorf("%q is an interface: %v", name, ok)
		}
	}
	if addrs, err := o.Resolve("anything.example"); err != nil || len(addrs) != 2 {
		t.Errorf("a name: %v, %v", addrs, err)
	}
	if addrs, err := o.Resolve("127.1"); err != nil || len(addrs) != 1 || addrs[0].String() != "127.0.0.1" {
		t.Errorf("a number: %v, %v", addrs, err)
	}
	if uid, _, ok := o.User("root"); !ok || uid != 0 {
		t.Error("root is not root")
	}
	if uid, _, ok := o.User("somebody"); !ok || uid == 0 {
		t.Error("somebody is root or nobody")
	}
}
