package differential

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/logline"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
	"github.com/rustsocks/rustsocks/compat-tests/internal/target"
)

// program is the name of the daemon in its sandbox.
const program = "daemon"

// side is the role of a sandbox: it performs all trials with one daemon.
func side(in *json.Decoder, results *json.Encoder) error {
	var job Job
	if err := in.Decode(&job); err != nil {
		return err
	}
	w, err := newWorld()
	if err != nil {
		return err
	}
	for _, trial := range job.Trials {
		if err := results.Encode(perform(trial, w)); err != nil {
			return err
		}
	}
	return nil
}

// A world is what there is in the sandbox beside the daemon and its client.
type world struct {
	targets *target.Servers
	sockets []*target.Socket
	rest    func() error // waits until the daemon has nothing left to do
}

func newWorld() (*world, error) {
	if err := addToLoopback(ownAddresses); err != nil {
		return nil, err
	}
	targets, err := target.Listen(listening()...)
	if err != nil {
		return nil, err
	}
	w := &world{targets: targets}
	for _, address := range udpTargets() {
		socket, err := target.Open(address)
		if err != nil {
			return nil, err
		}
		w.sockets = append(w.sockets, socket)
	}
	return w, nil
}

// perform does one trial from -V to SIGTERM.
func perform(trial Trial, w *world) (result Result) {
	path := sandbox.Program(program)
	there := files{}
	defer there.remove()
	if err := there.write(trial.Files); err != nil {
		result.Failure = err.Error()
		return result
	}
	result.Accepted, result.Verdict = verify(path, trial.Config)
	if !result.Accepted {
		return result
	}
	d, err := daemon.Start(path, trial.Config)
	if err != nil {
		result.Failure = err.Error()
		return result
	}
	defer func() {
		if err := d.Stop(); err != nil && result.Failure == "" {
			result.Failure = err.Error()
		}
	}()
	d.Lines() // of the start
	w.rest = d.AwaitRest

	for _, request := range trial.Requests {
		if err := there.write(request.Files); err != nil {
			result.Failure = err.Error()
			return result
		}
		begin := time.Now()
		outcome := converse(request, w)
		if err := d.AwaitRest(); err != nil {
			result.Failure = fmt.Sprintf("after %q: %v", request.Title, err)
			return result
		}
		outcome = append(outcome, w.strays()...)
		result.Exchanges = append(result.Exchanges, Exchange{
			Outcome: outcome, Log: normalised(d.Lines(), request.From), Seconds: time.Since(begin).Seconds(),
		})
		if !d.Alive() {
			result.Failure = fmt.Sprintf("the daemon died of %q", request.Title)
			return result
		}
	}
	return result
}

// verify asks the daemon what it thinks of a configuration.
func verify(path, config string) (accepted bool, said string) {
	file := filepath.Join(sandbox.Dir, "verify.conf")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		return false, err.Error()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := daemon.Command(path, "-V", "-f", file)
	kill := context.AfterFunc(ctx, func() { cmd.Process.Kill() })
	defer kill()
	out, err := cmd.CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		return false, err.Error()
	}
	return err == nil, string(out)
}

// normalised makes the log lines of a request comparable. Lines of the session
// of the client come first: when one request makes the daemon its own client,
// there are two sessions, and nothing orders the lines of one process with those
// of another.
//
// What ours says about access files of libwrap, the real danted's libwrap says elsewhere, to syslog (row access-files).
func normalised(lines []string, client netip.AddrPort) []string {
	for i, line := range lines {
		lines[i] = logline.Normal(logline.Message(line))
	}
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, "warning: hosts_access(): ") })
	own := fmt.Sprintf("%s.%d", client.Addr(), client.Port())
	slices.SortStableFunc(lines, func(a, b string) int {
		return foreign(a, own) - foreign(b, own)
	})
	return lines
}

// foreign is 1 for a line that does not mention the address.
func foreign(line, address string) int {
	if strings.Contains(line, address) {
		return 0
	}
	return 1
}

// strays closes connections that reached a target though they should not have.
func (w *world) strays() (outcome []string) {
	for conn := w.targets.Waiting(); conn != nil; conn = w.targets.Waiting() {
		outcome = append(outcome, "unexpected connection to the target "+conn.LocalAddr().String())
		conn.Close()
	}
	for _, socket := range w.sockets {
		if datagrams, _ := socket.Waiting(); len(datagrams) > 0 {
			outcome = append(outcome, fmt.Sprintf("unexpected datagrams at the target %s", socket.Address))
		}
	}
	return outcome
}
