package clients

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// deadline is what a client may take.
const deadline = 40 * time.Second

// A command is a client and what it is told.
type command struct {
	Tool  string
	Args  []string
	Env   []string
	Stdin string
}

// An outcome is what came of a command.
type outcome struct {
	Status int
	Stdout string
	Stderr string
}

// run runs a client in a directory, which is its home too.
func (c command) run(dir string) (outcome, error) {
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Tool, c.Args...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + dir, "LC_ALL=C"}, c.Env...)
	cmd.Stdin = strings.NewReader(c.Stdin)
	cmd.WaitDelay = time.Second
	var stdout, stderr limited
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		return outcome{}, err
	}
	return outcome{Status: cmd.ProcessState.ExitCode(), Stdout: string(stdout), Stderr: string(stderr)}, nil
}

// succeed runs a client that must succeed and gives what it prints.
func (c command) succeed(dir string) (string, error) {
	o, err := c.run(dir)
	if err == nil && o.Status != 0 {
		err = fmt.Errorf("exit status %d", o.Status)
	}
	if err != nil {
		return "", fmt.Errorf("%s %q: %w\nstdout: %s\nstderr: %s", c.Tool, c.Args, err, o.Stdout, o.Stderr)
	}
	return o.Stdout, nil
}

// limited keeps the first part of what a client prints.
type limited []byte

func (l *limited) Write(p []byte) (int, error) {
	*l = append(*l, p[:min(len(p), 8192-min(len(*l), 8192))]...)
	return len(p), nil
}
