package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// asProgram makes the test binary the program itself.
const asProgram = "RUSTSOCKS_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const head = `logoutput: stderr
internal: 127.0.0.1 port = 11080
external: 127.0.0.1
user.unprivileged: nobody
socksmethod: none
`

// rules let the clients of this machine and of elsewhere connect.
const rules = `
client pass {
    from: 127.0.0.0/8 to: 0.0.0.0/0
}

socks pass {
    from: 127.0.0.0/8 to: 0.0.0.0/0
}
`

const good = head + rules

// elsewhere is for the machine of facts.
const elsewhere = `logoutput: stderr
internal: eth7 port = 1080
external: gateway.example
user.unprivileged: socks-user
socksmethod: none
` + rules

const facts = `{
  "interfaces": {"eth7": {"exists": true, "addrs": ["198.51.100.7/24"]}},
  "locals": {"198.51.100.7": true},
  "users": {"socks-user": {"exists": true, "uid": 1234, "gid": 1234}, "nobody": {"exists": true, "uid": 65534, "gid": 65534}},
  "hosts": {"gateway.example": {"addrs": ["198.51.100.7"]}},
  "binds": {"198.51.100.7": ""},
  "root": true, "uid": 0, "gid": 0, "cpus": 4, "complete": true
}`

const wrong = `bad.conf:6:1: error: syntax error near "timout.io": unknown keyword [unknown-keyword]
    timout.io: 5
    ^^^^^^^^^
hint: did you mean "timeout.io"?
`

func TestProgram(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"good.conf": good, "bad.conf": head + "timout.io: 5\n" + rules,
		"notyet.conf": good + "monitor { from: 0/0 to: 0/0\n alarm.data: 1 in 60\n}\n",
		"closed.conf": head, "elsewhere.conf": elsewhere, "facts.json": facts,
		"untidy.conf": strings.ReplaceAll(good, "external: ", " external:   "),
		"old.conf":    strings.ReplaceAll(good, "socksmethod", "method"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		args           string
		status         int
		stdout, stderr string // must be in it; "=" before it: must be it
	}{
		"good file":              {"check good.conf", 0, "=", "="},
		"bad file":               {"check bad.conf", 1, "=" + wrong, "="},
		"good file, JSON":        {"check --json good.conf", 0, "=[]\n", "="},
		"bad file, JSON":         {"check bad.conf --json", 1, `"code": "unknown-keyword"`, "="},
		"not yet":                {"check notyet.conf", 0, "warning: \"monitor\" is not supported yet", "="},
		"lint":                   {"check closed.conf", 0, "no client-rule lets anybody pass", "="},
		"lint, strict":           {"check --strict closed.conf", 1, "no client-rule lets anybody pass", "="},
		"warnings, strict":       {"check --strict notyet.conf", 1, "monitor", "="},
		"no warnings, strict":    {"check --strict good.conf", 0, "=", "="},
		"no file":                {"check", 2, "=", "one FILE expected"},
		"missing file":           {"check missing.conf", 2, "=", "missing.conf"},
		"two files":              {"check good.conf bad.conf", 2, "=", "one FILE expected"},
		"standard input":         {"check -", 1, "stdin: error: config file stdin is empty", "="},
		"not of this machine":    {"check elsewhere.conf", 1, "no-such-user", "="},
		"of no machine":          {"check elsewhere.conf --offline", 0, "=", "="},
		"of another machine":     {"check --host-facts facts.json elsewhere.conf", 0, "=", "="},
		"not of another machine": {"check --host-facts facts.json good.conf", 1, "cannot bind external address", "="},
		"broken facts":           {"check --host-facts good.conf good.conf", 2, "=", "holds no host facts"},
		"missing facts":          {"check --host-facts missing.json good.conf", 2, "=", "missing.json"},
		"facts offline":          {"check --offline --host-facts facts.json good.conf", 2, "=", "exclude each other"},
		"this machine's facts":   {"host-facts localhost", 0, `"complete": true`, "="},

		"show":                    {"show-config good.conf", 0, "internal: 127.0.0.1 port = 11080  # good.conf:2\n", "="},
		"show, all":               {"show-config good.conf --all", 0, "timeout.connect: 30 ", "="},
		"show, JSON":              {"show-config --json good.conf", 0, `"position"`, "="},
		"show a bad file":         {"show-config bad.conf", 1, "=", wrong},
		"show for elsewhere":      {"show-config elsewhere.conf --host-facts facts.json", 0, "external: 198.51.100.7", "="},
		"format":                  {"fmt good.conf", 0, "=" + good, "="},
		"format an untidy file":   {"fmt untidy.conf", 0, "=" + good, "="},
		"format, check":           {"fmt --check untidy.conf", 1, "=", "="},
		"format, nothing to do":   {"fmt --check --diff good.conf", 0, "=", "="},
		"format, diff":            {"fmt --diff untidy.conf", 1, "\n- external:   127.0.0.1\n+external: 127.0.0.1\n", "="},
		"format a bad file":       {"fmt bad.conf", 1, "=", wrong},
		"format an old file":      {"fmt old.conf", 0, "method: none", "="},
		"upgrade an old file":     {"fmt --upgrade old.conf", 0, "socksmethod: none\n", "old.conf:5"},
		"explain":                 {"explain good.conf --client 127.0.0.1:4000 --to 127.0.0.1:80", 0, "egress       127.0.0.1", "="},
		"explain a block":         {"explain good.conf --client 10.0.0.1:4000 --to 127.0.0.1:80", 1, "verdict      block", "="},
		"explain a name":          {"explain good.conf --client 127.0.0.1:4000 --to h:80 --resolve h=10.0.0.2,10.0.0.3", 0, "10.0.0.2, 10.0.0.3", "="},
		"explain, JSON":           {"explain --json good.conf --client 127.0.0.1:4000 --to 127.0.0.1:80", 0, `"verdict": "pass"`, "="},
		"explain for elsewhere":   {"explain --offline elsewhere.conf --client 127.0.0.1:4000 --to 127.0.0.1:80", 0, "192.0.2.1:1080", "="},
		"explain without client":  {"explain good.conf --to 127.0.0.1:80", 2, "=", "client"},
		"explain a bad target":    {"explain good.conf --client 127.0.0.1:4000 --to 127.0.0.1:99999", 2, "=", "99999"},
		"explain a bad file":      {"explain bad.conf --client 127.0.0.1:4000 --to 127.0.0.1:80", 2, "=", "timout.io"},
		"keywords":                {"keywords", 0, "udp.portrange", "="},
		"keyword":                 {"keywords session.max", 0, "session.max: N", "="},
		"keywords, JSON":          {"keywords --json", 0, `"name": "realm"`, "="},
		"unknown keyword":         {"keywords sesion.max", 2, "=", "session.max"},
		"version":                 {"--version", 0, "rustsocks version", "="},
		"unknown flag":            {"check --frobnicate good.conf", 2, "=", "frobnicate"},
		"unknown command":         {"frobnicate", 2, "", "there is no command \"frobnicate\""},
		"help names the commands": {"--help", 0, "check a sockd.conf", "="},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(os.Args[0], strings.Fields(c.args)...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), asProgram+"=1")
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err := cmd.Run()
			var exit *exec.ExitError
			if err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if got := cmd.ProcessState.ExitCode(); got != c.status {
				t.Errorf("exit status %d, want %d", got, c.status)
			}
			for what, got := range map[string][2]string{"stdout": {stdout.String(), c.stdout}, "stderr": {stderr.String(), c.stderr}} {
				if want, exact := strings.CutPrefix(got[1], "="); exact && got[0] != want || !strings.Contains(got[0], want) {
					t.Errorf("%s: got %q, want %q", what, got[0], got[1])
				}
			}
		})
	}
}

// Writing a file back keeps its mode and a link to it.
func TestFormatWrites(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "sockd.conf"), filepath.Join(dir, "link.conf")
	if err := os.WriteFile(file, []byte(" "+good), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "fmt", "--write", link)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(file)
	if err != nil || string(text) != good {
		t.Errorf("%v: %q", err, text)
	}
	if info, err := os.Lstat(file); err != nil || info.Mode() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info.Mode(), err)
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != 2 {
		t.Errorf("files left: %v, %v", all, err)
	}
}
