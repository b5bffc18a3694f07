package daemon

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
)

// AwaitRest is the function of that name.
func (d *Daemon) AwaitRest() error { return AwaitRest() }

// AwaitRest waits until the daemon has nothing left to do: every thread of
// every process of it is asleep and none of them ran between two looks. Any
// byte or wake-up on its way to one of them would have made it runnable, so
// everything the daemon was going to log because of what happened so far is in
// the log. (Timers are not waited for; the tests keep them long.)
func AwaitRest() error {
	var before map[string]string
	calm := 0
	err := Until(func() (bool, error) {
		now, asleep, err := threads()
		if err != nil {
			return false, err
		}
		if asleep && maps.Equal(before, now) {
			calm++
		} else {
			calm = 0
		}
		before = now
		return calm == 2, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for the daemon to come to rest: %w", err)
	}
	return nil
}

// threads returns, for each thread in the namespace but this process's own, how
// often it has been on a processor, and whether all of them are asleep.
func threads() (runs map[string]string, asleep bool, err error) {
	pids, err := processes()
	if err != nil {
		return nil, false, err
	}
	runs = map[string]string{}
	asleep = true
	for _, pid := range pids {
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
		if err != nil {
			return nil, false, err
		}
		for _, task := range tasks {
			status, err := os.ReadFile(task)
			if err != nil {
				asleep = false // it ended just now
				continue
			}
			switch field(status, "State:")[0] {
			case 'S':
				runs[task] = field(status, "voluntary_ctxt_switches:") + "+" + field(status, "nonvoluntary_ctxt_switches:")
			case 'Z', 'X':
				runs[task] = "dead"
			default:
				asleep = false
			}
		}
	}
	return runs, asleep, nil
}

// field returns the value of a line of /proc/PID/status.
func field(status []byte, name string) string {
	_, rest, found := bytes.Cut(status, []byte("\n"+name))
	if !found {
		return "?"
	}
	value, _, _ := bytes.Cut(rest, []byte("\n"))
	return string(bytes.TrimSpace(value))
}

// processes lists the processes of the namespace but this one.
func processes() ([]int, error) {
	proc, err := os.Open("/proc")
	if err != nil {
		return nil, err
	}
	defer proc.Close()
	names, err := proc.Readdirnames(-1)
	if err != nil {
		return nil, err
	}
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}
