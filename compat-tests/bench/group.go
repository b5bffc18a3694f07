package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A group is the control groups of one server, in which the kernel counts what
// all its processes use: made outside of the sandbox, entered and read inside.
// What this machine has no control group for is empty.
type group struct {
	Join   []string // files a process enters the groups by
	CPU    string   // file with the time on processors
	Memory []string // files with bytes, to be added up
	dirs   []string
}

// groupName begins the name of every group; the process that made it follows.
const groupName = "rustsocks-bench-"

// makeGroup makes control groups of version 1 or 2, whichever this machine has.
func makeGroup() (group, error) {
	name := groupName + strconv.Itoa(os.Getpid())
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return group{}, err
	}
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return group{}, err
	}
	var g group
	cpu := g.enter(hierarchy(string(mounts), string(own), "cpuacct"), name)
	g.CPU = existing(cpu, "cpuacct.usage")
	memory := g.enter(hierarchy(string(mounts), string(own), "memory"), name)
	if file := existing(memory, "memory.usage_in_bytes"); file != "" {
		// The buffers of sockets are counted apart from all other memory.
		if buffers := existing(memory, "memory.kmem.tcp.usage_in_bytes"); buffers != "" {
			g.Memory = []string{file, buffers}
		}
	}
	if g.CPU == "" || g.Memory == nil {
		unified := g.enter(hierarchy(string(mounts), "", "cgroup2"), name)
		if g.CPU == "" {
			g.CPU = existing(unified, "cpu.stat")
		}
		if file := existing(unified, "memory.current"); file != "" && g.Memory == nil {
			g.Memory = []string{file}
		}
	}
	return g, nil
}

// hierarchy is the directory below which a group may be made: of version 1, the
// group this process is in; of version 2 ("cgroup2"), the top, as a group with
// processes of its own gives no controllers to the groups below it.
func hierarchy(mounts, own, controller string) string {
	for line := range strings.Lines(mounts) {
		left, right, _ := strings.Cut(line, " - ")
		where, what := strings.Fields(left), strings.Fields(right)
		if len(where) < 5 || len(what) < 3 {
			continue
		}
		switch {
		case controller == "cgroup2" && what[0] == "cgroup2":
			return where[4]
		case what[0] == "cgroup" && listed(what[2], controller):
			return filepath.Join(where[4], ownGroup(own, controller))
		}
	}
	return ""
}

// ownGroup is the group this process is in, for a controller of version 1.
func ownGroup(own, controller string) string {
	for line := range strings.Lines(own) {
		if parts := strings.SplitN(strings.TrimSpace(line), ":", 3); len(parts) == 3 && listed(parts[1], controller) {
			return parts[2]
		}
	}
	return "/"
}

func listed(list, word string) bool {
	return strings.Contains(","+list+",", ","+word+",")
}

// enter makes a group, if it may.
func (g *group) enter(parent, name string) string {
	if parent == "" {
		return ""
	}
	sweep(parent)
	dir := filepath.Join(parent, name)
	if err := os.Mkdir(dir, 0o755); err != nil && !os.IsExist(err) {
		return ""
	}
	g.dirs = append(g.dirs, dir)
	g.Join = append(g.Join, filepath.Join(dir, "cgroup.procs"))
	return dir
}

// sweep removes what an interrupted run has left.
func sweep(parent string) {
	left, _ := filepath.Glob(filepath.Join(parent, groupName+"*"))
	for _, dir := range left {
		pid := strings.TrimPrefix(filepath.Base(dir), groupName)
		if _, err := os.Stat(filepath.Join("/proc", pid)); os.IsNotExist(err) {
			os.Remove(dir)
		}
	}
}

// existing is the path of a file in a directory, if there is such a file.
func existing(dir, name string) string {
	if dir == "" {
		return ""
	}
	file := filepath.Join(dir, name)
	if _, err := os.Stat(file); err != nil {
		return ""
	}
	return file
}

// remove removes the groups, which must have no processes any more.
func (g group) remove() {
	for _, dir := range g.dirs {
		os.Remove(dir)
	}
}

// String says how things are counted.
func (g group) String() string {
	cpu, memory := "CPU from /proc (steps of 10 ms)", "memory from /proc (proportional set, page tables, kernel stacks; without sockets)"
	if g.CPU != "" {
		cpu = "CPU from the control group's " + filepath.Base(g.CPU)
	}
	if g.Memory != nil {
		var names []string
		for _, file := range g.Memory {
			names = append(names, filepath.Base(file))
		}
		memory = "memory from its " + strings.Join(names, " and ")
	}
	return fmt.Sprintf("%s, %s", cpu, memory)
}
