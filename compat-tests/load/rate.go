package load

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
)

// rateJob is how many connections to make: each is connect, greeting, CONNECT,
// 64 bytes there and back, close.
type rateJob struct {
	Count  int
	AtOnce int
	Log    string // what the rules log
}

// rateResult is what they took.
type rateResult struct {
	Seconds float64
	CPU     float64 // seconds, of all processes of the daemon
}

const pingSize = 64

// rate is the role of a sandbox.
func rate(in *json.Decoder, results *json.Encoder) error {
	var job rateJob
	if err := in.Decode(&job); err != nil {
		return err
	}
	d, err := start(job.Log)
	if err != nil {
		return err
	}
	if err := echo(); err != nil {
		return err
	}
	// The first connections make the daemon grow to the size it needs.
	if err := connections(job.Count/10, job.AtOnce); err != nil {
		return err
	}
	if err := d.AwaitRest(); err != nil {
		return err
	}
	before, err := daemon.CPU()
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := connections(job.Count, job.AtOnce); err != nil {
		return err
	}
	seconds := time.Since(begin).Seconds()
	if err := d.AwaitRest(); err != nil {
		return err
	}
	after, err := daemon.CPU()
	if err != nil {
		return err
	}
	if err := results.Encode(rateResult{Seconds: seconds, CPU: (after - before).Seconds()}); err != nil {
		return err
	}
	return d.Stop()
}

// echo answers every connection with what it sends.
func echo() error {
	listener, err := net.Listen("tcp4", server.String())
	if err != nil {
		return err
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				var buffer [pingSize]byte
				for {
					n, err := conn.Read(buffer[:])
					if err != nil {
						return
					}
					conn.Write(buffer[:n])
				}
			}()
		}
	}()
	return nil
}

// connections makes a number of connections, some at once.
func connections(count, atOnce int) error {
	var next atomic.Int64
	errs := make([]error, atOnce)
	var running sync.WaitGroup
	for i := range atOnce {
		running.Go(func() {
			for next.Add(1) <= int64(count) && errs[i] == nil {
				errs[i] = connection()
			}
		})
	}
	running.Wait()
	return errors.Join(errs...)
}

func connection() error {
	conn, err := dial(open)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := (socks.Session{Version: socks.Version5}).Connect(conn, server); err != nil {
		return err
	}
	ping := strings.Repeat("x", pingSize)
	if _, err := io.WriteString(conn, ping); err != nil {
		return err
	}
	pong := make([]byte, pingSize)
	if _, err := io.ReadFull(conn, pong); err != nil {
		return err
	}
	if string(pong) != ping {
		return fmt.Errorf("sent %q, got %q", ping, pong)
	}
	return nil
}

// processors is the number of processors, for the report.
func processors() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "?"
	}
	return fmt.Sprint(strings.Count(string(text), "processor\t"))
}
