package bench

import (
	"testing"
	"time"
)

const (
	mountsV1 = `24 1 0:22 / /sys/fs/cgroup rw shared:3 - tmpfs tmpfs rw
25 24 0:23 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:4 - cgroup cgroup rw,cpu,cpuacct
26 24 0:24 / /sys/fs/cgroup/memory rw,relatime shared:5 - cgroup cgroup rw,memory
27 24 0:25 / /sys/fs/cgroup/unified rw,relatime shared:6 - cgroup2 cgroup2 rw
`
	ownV1    = "4:memory:/user/one\n2:cpu,cpuacct:/\n0::/init.scope\n"
	mountsV2 = "30 1 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
)

func TestHierarchy(t *testing.T) {
	for _, c := range []struct{ mounts, own, controller, want string }{
		{mountsV1, ownV1, "cpuacct", "/sys/fs/cgroup/cpu,cpuacct"},
		{mountsV1, ownV1, "memory", "/sys/fs/cgroup/memory/user/one"},
		{mountsV1, ownV1, "cgroup2", "/sys/fs/cgroup/unified"},
		{mountsV1, ownV1, "acct", ""},
		{mountsV2, "0::/user.slice\n", "memory", ""},
		{mountsV2, "0::/user.slice\n", "cgroup2", "/sys/fs/cgroup"},
		{"", "", "cgroup2", ""},
	} {
		if got := hierarchy(c.mounts, c.own, c.controller); got != c.want {
			t.Errorf("for %s: %q, want %q", c.controller, got, c.want)
		}
	}
}

func TestParseUsage(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"1234567\n": 1234567 * time.Nanosecond,
		"usage_usec 4711\nuser_usec 4000\nsystem_usec 711\n":         4711 * time.Microsecond,
		"core_sched.force_idle_usec 1\nusage_usec 5\nnr_periods 0\n": 5 * time.Microsecond,
	} {
		if got, err := parseUsage(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	if got, err := parseUsage("nonsense\n"); err == nil {
		t.Errorf("nonsense is %v", got)
	}
}

func TestNumberAfter(t *testing.T) {
	rollup := "55d0-7ffd ---p 00000000 00:00 0 [rollup]\nRss:  900 kB\nPss:  123 kB\nPss_Anon:  7 kB\n"
	if got, err := numberAfter(rollup, "Pss:"); err != nil || got != 123 {
		t.Errorf("%d, %v", got, err)
	}
	if got, err := numberAfter(rollup, "VmPTE:"); err == nil {
		t.Errorf("a line that is not there is %d", got)
	}
}
