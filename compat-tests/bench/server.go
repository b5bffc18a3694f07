package bench

import (
	"embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
)

// descriptions are the servers every run measures, if they are installed.
//
//go:embed servers/*.server
var descriptions embed.FS

// A Server is how to run one of the servers that are compared. Its description
// is a file: lines of "key: value", then after a line of three dashes its
// configuration. In the values {ours} and {oracle} are the paths of the two
// danted, and when it is started {dir} is a directory it may write to, {config}
// the path of its configuration, and {rules} in that configuration a number of
// rules, each made from the value of "rule" with {network} in it.
type Server struct {
	Name      string
	Program   string
	Arguments string
	Version   string // first a command, then what it printed
	Idle      int    // how many idle sessions it can have at once
	Rule      string // a rule that blocks a network, if it has such rules
	Reload    bool   // it reads its configuration again on SIGHUP
	Config    string
}

// ours is the name of the server that has goals.
const ours = "ours"

// danted is the name of the server the goals compare with.
const danted = "danted"

// builtin are the descriptions of this package.
func builtin() ([]Server, error) {
	entries, err := descriptions.ReadDir("servers")
	if err != nil {
		return nil, err
	}
	var all []Server
	for _, entry := range entries {
		text, err := descriptions.ReadFile(path.Join("servers", entry.Name()))
		if err != nil {
			return nil, err
		}
		server, err := parseServer(entry.Name(), string(text))
		if err != nil {
			return nil, err
		}
		all = append(all, server)
	}
	return all, nil
}

// readServer reads a description from a file.
func readServer(file string) (Server, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Server{}, err
	}
	return parseServer(filepath.Base(file), string(text))
}

func parseServer(file, text string) (Server, error) {
	server := Server{Name: strings.TrimSuffix(file, path.Ext(file)), Idle: 1000}
	head, config, _ := strings.Cut(text, "\n---\n")
	server.Config = config
	for line := range strings.Lines(head) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, value, found := strings.Cut(line, ":")
		if !found {
			return server, fmt.Errorf("%s: no key in %q", file, line)
		}
		if err := server.set(key, daemonPaths(strings.TrimSpace(value))); err != nil {
			return server, fmt.Errorf("%s: %q: %w", file, line, err)
		}
	}
	if server.Program == "" {
		return server, fmt.Errorf("%s: no program", file)
	}
	return server, nil
}

func (s *Server) set(key, value string) (err error) {
	switch key {
	case "program":
		s.Program = value
	case "arguments":
		s.Arguments = value
	case "version":
		s.Version = value
	case "idle":
		s.Idle, err = strconv.Atoi(value)
	case "rule":
		s.Rule = value
	case "reload":
		s.Reload = value == "yes"
	default:
		err = errors.New("no such key")
	}
	return err
}

func daemonPaths(text string) string {
	return strings.NewReplacer("{ours}", daemon.OursPath(), "{oracle}", daemon.OraclePath()).Replace(text)
}

// locate makes the path of the program absolute and asks for its version. An
// error says that it is not installed.
func (s *Server) locate() error {
	found, err := exec.LookPath(s.Program)
	if err != nil {
		return err
	}
	if s.Program, err = filepath.Abs(found); err != nil {
		return err
	}
	s.Version = firstLine(s.Version)
	return nil
}

// firstLine is the first line a command prints; nothing if it fails.
func firstLine(command string) string {
	words := strings.Fields(command)
	if len(words) == 0 {
		return ""
	}
	out, err := exec.Command(words[0], words[1:]...).Output()
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return strings.TrimSpace(line)
}

// configuration fills in the rules: one for each of the networks.
func (s *Server) configuration(dir string, networks []string) string {
	var rules strings.Builder
	for _, network := range networks {
		fmt.Fprintln(&rules, strings.ReplaceAll(s.Rule, "{network}", network))
	}
	return strings.NewReplacer("{dir}", dir, "{rules}", rules.String()).Replace(s.Config)
}

// networksElsewhere are networks no load has anything to do with.
func networksElsewhere(count int) []string {
	all := make([]string, count)
	for i := range all {
		all[i] = fmt.Sprintf("10.%d.%d.0/24", i>>8, i&255)
	}
	return all
}
