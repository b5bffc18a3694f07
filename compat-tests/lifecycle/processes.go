package lifecycle

import (
	"fmt"
	"os"
	"strings"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
)

// process is a process of the daemon as /proc shows it.
type process struct {
	Command                     string
	UID, GID                    string // real, effective, saved, file system
	Groups                      string
	NoNewPrivs                  string
	Effective, Permitted, Bound string // capabilities
	Exe                         string
}

// listProcesses shows all processes while a session is there.
func listProcesses(s *scene) ([]process, error) {
	_, _, end, err := s.session()
	if err != nil {
		return nil, err
	}
	defer end()
	pids, err := daemon.Processes()
	if err != nil {
		return nil, err
	}
	var all []process
	for _, pid := range pids {
		p, err := inspect(pid)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

func inspect(pid int) (process, error) {
	var p process
	for name, field := range map[string]*string{
		"Name:": &p.Command, "Uid:": &p.UID, "Gid:": &p.GID, "Groups:": &p.Groups, "NoNewPrivs:": &p.NoNewPrivs,
		"CapEff:": &p.Effective, "CapPrm:": &p.Permitted, "CapBnd:": &p.Bound,
	} {
		value, err := daemon.Status(pid, name)
		if err != nil {
			return p, err
		}
		*field = strings.Join(strings.Fields(value), " ")
	}
	exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	p.Exe = exe
	return p, err
}
