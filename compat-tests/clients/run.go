package clients

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

// program is the name of the daemon in its sandbox.
const program = "daemon"

// deadline is what a fetch may take.
const deadline = 30 * time.Second

// A job names the runs by their place in fetches.
type job struct{ Numbers []int }

// A fetched is what came of one run.
type fetched struct {
	Number int
	Status int
	Stdout string
	Stderr string
	Log    []string // of the daemon
}

// runAll is the role of a sandbox.
func runAll(in *json.Decoder, results *json.Encoder) error {
	var j job
	if err := in.Decode(&j); err != nil {
		return err
	}
	if err := serve("tcp4", "0.0.0.0:80"); err != nil {
		return err
	}
	if err := serve("tcp6", "[::]:80"); err != nil {
		return err
	}
	d, err := daemon.Start(sandbox.Program(program), config)
	if err != nil {
		return err
	}
	all := fetches()
	for _, number := range j.Numbers {
		result, err := all[number].run(number)
		if err != nil {
			return fmt.Errorf("%s: %w", all[number].Name, err)
		}
		if err := d.AwaitRest(); err != nil {
			return fmt.Errorf("%s: %w", all[number].Name, err)
		}
		result.Log = d.Lines()
		if err := results.Encode(result); err != nil {
			return err
		}
	}
	return d.Stop()
}

// run runs the client of a fetch.
func (f fetch) run(number int) (fetched, error) {
	dir, err := f.prepare(number)
	if err != nil {
		return fetched{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), deadline)
	defer cancel()
	args := slices.Clone(f.Args)
	at := slices.Index(args, "curl") + 1 // its own arguments begin here
	args = slices.Insert(args, at, "--silent", "--show-error", "--fail", "--noproxy", "", "--max-time", "20")
	cmd := exec.CommandContext(ctx, f.Tool, args...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=/usr/local/bin:/usr/bin:/bin", "HOME=" + dir, "LC_ALL=C"}, f.Env...)
	cmd.WaitDelay = time.Second
	var stdout, stderr limited
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	if cmd.ProcessState == nil {
		return fetched{}, err
	}
	return fetched{Number: number, Status: cmd.ProcessState.ExitCode(), Stdout: string(stdout), Stderr: string(stderr)}, nil
}

// limited keeps the first part of what a client prints.
type limited []byte

func (l *limited) Write(p []byte) (int, error) {
	*l = append(*l, p[:min(len(p), 4096-min(len(*l), 4096))]...)
	return len(p), nil
}

// serve starts the target: a page that names the address of the one who asks,
// and for an upload its digest too.
func serve(network, address string) error {
	listener, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		digest := sha256.New()
		if _, err := io.Copy(digest, r.Body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		fmt.Fprint(w, page(host, digest.Sum(nil)))
	}))
	return nil
}

// page is what the target answers.
func page(from string, digest []byte) string {
	return fmt.Sprintf("served to %s, received %x\n", from, digest)
}
