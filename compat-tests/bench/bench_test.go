package bench

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
)

func TestMain(m *testing.M) { sandbox.Main(m, Roles()) }

// TestShort runs every load on both danted, with sizes that mean nothing.
func TestShort(t *testing.T) {
	sandbox.Require(t)
	daemon.Ours(t)
	daemon.Oracle(t)
	file := filepath.Join(t.TempDir(), "samples")
	var out bytes.Buffer
	err := Run(Options{
		Rounds: 1, Servers: []string{danted, ours}, Sizes: Short(), JSON: file, Out: &out, Status: io.Discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(out.String())

	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{danted, ours} {
		for _, f := range expected(name) {
			samples := r.Samples[name][f]
			if len(samples) != 1 {
				t.Errorf("%s has %d samples of %s, not one", name, len(samples), f)
			}
			for _, sample := range samples {
				// So few sessions may fit into memory the server has already.
				if sample <= 0 && f != idleMemory {
					t.Errorf("%s of %s is %v", f, name, sample)
				}
			}
		}
	}
	if dropped := r.Samples[ours][reloadDropped]; len(dropped) != 1 || dropped[0] != 0 {
		t.Errorf("sessions dropped by the reloads: %v", dropped)
	}
	for _, g := range goals {
		if _, measured := r.of(ours, g.figure); measured && !strings.Contains(out.String(), "| "+g.what) {
			t.Errorf("no verdict on %q", g.what)
		}
	}
}

// expected are the figures a server must have, without those that may be under
// zero because they are differences.
func expected(server string) []figure {
	all := []figure{
		connectionCPU, connectionRate, bulkCPU, downloadRate, uploadRate, pingpongCPU, pingpongRate,
		idleMemory, idleCount, openingP50, udpCPU, udpRate,
	}
	if server == danted {
		return all
	}
	return append(all, reloadFew, reloadMany)
}

// TestWithoutGroups counts by /proc.
func TestWithoutGroups(t *testing.T) {
	sandbox.Require(t)
	daemon.Ours(t)
	var out bytes.Buffer
	o := Options{
		Rounds: 1, Servers: []string{ours}, Loads: []string{"connection", "idle"}, Sizes: Short(), Proc: true,
		Out: &out, Status: io.Discard,
	}
	o.Sizes.Connections = 1000 // the clock of /proc is slow
	if err := Run(o); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "CPU from /proc") || !strings.Contains(out.String(), "idle session") {
		t.Error(out.String())
	}
}

// TestServerThatFails has the benchmark say what is wrong with a server.
func TestServerThatFails(t *testing.T) {
	sandbox.Require(t)
	file := filepath.Join(t.TempDir(), "broken.server")
	if err := os.WriteFile(file, []byte("program: /bin/cat\narguments: {dir}/no-such-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := Run(Options{
		Rounds: 1, Servers: []string{"broken"}, Loads: []string{"connection"}, More: []string{file}, Sizes: Short(),
		Out: io.Discard, Status: io.Discard,
	})
	for _, want := range []string{"connection on broken", "exit status 1", "no-such-file: No such file"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

// TestChoice refuses what is not there and leaves out what is not installed.
func TestChoice(t *testing.T) {
	if _, _, err := (Options{Loads: []string{"bluk"}, Out: io.Discard}).choose(); err == nil {
		t.Error("an unknown load was accepted")
	}
	if _, _, err := (Options{Servers: []string{"dandet"}, Out: io.Discard}).choose(); err == nil {
		t.Error("an unknown server was accepted")
	}
	file := filepath.Join(t.TempDir(), "absent.server")
	if err := os.WriteFile(file, []byte("program: /no/such/program\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	servers, all, err := Options{Servers: []string{"absent"}, More: []string{file}, Out: &out}.choose()
	if err != nil || len(servers) != 0 || len(all) != len(loads) {
		t.Errorf("%d servers, %d loads, %v", len(servers), len(all), err)
	}
	if !strings.Contains(out.String(), "absent is left out") {
		t.Errorf("it does not say that a server is left out: %q", out.String())
	}
}
