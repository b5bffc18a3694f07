package bench

import (
	"encoding/json"
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

	proc bool // count by /proc
}

func newReport(o Options, servers []Server) *report {
	r := &report{
		Machine: machine(), Rounds: o.Rounds, Sizes: o.Sizes, Servers: servers,
		Samples: map[string]map[figure][]float64{}, proc: o.Proc,
	}
	for _, server := range servers {
		r.Samples[server.Name] = map[figure][]float64{}
	}
	return r
}

// makeGroup makes the groups to count in; without groups /proc is asked.
func (r *report) makeGroup() (group, error) {
	if r.proc {
		return group{}, nil
	}
	return makeGroup()
}

// add runs a load on a server.
func (r *report) add(load string, server Server, round int) error {
	g, err := r.makeGroup()
	if err != nil {
		return err
	}
	defer g.remove()
	r.Counted = g.String()

	s, err := sandbox.Open(role, map[string]string{server.Name: server.Program}, job{load, server, r.Sizes, g, round})
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

// write writes everything to a file.
func (r *report) write(file string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
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
	load, _ := os.ReadFile("/proc/loadavg")
	others, _, _ := strings.Cut(string(load), " ")
	return fmt.Sprintf("%d %s, %s %s, load average before the run %s", runtime.NumCPU(), model,
		strings.TrimSpace(string(kernel)), runtime.GOARCH, others)
}
