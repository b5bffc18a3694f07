package monitor

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

func TestFlags(t *testing.T) {
	one, two := 1, 2
	base := defaults("/usr/sbin/danted")
	for _, v := range []struct {
		args string
		want func(*options)
	}{
		{"", func(*options) {}},
		{"-D -n -V -v", func(o *options) { o.daemon, o.keepAlive, o.verify, o.versions = true, false, true, 1 }},
		{"-DnVvv", func(o *options) { o.daemon, o.keepAlive, o.verify, o.versions = true, false, true, 2 }},
		{"-f x -p y -d 1 -N 2", func(o *options) { o.config, o.pidFile, o.debug, o.servers = "x", "y", &one, 2 }},
		{"-fx -py -d1 -N2", func(o *options) { o.config, o.pidFile, o.debug, o.servers = "x", "y", &one, 2 }},
		{"-Dfx", func(o *options) { o.daemon, o.config = true, "x" }},
		{"-Df x -Vd 2", func(o *options) { o.daemon, o.verify, o.config, o.debug = true, true, "x", &two }},
		{"-f -V", func(o *options) { o.config = "-V" }},
		{"-f x -f y", func(o *options) { o.config = "y" }},
		{"-V --", func(o *options) { o.verify = true }},
		{"-d +1", func(o *options) { o.debug = &one }},
		{"foo -v bar", func(o *options) { o.versions = 1 }},
	} {
		want := base
		v.want(&want)
		got, err := parseFlags(append([]string{"/usr/sbin/danted"}, strings.Fields(v.args)...))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, %v, want %+v", v.args, got, err, want)
		}
	}
}

func TestProgramNameDecidesDefaults(t *testing.T) {
	o := defaults("./sockd")
	if o.program != "sockd" || o.config != "/etc/sockd.conf" || o.pidFile != "/var/run/sockd.pid" {
		t.Errorf("sockd: %+v", o)
	}
	o = defaults("danted")
	if o.program != "danted" || o.config != "/etc/danted.conf" || o.pidFile != "/var/run/danted.pid" {
		t.Errorf("danted: %+v", o)
	}
}

// mistaken are command lines and what danted says about them: its last but one line without the prefix, or the first
// one when that is getopt's.
var mistaken = map[string]string{
	"-x":     "DANTED: invalid option -- 'x'",
	"-Vx":    "DANTED: invalid option -- 'x'",
	"-v -x":  "DANTED: invalid option -- 'x'",
	"--foo":  "DANTED: invalid option -- '-'",
	"-?":     "DANTED: invalid option -- '?'",
	"-:":     "DANTED: invalid option -- ':'",
	"-W foo": "DANTED: invalid option -- 'W'",
	"-f":     "DANTED: option requires an argument -- 'f'",
	"-Vd":    "DANTED: option requires an argument -- 'd'",
	"-N":     "DANTED: option requires an argument -- 'N'",
	"-d x":   "error: serverinit(): illegal value for -d option: x.  Must be a number and greater or equal to zero",
	"-d1x":   "error: serverinit(): illegal value for -d option: 1x.  Must be a number and greater or equal to zero",
	"-d -1":  "error: serverinit(): illegal value for -d option: -1.  Must be a number and greater or equal to zero",
	"-d 0x1": "error: serverinit(): illegal value for -d option: 0x1.  Must be a number and greater or equal to zero",
	"-d 1_0": "error: serverinit(): illegal value for -d option: 1_0.  Must be a number and greater or equal to zero",
	"-N 0":   "error: serverinit(): illegal value for -N option: 0.  Must be a number and greater or equal to one",
	"-N0 -v": "error: serverinit(): illegal value for -N option: 0.  Must be a number and greater or equal to one",
	"-Nx -h": "error: serverinit(): illegal value for -N option: x.  Must be a number and greater or equal to one",
	"foo":    "error: serverinit(): unknown argument foo",
	"-V foo": "error: serverinit(): unknown argument foo",
	"-V -":   "error: serverinit(): unknown argument -",
	"-- -V":  "error: serverinit(): unknown argument -V",
	"a -V b": "error: serverinit(): unknown argument a",
}

// complaint gives what a program says about a command line.
func complaint(stderr []byte, program string) string {
	lines := strings.Split(strings.TrimSpace(string(stderr)), "\n")
	if first := strings.TrimPrefix(lines[0], program); first != lines[0] {
		return "DANTED" + first
	}
	return prefix.ReplaceAllString(lines[max(0, len(lines)-2)], "")
}

// TestMistakenFlags compares with danted where it is installed, and with what it was seen to say everywhere.
func TestMistakenFlags(t *testing.T) {
	ours := filepath.Join(programs(t), "danted")
	for _, program := range []string{ours, "/usr/sbin/danted"} {
		if _, err := os.Stat(program); err != nil {
			t.Logf("no comparison with danted: %v", err)
			continue
		}
		for args, want := range mistaken {
			cmd := exec.Command(program, strings.Fields(args)...)
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err := cmd.Run()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 1 || stdout.Len() > 0 {
				t.Errorf("%s %s: %v, standard output %q", program, args, err, &stdout)
			}
			if got := complaint(stderr.Bytes(), program); got != want {
				t.Errorf("%s %s: got %q, want %q", program, args, got, want)
			}
		}
	}
}

// TestAlertAfterMistake has the odd count that danted prints after a bad -N.
func TestAlertAfterMistake(t *testing.T) {
	ours := filepath.Join(programs(t), "danted")
	for args, want := range map[string]string{"-N 0": "1/0", "-N x": "1/0", "-d x": "1/1", "-N 3 foo": "1/3", "-N -2": "1/-2"} {
		out, _ := exec.Command(ours, strings.Fields(args)...).CombinedOutput()
		if !strings.HasSuffix(string(out), "alert: mother["+want+"]: shutting down\n") {
			t.Errorf("%s: got %s", args, out)
		}
	}
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Fatalf("%s %s: %v\n%s", name, args, err, &stderr)
	}
	return string(out)
}

func TestInformation(t *testing.T) {
	dir := programs(t)
	ours := filepath.Join(dir, "danted")
	const version = "RustSocks v1.2.3, compatible with Dante v1.4.2\n"
	if got := output(t, ours, "-v"); got != version {
		t.Errorf("-v: got %q", got)
	}
	if got := output(t, ours, "-vV", "nonsense"); got != version {
		t.Errorf("-vV nonsense: got %q", got)
	}
	if got := output(t, ours, "-vv"); !strings.HasPrefix(got, version+"build: go") {
		t.Errorf("-vv: got %q", got)
	}
	licence := readFile(t, "../../LICENSE")
	if got := output(t, ours, "-L"); got != "danted: RustSocks v1.2.3\n"+licence {
		t.Errorf("-L: got %q", got)
	}
	help := output(t, ours, "-h")
	if got := output(t, ours, "-V", "-fnowhere", "-h", "-x"); got != help {
		t.Errorf("-h ends parsing; got %q", got)
	}
	if got := output(t, filepath.Join(dir, "sockd"), "-h"); got != strings.NewReplacer("danted", "sockd").Replace(help) {
		t.Errorf("as sockd: got %q", got)
	}
	if _, err := os.Stat("/usr/sbin/danted"); err != nil {
		t.Logf("no comparison with danted: %v", err)
		return
	}
	afterFirst := regexp.MustCompile(`(?s)^[^\n]*\n`)
	if got, want := afterFirst.ReplaceAllString(help, ""), afterFirst.ReplaceAllString(output(t, "/usr/sbin/danted", "-h"), ""); got != want {
		t.Errorf("-h: got\n%s\ndanted has\n%s", got, want)
	}
}

// FuzzFlags gives the command line anything; what is accepted must be possible.
func FuzzFlags(f *testing.F) {
	for _, args := range []string{"", "-Df x -d1", "-N 3 -- foo", "-vvh", "- -f", "-d \x00", "-N -9999999999999999999"} {
		f.Add(args)
	}
	f.Fuzz(func(t *testing.T, args string) {
		o, err := parseFlags(append([]string{"danted"}, strings.Split(args, " ")...))
		if err == nil && (o.servers < 1 || o.debug != nil && *o.debug < 0) {
			t.Errorf("%q: %+v", args, o)
		}
	})
}
