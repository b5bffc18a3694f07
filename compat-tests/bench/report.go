package bench

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

// A report is everything that was measured.
type report struct {
	Machine string
	Counted string // how
	Rounds  int
	Sizes   Sizes
	Servers []Server
	Samples map[string]map[figure][]float64 // by server
}

func newReport(rounds int, sizes Sizes, servers []Server) *report {
	r := &report{Machine: machine(), Rounds: rounds, Sizes: sizes, Servers: servers, Samples: map[string]map[figure][]float64{}}
	for _, server := range servers {
		r.Samples[server.Name] = map[figure][]float64{}
	}
	return r
}

// add runs a load on a server.
func (r *report) add(load string, server Server, sizes Sizes, round int) error {
	group, err := makeGroup(fmt.Sprintf("rustsocks-bench-%d", os.Getpid()))
	if err != nil {
		return err
	}
	defer group.remove()
	r.Counted = group.String()

	s, err := sandbox.Open(role, map[string]string{server.Name: server.Program}, job{load, server, sizes, group, round})
	if err != nil {
		return fmt.Errorf("%w (sandboxes need root)", err)
	}
	defer s.Close()
	var measured figures
	if err := s.Next(&measured); err != nil {
		return err
	}
	for name, value := range measured {
		r.Samples[server.Name][name] = append(r.Samples[server.Name][name], value)
	}
	return nil
}

// A summary is what all rounds say of a figure.
type summary struct {
	Median, Min, Max float64
}

// of summarizes a figure of a server; false if it has none.
func (r *report) of(server string, f figure) (summary, bool) {
	values := slices.Sorted(slices.Values(r.Samples[server][f]))
	if len(values) == 0 {
		return summary{}, false
	}
	middle := len(values) / 2
	median := values[middle]
	if len(values)%2 == 0 {
		median = (median + values[middle-1]) / 2
	}
	return summary{median, values[0], values[len(values)-1]}, true
}

// bestPeer is the server other than ours with the lowest figure.
func (r *report) bestPeer(f figure) (name string, lowest float64) {
	for _, server := range r.Servers {
		s, measured := r.of(server.Name, f)
		if server.Name == ours || !measured {
			continue
		}
		if name == "" || s.Median < lowest {
			name, lowest = server.Name, s.Median
		}
	}
	return name, lowest
}

// machine describes where this runs.
func machine() string {
	model := "processors"
	text, _ := os.ReadFile("/proc/cpuinfo")
	if _, rest, found := strings.Cut(string(text), "model name"); found {
		line, _, _ := strings.Cut(rest, "\n")
		model = "× " + strings.TrimSpace(strings.TrimLeft(line, "\t :"))
	}
	kernel, _ := exec.Command("uname", "-sr").Output()
	return fmt.Sprintf("%d %s, %s %s", runtime.NumCPU(), model, strings.TrimSpace(string(kernel)), runtime.GOARCH)
}
