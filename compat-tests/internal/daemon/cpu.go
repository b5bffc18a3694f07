package daemon

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of the times in /proc: USER_HZ is 100 on every Linux.
const tick = time.Second / 100

// CPU is the time the processes of the daemon have spent on processors, those
// that have ended and been waited for included.
func CPU() (time.Duration, error) {
	pids, err := processes()
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, pid := range pids {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue // it ended just now; its parent's times will have it
		}
		// The name, in brackets, may hold blanks. After it, utime, stime,
		// cutime and cstime are the fields 12 to 15.
		_, rest, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(rest)
		for _, field := range fields[11:15] {
			ticks, err := strconv.ParseInt(field, 10, 64)
			if err != nil {
				return 0, fmt.Errorf("/proc/%d/stat: %w", pid, err)
			}
			sum += time.Duration(ticks) * tick
		}
	}
	return sum, nil
}
