package manual

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"unicode"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/danted"
	"github.com/rustsocks/rustsocks/danted/config"
	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/lint"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
)

const top = "../.."

func TestGeneratedFilesAreFresh(t *testing.T) {
	files, err := Files(os.DirFS(top))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(top, name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the tables say: run make generate\n%s", name, cmp.Diff(string(got), string(want)))
		}
	}
	if link, err := os.Readlink(filepath.Join(top, "man/danted.conf.5")); link != filepath.Base(page) {
		t.Errorf("man/danted.conf.5 leads to %q (%v), want %s", link, err, filepath.Base(page))
	}
}

// Tables and prose that do not fit together must not become a page.
func TestFill(t *testing.T) {
	if _, err := fill(""); err == nil {
		t.Error("a page without any generated part was made")
	}
	prose, err := os.ReadFile(filepath.Join(top, template))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{`.\" insert nonsense`, `.\" insert global`} {
		if _, err := fill(string(prose) + line + "\n"); err == nil {
			t.Errorf("a page with the line %q too many was made", line)
		}
	}
	if _, err := Files(fstest.MapFS{}); err == nil {
		t.Error("a page without its prose was made")
	}
}

func mandoc(t *testing.T, args ...string) string {
	t.Helper()
	program, err := exec.LookPath("mandoc")
	if err != nil {
		t.Skip("mandoc is not installed; make deps does it")
	}
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatalf("mandoc %s: %v", args, err)
	}
	return string(out)
}

func TestPagesAreClean(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(top, "man/*.[1-9]"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, p := range pages {
		if out := mandoc(t, "-T", "lint", "-W", "warning", p); out != "" {
			t.Errorf("%s", out)
		}
	}
}

func TestLintCanFail(t *testing.T) {
	bad := filepath.Join(t.TempDir(), "bad.5")
	if err := os.WriteFile(bad, []byte(".Dd November 25, 2026\n.Dt BAD 5\n.Os\n.Sh NAME\n.Pp\n.Xx\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if mandoc(t, "-T", "lint", "-W", "warning", bad) == "" {
		t.Error("mandoc has nothing to say about a bad page")
	}
}

// Each keyword has an entry that begins with how it is written, and all of its words are there.
func TestPageShowsEveryKeyword(t *testing.T) {
	text := mandoc(t, "-T", "utf8", "-O", "width=200", filepath.Join(top, page))
	text = regexp.MustCompile(`.\x08`).ReplaceAllString(text, "")
	shown := map[string]bool{}
	for line := range strings.Lines(text) {
		shown[strings.TrimSpace(line)] = true
	}
	for _, r := range keyword.All() {
		if !shown[statement(r)] {
			t.Errorf("there is no entry %q", statement(r))
		}
		for _, s := range r.Old {
			if !strings.Contains(text, s.Text) {
				t.Errorf("%s: the old name %s is not shown", r.Name, s.Text)
			}
		}
	}
	words := [][]keyword.Word{methods(), keyword.Levels(), keyword.Facilities(), keyword.Processes()}
	for _, r := range keyword.All() {
		if r.Status != keyword.Refused {
			words = append(words, r.Words)
		}
	}
	for _, list := range words {
		for _, w := range list {
			if !regexp.MustCompile(`(?m)^ +` + regexp.QuoteMeta(w.Text) + `( |$)`).MatchString(text) {
				t.Errorf("the word %q is not shown", w.Text)
			}
		}
	}
	for _, name := range keyword.SocketOptNames() {
		if !strings.Contains(text, name) {
			t.Errorf("the socket option %s is not shown", name)
		}
	}
}

// What the page shows as a whole file is one that can be used.
func TestExamplesOfThePage(t *testing.T) {
	prose, err := os.ReadFile(filepath.Join(top, template))
	if err != nil {
		t.Fatal(err)
	}
	examples := regexp.MustCompile(`(?ms)^\.Bd -literal[^\n]*\n(.*?)^\.Ed$`).FindAllSubmatch(prose, -1)
	if len(examples) < 4 {
		t.Fatalf("%d examples found", len(examples))
	}
	for _, e := range examples {
		p, said := danted.Load("example", e[1], hostfacts.NewOffline(), danted.Options{})
		if p == nil {
			t.Errorf("%s\n%s", e[1], said.Text())
		}
		for _, d := range said {
			if d.Severity == diag.Warning && d.Code != "not-yet" {
				t.Errorf("%s\n%s", e[1], d.Text())
			}
		}
	}
}

func TestKeywordsAreExplained(t *testing.T) {
	sentence := func(of, text string) {
		first := summary(text)
		if n := len(first); n == 0 || n > 100 {
			t.Errorf("%s: the first sentence has %d characters, want 1 to 100: %q", of, n, first)
			return
		}
		if !unicode.IsUpper(rune(text[0])) && text[0] != '`' || !strings.HasSuffix(text, ".") {
			t.Errorf("%s: not in sentences: %q", of, text)
		}
		if strings.Count(text, "`")%2 != 0 {
			t.Errorf("%s: a backquote is missing: %q", of, text)
		}
	}
	words := func(of string, list []keyword.Word) {
		for _, w := range list {
			if w.Doc == "" {
				t.Errorf("%s: nobody knows what %q means", of, w.Text)
			}
		}
	}
	for _, r := range keyword.All() {
		sentence(r.Name, r.Doc)
		words(r.Name, r.Words)
	}
	words("log levels", keyword.Levels())
	words("facilities", keyword.Facilities())
	words("processes", keyword.Processes())
	words("socket levels", keyword.SocketLevels())
}

// Every code has a row of its own, whichever of the tables it is in.
func TestDiagnostics(t *testing.T) {
	text := diagnostics()
	codes := map[string]int{}
	for _, c := range config.Checks() {
		codes[c.Code]++
	}
	for _, c := range lint.Checks() {
		codes[c.Code]++
	}
	for code, n := range codes {
		if n != 1 || strings.Count(text, "| `"+code+"` |") != 1 {
			t.Errorf("%s: %d checks and %d rows", code, n, strings.Count(text, "| `"+code+"` |"))
		}
	}
	columns := 0
	for line := range strings.Lines(text + markdown()) {
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
		if columns != 0 && n != columns {
			t.Errorf("%d columns in a table of %d: %s", n-1, columns-1, line)
		}
		columns = n
	}
}

func TestEveryShapeHasAValue(t *testing.T) {
	shapes := keyword.Shapes()
	for _, s := range shapes {
		if _, ok := values[s]; !ok {
			t.Errorf("nobody knows how a value of shape %d is written", s)
		}
	}
	if len(values) != len(shapes) {
		t.Errorf("%d values for %d shapes", len(values), len(shapes))
	}
	for id, v := range ownValues {
		if r := keyword.Get(id); values[r.Shape] == v {
			t.Errorf("%s is written as all of its shape: take it out of ownValues", r.Name)
		}
	}
}

// form matches what a form allows to be written.
func form(text string) *regexp.Regexp {
	p := regexp.QuoteMeta(text)
	for _, x := range [][2]string{
		{` \[`, `(?: `},
		{`\[`, `(?:`},
		{`\]`, `)?`},
		{`\|`, `|`},
		{`SIDE`, `(?:in|ex)ternal`},
		{`DIRECTION`, `(?:recv|send)`},
	} {
		p = strings.ReplaceAll(p, x[0], x[1])
	}
	p = regexp.MustCompile(`[A-Z]{2,}`).ReplaceAllString(p, `[^ ]+?`)
	p = strings.ReplaceAll(p, ` \.\.\.`, `(?: [^ ]+)*`)
	if head, value, ok := strings.Cut(p, ": "); ok && strings.Contains(value, "|") {
		p = head + ": (?:" + value + ")"
	}
	return regexp.MustCompile("^" + p + "$")
}

// An example that cannot be written in the way the manual shows, or a form that lies, is noticed here.
func TestExamplesFitTheirForm(t *testing.T) {
	for _, r := range keyword.All() {
		if !form(statement(r)).MatchString(r.Example) {
			t.Errorf("%q is not of the form %q", r.Example, statement(r))
		}
	}
	for _, bad := range []struct{ form, example string }{
		{"a: NUMBER", "a: 1 2"},
		{"a: yes|no", "a: maybe"},
		{"a: BYTES in SECONDS", "a: 1 on 2"},
		{"[SIDE.]a", "middle.a"},
		{"a: ADDRESS[/BITS] [port OPERATOR PORT]", "a: 1 eq 2"},
	} {
		if form(bad.form).MatchString(bad.example) {
			t.Errorf("%q is said to be of the form %q", bad.example, bad.form)
		}
	}
}

func TestFind(t *testing.T) {
	for name, want := range map[string]string{
		"internal":                  "internal",
		"timeout.io:":               "timeout.io",
		"connecttimeout":            "timeout.connect",
		"method":                    "clientmethod socksmethod method",
		"cpu.mask.io":               "cpu.mask.PROC",
		"internal.tcp.tcp_nodelay":  "internal.LEVEL.OPTION",
		"external.log.info.error":   "external.log.LEVEL.error",
		"internal.alarm.data.recv":  "alarm.data",
		"alarm.data":                "alarm.data",
		"external.alarm.mtu-error":  "alarm.mtu-error",
		"internal.log.LEVEL.error":  "internal.log.LEVEL.error",
		"session.state.key":         "session.state.key",
		"socket.sendbuf.udp":        "socket.recvbuf.tcp",
		"alarm.disconnect":          "alarm.disconnect",
		"external.alarm.disconnect": "alarm.disconnect",
	} {
		rows, err := find(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := strings.Join(names(rows), " "); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"extrenal": `"external"`, "Internal": "small letters", "xyzzy": "lists all", "TimeoutIO": `"timeout.io"`, "": "lists all",
		"route": "begins a block",
	} {
		if _, err := find(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s in it", name, err, want)
		}
	}
}

func TestList(t *testing.T) {
	var b strings.Builder
	if err := List(&b); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	rows := keyword.All()
	if len(lines) != 1+len(rows) {
		t.Fatalf("%d lines for %d keywords", len(lines), len(rows))
	}
	column := strings.Index(lines[0], "MEANING")
	for i, r := range rows {
		line := lines[i+1]
		if !strings.HasPrefix(line, r.Name+" ") || line[column:] != plain(summary(r.Doc)) {
			t.Errorf("%s: %q", r.Name, line)
		}
	}
}

func TestShow(t *testing.T) {
	var b strings.Builder
	if err := Show(&b, "external.rotation", "iotimeout"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"external.rotation: WORD\n    Which of several", "\n    none       the first one", "\n    Default   none\n",
		"\n\ntimeout.io: NUMBER\n", "\n    Old name  iotimeout, with a warning\n", "\n    Example   timeout.io: 30\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, b.String())
		}
	}
	for line := range strings.Lines(b.String()) {
		if len(line) > textWidth+1 {
			t.Errorf("the line is too long: %s", line)
		}
	}
	b.Reset()
	if err := Show(&b, "internal", "nonsense"); err == nil || b.Len() > 0 {
		t.Errorf("an unknown name: %v, %q", err, b.String())
	}
	if err := Show(io.Discard); err != nil {
		t.Error(err)
	}
}

// The names of the JSON form are an interface of programs that read it.
func TestJSON(t *testing.T) {
	b, err := JSON("session.inheritable")
	if err != nil {
		t.Fatal(err)
	}
	var got []map[string]any
	if err := json.Unmarshal(b, &got); err != nil || len(got) != 1 {
		t.Fatalf("%d entries, %v", len(got), err)
	}
	want := strings.Fields("name old_spellings where value words default status note since needs reload summary doc example")
	for _, key := range want {
		if _, ok := got[0][key]; !ok {
			t.Errorf("%s is missing", key)
		}
	}
	if len(got[0]) != len(want) {
		t.Errorf("%d members, want %d", len(got[0]), len(want))
	}
	words, _ := got[0]["words"].([]any)
	if len(words) != 2 {
		t.Fatalf("words: %v", words)
	}
	if w := words[0].(map[string]any); w["text"] != "yes" || w["doc"] == "" || w["status"] != "works" {
		t.Errorf("a word: %v", w)
	}
	all, err := JSON()
	if err != nil {
		t.Fatal(err)
	}
	var list []Entry
	if err := json.Unmarshal(all, &list); err != nil || len(list) != len(keyword.All()) {
		t.Errorf("%d entries, %v", len(list), err)
	}
	for _, e := range list {
		if strings.Contains(e.Doc, "`") {
			t.Errorf("%s: markup is left in %q", e.Name, e.Doc)
		}
	}
	if _, err := JSON("nonsense"); err == nil {
		t.Error("an unknown name was found")
	}
}

func TestStatus(t *testing.T) {
	row := keyword.Row{Status: keyword.Partial, Note: "later", Words: []keyword.Word{{Text: "a"}, {Text: "b", Status: keyword.NotYet}}}
	if got := rowStatus(&row); got != "works in part: not with b" {
		t.Errorf("got %q", got)
	}
	row.Words = row.Words[:1]
	if got := rowStatus(&row); got != "works in part: later" {
		t.Errorf("got %q", got)
	}
	for want, got := range map[string]string{
		"works": status(keyword.Works, "", ""), "not yet: soon": status(keyword.NotYet, "soon", ""),
		"refused: needs LDAP, which is not there":      status(keyword.Refused, "", "LDAP"),
		"refused: why; needs LDAP, which is not there": status(keyword.Refused, "why", "LDAP"),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestPlaces(t *testing.T) {
	for s, want := range map[keyword.Scope]string{
		keyword.Global | keyword.AnyRule: "global,rule", keyword.SocksRule | keyword.Route: "socks-rule,route",
		keyword.ClientRule | keyword.HostidRule: "client-rule,hostid-rule", keyword.Monitor: "monitor",
	} {
		if got := place(s); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Text must come out of a page as it went in.
func TestMdocEscapes(t *testing.T) {
	for _, text := range []string{"No", "Fl", ".It", "'quote", `back\slash`, "a-b", "Ar", "Sx", "plain", "%T", "(x", "|", "..."} {
		in := ".Dd November 25, 2026\n.Dt T 5\n.Os\n.Sh NAME\n.Nm t\n.Nd t\n.Sh DESCRIPTION\n" +
			".Cm " + mdocArguments("<"+text+">") + "\n.Pp\n.Cm " + mdocArguments(text) + "\n.Pp\n" + mdocEscape(text) + "\n"
		file := filepath.Join(t.TempDir(), "t.5")
		if err := os.WriteFile(file, []byte(in), 0o600); err != nil {
			t.Fatal(err)
		}
		out := regexp.MustCompile(`.\x08`).ReplaceAllString(mandoc(t, "-T", "utf8", file), "")
		if strings.Count(out, "\n     "+text+"\n") != 2 {
			t.Errorf("%q became:\n%s", text, out)
		}
	}
}
