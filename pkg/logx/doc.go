// Package logx writes the log as Dante does: its line format, its levels, its devices. A Logger's devices are open
// descriptors; opening them is for the privileged side, writing to them works from any process they were passed to.
// It is not for deciding what is logged, nor for any other log format.
package logx
