package show_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/danted"
	"github.com/rustsocks/rustsocks/danted/config"
	"github.com/rustsocks/rustsocks/danted/keyword/cases"
	"github.com/rustsocks/rustsocks/danted/show"
)

var update = flag.Bool("update", false, "rewrite the .shown, .all and .json files with what is shown now")

// machine has every user and host name, and the interfaces the corpus names. Nothing of it is looked up anywhere.
type machine struct{}

var interfaces = map[string][]netip.Prefix{
	"lo": {netip.MustParsePrefix("127.0.0.1/8"), netip.MustParsePrefix("::1/128")},
	"eth0": {
		netip.MustParsePrefix("192.0.2.10/24"), netip.MustParsePrefix("192.0.2.11/24"),
		netip.MustParsePrefix("fe80::1/64"), netip.MustParsePrefix("2001:db8::10/64"),
	},
	"eth1":  {netip.MustParsePrefix("203.0.113.1/24")},
	"four0": {netip.MustParsePrefix("198.51.100.1/24")},
	"bare0": {},
}

var services = map[string]uint16{
	"socks/tcp": 1080, "http/tcp": 80, "ssh/tcp": 22, "domain/tcp": 53, "domain/udp": 53, "udponly/udp": 4000,
	"split/tcp": 600, "split/udp": 601, "smtp/tcp": 25, "https/tcp": 443, "https/udp": 443, "ftp/tcp": 21,
}

func (machine) Interface(name string) ([]netip.Prefix, bool) {
	addrs, ok := interfaces[name]
	return addrs, ok
}
func (machine) Local(netip.Addr) bool { return true }

func (machine) User(name string) (uid, gid uint32, ok bool) {
	return uint32(len(name)), uint32(len(name)), !strings.HasPrefix(name, "no-such") && name != ""
}

func (machine) Service(name, proto string) (uint16, bool) {
	port, ok := services[name+"/"+proto]
	return port, ok
}

func (machine) Resolve(name string) ([]netip.Addr, error) {
	switch name {
	case "v4.example":
		return []netip.Addr{netip.MustParseAddr("192.0.2.10")}, nil
	case "nowhere.example":
		return nil, errors.New("Name or service not known")
	}
	return []netip.Addr{netip.MustParseAddr("192.0.2.10"), netip.MustParseAddr("2001:db8::10")}, nil
}

func (machine) Bindable(netip.Addr) error { return nil }
func (machine) Root() bool                { return true }
func (machine) Self() (uid, gid uint32)   { return 0, 0 }
func (machine) CPUs() int                 { return 2 }

// files gives all configurations there are.
func files(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{
		"testdata/*.conf", "../testdata/*.conf", "../testdata/*/*.conf",
		"../../compat-tests/corpus/good/*.conf", "../../compat-tests/corpus/old/*.conf",
		"../../compat-tests/corpus/real/*.conf", "../../packaging/examples/*.conf",
	} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	return all
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// load reads a configuration; c is nil when it is not one. The plan is its digest and all that is in it.
func load(name, text string, opt danted.Options) (c *config.Config, plan, said string) {
	c, list := danted.Check(name, []byte(text), machine{}, opt)
	if list.HasErrors() {
		return nil, "", list.Text()
	}
	p := danted.Compile(c)
	all, _ := json.MarshalIndent(p, "", " ") // as Digest does
	return c, p.Digest() + string(all), list.Text()
}

func shown(t *testing.T, c *config.Config, opt show.Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := show.Show(&b, c, opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// comment is the origin of a value, with the blanks before it.
var comment = regexp.MustCompile(`(?m) *# .*$`)

// What is shown loads to the same plan, and is shown in the same way again.
func TestShownIsTheSame(t *testing.T) {
	level := 2
	for name, opt := range map[string]danted.Options{"plain": {}, "debug": {Debug: &level}} {
		t.Run(name, func(t *testing.T) {
			try := func(name, text string) int {
				c, plan, _ := load("sockd.conf", text, opt)
				if c == nil {
					return 0
				}
				loadsBack(t, name, c, plan, show.Options{}, opt)
				loadsBack(t, name, c, plan, show.Options{All: true}, opt)
				return 1
			}
			inFiles, generated := 0, 0
			for _, file := range files(t) {
				inFiles += try(file, read(t, file))
			}
			for _, c := range cases.All() {
				generated += try(c.Name, c.Text)
			}
			t.Logf("%d files and %d generated configurations are accepted", inFiles, generated)
			if inFiles < 300 || generated < 2000 {
				t.Error("too few")
			}
		})
	}
}

func loadsBack(t *testing.T, file string, c *config.Config, plan string, how show.Options, opt danted.Options) {
	t.Helper()
	text := shown(t, c, how)
	again, got, said := load("shown.conf", text, opt)
	switch {
	case again == nil:
		t.Errorf("%s (%+v): what is shown is refused:\n%s\n%s", file, how, said, text)
	case got != plan:
		t.Errorf("%s (%+v): what is shown is another plan (-want +got):\n%s\n%s", file, how, cmp.Diff(plan, got), text)
	default:
		want, got := comment.ReplaceAllString(text, ""), comment.ReplaceAllString(shown(t, again, how), "")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (%+v): the second time it is something else (-want +got):\n%s", file, how, diff)
		}
	}
}

// Each .conf file of testdata is shown as the files beside it say.
func TestGolden(t *testing.T) {
	conf, err := filepath.Glob("testdata/*.conf")
	if err != nil || len(conf) == 0 {
		t.Fatalf("%d files, %v", len(conf), err)
	}
	for _, file := range conf {
		c, _, said := load(filepath.Base(file), read(t, file), danted.Options{})
		if c == nil {
			t.Fatalf("%s:\n%s", file, said)
		}
		same(t, file, ".shown", shown(t, c, show.Options{}))
		same(t, file, ".all", shown(t, c, show.Options{All: true}))
		if file == "testdata/typical.conf" {
			same(t, file, ".json", object(t, c, show.Options{}))
		}
	}
}

func same(t *testing.T, file, extension, got string) {
	t.Helper()
	golden := strings.TrimSuffix(file, ".conf") + extension
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(read(t, golden), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", golden, diff)
	}
}

func object(t *testing.T, c *config.Config, opt show.Options) string {
	t.Helper()
	b, err := show.JSON(c, opt)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
