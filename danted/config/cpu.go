package config

import (
	"fmt"
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
	"github.com/rustsocks/rustsocks/danted/syntax"
)

// cpuSetSize is the number of processors a set of the C library has room for; it leaves out what is beyond.
const cpuSetSize = 1024

// cpuMask is a mask to be checked: the last of each process counts.
type cpuMask struct {
	process syntax.Token
	cpus    []int64
}

// readCPU checks cpu.*, which has no effect: the verdict on the file must be danted's all the same.
func readCPU(r *reader, n *syntax.Node) {
	c := n.CPU
	if n.Row.ID == keyword.CPUSchedule {
		if r.checkPolicy(n) {
			r.number(c.Priority)
		}
		return
	}
	mask := cpuMask{process: c.Process}
	for _, t := range c.Mask {
		if t.Value == "any" {
			continue
		}
		if v, ok := r.number(t); ok {
			mask.cpus = append(mask.cpus, int64(int32(v)))
		}
	}
	r.masks = append(r.masks, mask)
}

func (r *reader) checkPolicy(n *syntax.Node) bool {
	policy := n.CPU.Policy
	_, ok := n.Row.Word(policy.Value)
	if !ok {
		r.fail(policy, codeUnknownPolicy, fmt.Sprintf("unknown scheduling policy %q", policy.Value), "the policies are: "+words(n.Row))
	}
	return ok
}

// checkCPU checks that the processors of the masks exist.
func (r *reader) checkCPU() {
	for i, m := range r.masks {
		replaced := false
		for _, later := range r.masks[i+1:] {
			replaced = replaced || later.process.Value == m.process.Value
		}
		if replaced {
			continue
		}
		var bad []string
		for _, n := range m.cpus {
			if n >= int64(r.facts.CPUs()) && n < cpuSetSize {
				bad = append(bad, fmt.Sprint(n))
			}
		}
		if len(bad) > 0 {
			r.fail(m.process, codeCPUMask, fmt.Sprintf("invalid cpu mask configured for %s process: %s", m.process.Value, strings.Join(bad, " ")),
				fmt.Sprintf("this machine has %d processors, numbered from 0", r.facts.CPUs()))
		}
	}
}
