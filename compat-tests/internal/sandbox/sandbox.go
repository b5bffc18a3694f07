// Package sandbox runs a part of a test as root inside namespaces of its own:
// network (only lo, so 127/8 and ::1 belong to the test), mounts (its own
// users, hosts and services under /etc; empty /run, /tmp and /var/log) and
// processes (nothing the test started can outlive it).
//
// The part is a Role: the test binary executes itself in the new namespaces,
// [Main] finds the role's name in the environment and runs it instead of the
// tests. A job goes in and results come out as JSON. A program that is no test
// does the same with [Play] and [Open].
//
// It is not a security boundary: it keeps tests from touching the machine and
// from each other.
package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
)

// A Role is the body of a sandboxed process. It reads its job and writes any
// number of results.
type Role func(job *json.Decoder, results *json.Encoder) error

// roleVariable names the role to the executed test binary.
const roleVariable = "RUSTSOCKS_SANDBOX_ROLE"

// envelope is what the parent sends ahead of the job.
type envelope struct {
	Programs map[string]string
}

// Main is the body of TestMain in every package that uses sandboxes.
func Main(m *testing.M, roles map[string]Role) {
	Play(roles)
	os.Exit(m.Run())
}

// Play returns unless this process is a sandboxed one, which it is to call
// before it looks at its arguments.
func Play(roles map[string]Role) {
	name := os.Getenv(roleVariable)
	if name == "" {
		return
	}
	if err := play(name, roles); err != nil {
		fmt.Fprintf(os.Stderr, "sandbox: role %s: %v\n", name, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// play is the sandboxed process.
func play(name string, roles map[string]Role) error {
	role, ok := roles[name]
	if !ok {
		return errors.New("no such role in this test binary")
	}
	job := json.NewDecoder(os.NewFile(3, "job"))
	results := json.NewEncoder(os.NewFile(4, "results"))
	syscall.CloseOnExec(3)
	syscall.CloseOnExec(4)

	var env envelope
	if err := job.Decode(&env); err != nil {
		return fmt.Errorf("reading the job: %w", err)
	}
	if err := furnish(env.Programs); err != nil {
		return fmt.Errorf("furnishing the sandbox: %w", err)
	}
	return role(job, results)
}

// Require skips the test on a machine where sandboxes cannot be made, or fails
// it where they must be: see [Must].
func Require(t testing.TB) {
	t.Helper()
	if reason := probe(); reason != "" {
		SkipOrFail(t, reason)
	}
}

// SkipOrFail skips a test that cannot run here, and says why, except on a
// machine that promised (RUSTSOCKS_REQUIRE_ORACLE=1) to be able to run all.
func SkipOrFail(t testing.TB, reason string) {
	t.Helper()
	if os.Getenv("RUSTSOCKS_REQUIRE_ORACLE") == "1" {
		t.Fatalf("%s (and RUSTSOCKS_REQUIRE_ORACLE=1 forbids skipping)", reason)
	}
	t.Skip(reason)
}

// probe answers why no sandbox can be made here, or nothing.
var probe = sync.OnceValue(func() string {
	if os.Geteuid() != 0 {
		return "needs root: sandboxes are network, mount and process namespaces"
	}
	cmd := exec.Command("/proc/self/exe", "-test.run=^$")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: cloneFlags}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Sprintf("cannot make namespaces here: %v %s", err, out)
	}
	return ""
})

const cloneFlags = syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID

// A Sandbox is a running role, seen from the test.
type Sandbox struct {
	role    string
	cmd     *exec.Cmd
	pipe    *os.File
	results *json.Decoder
	stderr  *tail
}

// Start is [Open] for a test. Everything in the sandbox is killed when the test
// ends.
func Start(t testing.TB, role string, programs map[string]string, job any) *Sandbox {
	t.Helper()
	Require(t)
	s, err := Open(role, programs, job)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// Open runs a role in a new sandbox. Each of programs (name to path on this
// machine) is visible inside as [Program] of its name, together with the files
// beside it.
func Open(role string, programs map[string]string, job any) (*Sandbox, error) {
	jobRead, jobWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer jobRead.Close()
	resultsRead, resultsWrite, err := os.Pipe()
	if err != nil {
		jobWrite.Close()
		return nil, err
	}
	defer resultsWrite.Close()

	s := &Sandbox{role: role, pipe: resultsRead, results: json.NewDecoder(resultsRead), stderr: &tail{}}
	s.cmd = exec.Command("/proc/self/exe", "-test.run=^$")
	s.cmd.Env = append(os.Environ(), roleVariable+"="+role)
	s.cmd.ExtraFiles = []*os.File{jobRead, resultsWrite}
	s.cmd.Stdout = s.stderr
	s.cmd.Stderr = s.stderr
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: cloneFlags, Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		jobWrite.Close()
		resultsRead.Close()
		return nil, fmt.Errorf("starting the sandbox of %s: %w", role, err)
	}

	go func() {
		// A role that dies before it has read its job closes the pipe; the
		// reader of the results then says what happened.
		out := json.NewEncoder(jobWrite)
		if out.Encode(envelope{Programs: programs}) == nil {
			out.Encode(job)
		}
		jobWrite.Close()
	}()
	return s, nil
}

// Close kills everything in the sandbox: the process namespace dies with its
// first process.
func (s *Sandbox) Close() {
	s.cmd.Process.Kill()
	s.cmd.Wait()
	s.pipe.Close()
}

// Next decodes the next result. At the end it is io.EOF, or an error that
// holds what a failed role said.
func (s *Sandbox) Next(result any) error {
	err := s.results.Decode(result)
	if err == nil {
		return nil
	}
	if waitErr := s.cmd.Wait(); waitErr != nil {
		return fmt.Errorf("sandbox of %s: %w\n%s", s.role, waitErr, s.stderr)
	}
	if !errors.Is(err, io.EOF) {
		return fmt.Errorf("sandbox of %s: reading a result: %w", s.role, err)
	}
	return io.EOF
}

// One runs a role that gives exactly one result.
func One[R any](t testing.TB, role string, programs map[string]string, job any) R {
	t.Helper()
	s := Start(t, role, programs, job)
	var result R
	if err := s.Next(&result); err != nil {
		t.Fatalf("no result: %v", err)
	}
	if err := s.Next(new(json.RawMessage)); !errors.Is(err, io.EOF) {
		t.Fatalf("expected the end of the results, got: %v", err)
	}
	return result
}

// tail keeps the end of what a role prints.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 16 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if len(t.text) > 2*tailSize {
		t.text = append([]byte(nil), t.text[len(t.text)-tailSize:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
