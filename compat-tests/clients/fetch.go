package clients

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

// program is the name of the daemon in its sandbox.
const program = "daemon"

// A job names the runs by their place in fetches.
type job struct{ Numbers []int }

// A fetched is what came of one run.
type fetched struct {
	Number  int
	Outcome outcome
	Log     []string // of the daemon
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
	c := command{Tool: f.Tool, Args: slices.Clone(f.Args), Env: f.Env}
	if at := slices.Index(append([]string{f.Tool}, f.Args...), "curl"); at >= 0 {
		c.Args = slices.Insert(c.Args, at, "--silent", "--show-error", "--fail", "--noproxy", "", "--max-time", "20")
	}
	o, err := c.run(dir)
	return fetched{Number: number, Outcome: o}, err
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

// nothing is the digest of an empty body.
func nothing() []byte {
	digest := sha256.Sum256(nil)
	return digest[:]
}

// page is what the target answers.
func page(from string, digest []byte) string {
	return fmt.Sprintf("served to %s, received %x\n", from, digest)
}
