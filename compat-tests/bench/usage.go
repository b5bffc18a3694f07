package bench

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
)

// cpu is the time the processes of the server have spent on processors.
func (g group) cpu() (time.Duration, error) {
	if g.CPU == "" {
		return daemon.CPU()
	}
	text, err := os.ReadFile(g.CPU)
	if err != nil {
		return 0, err
	}
	return parseUsage(string(text))
}

// parseUsage reads cpuacct.usage, a number of nanoseconds, or cpu.stat, which
// has microseconds on a line.
func parseUsage(text string) (time.Duration, error) {
	if _, rest, found := strings.Cut("\n"+text, "\nusage_usec "); found {
		value, _, _ := strings.Cut(rest, "\n")
		n, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		return time.Duration(n) * time.Microsecond, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	return time.Duration(n), err
}

// memory is how many bytes the processes of the server use, the kernel's for
// them among them. Pages of the log, which would be written to a disk, are not
// counted.
func (g group) memory(log string) (int64, error) {
	if g.Memory == nil {
		return proportional()
	}
	var sum int64
	for _, file := range g.Memory {
		text, err := os.ReadFile(file)
		if err != nil {
			return 0, err
		}
		n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", file, err)
		}
		sum += n
	}
	return sum - pages(log), nil
}

// pages is how many bytes of memory a file on a file system in memory takes.
func pages(file string) int64 {
	var stat syscall.Stat_t
	if syscall.Stat(file, &stat) != nil {
		return 0
	}
	return stat.Blocks * 512
}

// kernelStack is what a thread has on x86-64 and arm64.
const kernelStack = 16 << 10

// proportional is the memory as far as /proc tells: pages, those shared by
// several processes once, page tables and the kernel's stacks. The kernel's
// memory for sockets is not in it.
func proportional() (int64, error) {
	pids, err := daemon.Processes()
	if err != nil {
		return 0, err
	}
	var sum int64
	for _, pid := range pids {
		rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		if err != nil {
			return 0, err
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return 0, err
		}
		set, err := numberAfter(string(rollup), "Pss:")
		if err != nil {
			return 0, err
		}
		tables, err := numberAfter(string(status), "VmPTE:")
		if err != nil {
			return 0, err
		}
		threads, err := numberAfter(string(status), "Threads:")
		if err != nil {
			return 0, err
		}
		sum += (set+tables)<<10 + threads*kernelStack
	}
	return sum, nil
}

// numberAfter is the number on the line that begins with a name.
func numberAfter(text, name string) (int64, error) {
	_, rest, _ := strings.Cut("\n"+text, "\n"+name)
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0, errors.New("no line " + name)
	}
	return strconv.ParseInt(fields[0], 10, 64)
}
