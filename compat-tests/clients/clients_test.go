package clients

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

var long = flag.Bool("long", false, "run the clients too that are large to install")

const (
	roleFetches  = "fetches"
	roleScenario = "scenario"
)

func TestMain(m *testing.M) {
	flag.Parse()
	sandbox.Main(m, map[string]sandbox.Role{roleFetches: runAll, roleScenario: play})
}

// lacking names what is not there of programs, given by their names, and files,
// given by their paths.
func lacking(names ...string) string {
	for _, name := range names {
		var err error
		if filepath.IsAbs(name) {
			_, err = os.Stat(name)
		} else {
			_, err = exec.LookPath(name)
		}
		if err != nil {
			return "this test needs " + name + ", which is not installed"
		}
	}
	return ""
}
