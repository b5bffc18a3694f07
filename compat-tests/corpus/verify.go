package corpus

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

// program is the name of the daemon in its sandbox.
const program = "daemon"

// deadline is when a daemon that still thinks is said to hang. A file takes
// some milliseconds.
const deadline = 5 * time.Second

// A job is the corpus; what is said of each file comes back in the same order.
type job struct{ Files []File }

// A said is the end of one danted -V.
type said struct {
	Status int
	Stdout string
	Stderr string
}

// verify is the role of a sandbox: danted -V on each file. Log files that a
// configuration names are created in the sandbox.
func verify(in *json.Decoder, results *json.Encoder) error {
	var j job
	if err := in.Decode(&j); err != nil {
		return err
	}
	all := make([]said, len(j.Files))
	errs := make([]error, len(j.Files))
	var running sync.WaitGroup
	slots := make(chan struct{}, runtime.NumCPU())
	for i, file := range j.Files {
		running.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			all[i], errs[i] = verifyOne(file, fmt.Sprintf("%s/%d", sandbox.Dir, i), nil)
		})
	}
	running.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return results.Encode(all)
}

// verifyOne verifies a file in a directory of its own. started, if there is one,
// is told the number of the process.
func verifyOne(file File, dir string, started func(pid int) error) (said, error) {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return said{}, err
	}
	name := filepath.Base(file.Path)
	if err := os.WriteFile(filepath.Join(dir, name), file.Text, 0o644); err != nil {
		return said{}, err
	}

	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := daemon.Command(sandbox.Program(program), "-V", "-f", name)
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		return said{}, err
	}
	if started != nil {
		if err := started(cmd.Process.Pid); err != nil {
			return said{}, err
		}
	}
	stop := context.AfterFunc(ctx, func() { cmd.Process.Kill() })
	err := cmd.Wait()
	stop()

	result := said{
		Stdout: strings.ReplaceAll(stdout.String(), dir+"/", ""),
		Stderr: strings.ReplaceAll(stderr.String(), dir+"/", ""),
	}
	switch state := cmd.ProcessState.Sys().(syscall.WaitStatus); {
	case ctx.Err() != nil:
		result.Status = Hangs
	case state.Signaled():
		result.Status = 128 + int(state.Signal())
	case state.Exited():
		result.Status = state.ExitStatus()
	default:
		return said{}, fmt.Errorf("%s: %w", file.Path, err)
	}
	return result, nil
}

// version is the role of a sandbox that asks the real danted for its version.
func version(_ *json.Decoder, results *json.Encoder) error {
	out, err := exec.Command(sandbox.Program(program), "-v").Output()
	if err != nil {
		return err
	}
	// "Dante v1.4.2.  Copyright (c) ..."
	text, _, found := strings.Cut(strings.TrimPrefix(string(out), "Dante v"), ".  ")
	if !found {
		return fmt.Errorf("danted -v says %q", out)
	}
	return results.Encode(text)
}
