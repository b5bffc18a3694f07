package soak

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
)

// A usage is what the daemon's worker has of the machine.
type usage struct {
	Sessions    int // that the worker says it has
	Descriptors int
	Threads     int
	Goroutines  int
	Heap        int // bytes in use
	Resident    int // KB
	Own         int // KB: its part of what it shares
}

func (u usage) String() string {
	return fmt.Sprintf("%d sessions, %d descriptors, %d goroutines, %d threads, heap %d KB, resident %d KB, proportional %d KB",
		u.Sessions, u.Descriptors, u.Goroutines, u.Threads, u.Heap>>10, u.Resident, u.Own)
}

// workerPid finds the worker among the daemon's processes.
func workerPid() (int, error) {
	pids, err := daemon.Processes()
	if err != nil {
		return 0, err
	}
	for _, pid := range pids {
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		if err == nil && strings.HasPrefix(string(name), "rustsocks-worke") {
			return pid, nil
		}
	}
	return 0, errors.New("there is no worker")
}

var (
	statusLine = regexp.MustCompile(`worker: (\d+) sessions, (\d+) goroutines, (\d+) bytes of heap`)
	heldBytes  = regexp.MustCompile(`\(\+ \d+ buffered \(\d+ \+ (\d+) \+ \d+\)\)`)
)

// usage measures. The worker answers SIGUSR1 with a line about itself, behind
// those of its sessions. Held are the bytes that each session has in the worker.
func (s *scene) usage() (u usage, held []int, err error) {
	offset := s.LogSize()
	if err := s.Signal(syscall.SIGUSR1); err != nil {
		return u, nil, err
	}
	text := ""
	err = daemon.Until(func() (bool, error) {
		text = s.LogFrom(offset)
		return statusLine.MatchString(text), nil
	})
	if err != nil {
		return u, nil, fmt.Errorf("no status of the worker in the log: %w\n%s", err, text)
	}
	found := statusLine.FindStringSubmatch(text)
	for i, to := range []*int{&u.Sessions, &u.Goroutines, &u.Heap} {
		*to, _ = strconv.Atoi(found[i+1])
	}
	for line := range strings.Lines(text) {
		sum := 0
		for _, m := range heldBytes.FindAllStringSubmatch(line, -1) {
			n, _ := strconv.Atoi(m[1])
			sum += n
		}
		if sum > 0 {
			held = append(held, sum)
		}
	}
	pid, err := workerPid()
	if err != nil {
		return u, nil, err
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return u, nil, err
	}
	u.Descriptors = len(files)
	threads, err := daemon.Status(pid, "Threads:")
	if err != nil {
		return u, nil, err
	}
	u.Threads, _ = strconv.Atoi(threads)
	memory, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return u, nil, err
	}
	for line := range strings.Lines(string(memory)) {
		switch f := strings.Fields(line); f[0] {
		case "Rss:":
			u.Resident, _ = strconv.Atoi(f[1])
		case "Pss:":
			u.Own, _ = strconv.Atoi(f[1])
		}
	}
	return u, held, nil
}
