package load

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
	"github.com/rustsocks/rustsocks/compat-tests/internal/target"
)

// noiseJob is how many random byte strings to send.
type noiseJob struct {
	Count int
	Seed  uint64
}

// noiseResult is what came of them.
type noiseResult struct {
	Sent     int
	Answered int // strings the daemon had something to say to
	Failures []string
	Alive    bool
	Serving  string // what is wrong with a proper session afterwards
	Log      []string
}

// atOnce is how many strings are on their way at a time.
const atOnce = 32

// noise is the role of a sandbox.
func noise(in *json.Decoder, results *json.Encoder) error {
	var job noiseJob
	if err := in.Decode(&job); err != nil {
		return err
	}
	d, err := start("error")
	if err != nil {
		return err
	}
	result, err := throw(job)
	if err != nil {
		return err
	}
	if err := d.AwaitRest(); err != nil {
		result.Failures = append(result.Failures, err.Error())
	}
	result.Alive = d.Alive()
	if err := properSession(); err != nil {
		result.Serving = err.Error()
	}
	result.Log = d.Lines()
	if err := results.Encode(result); err != nil {
		return err
	}
	return d.Stop()
}

// throw sends all strings. Some of them are good requests for the target,
// which closes every connection.
func throw(job noiseJob) (noiseResult, error) {
	listener, err := net.Listen("tcp4", server.String())
	if err != nil {
		return noiseResult{}, err
	}
	defer listener.Close()
	go closeAll(listener)

	var next, answered atomic.Int64
	var mu sync.Mutex
	var result noiseResult
	var running sync.WaitGroup
	for range atOnce {
		running.Go(func() {
			for {
				number := next.Add(1) - 1
				if number >= int64(job.Count) {
					return
				}
				text := randomString(job.Seed, uint64(number))
				got, err := throwOne(text)
				if got > 0 {
					answered.Add(1)
				}
				mu.Lock()
				result.Sent++
				if err != nil {
					result.Failures = append(result.Failures, fmt.Sprintf("string %d, % x: %v", number, text, err))
				}
				mu.Unlock()
			}
		})
	}
	running.Wait()
	result.Answered = int(answered.Load())
	return result, nil
}

func closeAll(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		conn.Close()
	}
}

// throwOne sends a string and an end of file, and waits for the daemon to end
// the connection too.
func throwOne(text []byte) (answered int64, err error) {
	conn, err := dial(open)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	// The daemon may have seen enough before the end; then writing fails.
	conn.Write(text)
	conn.CloseWrite()
	answered, err = io.Copy(io.Discard, conn)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return answered, errors.New("the daemon does not end the connection")
	}
	return answered, nil
}

// randomString is pure noise, or noise after a beginning that leads further
// into the daemon.
func randomString(seed, number uint64) []byte {
	random := rand.New(rand.NewPCG(seed, number))
	text := make([]byte, random.IntN(600))
	for i := range text {
		text[i] = byte(random.Uint32())
	}
	greeting := socks.Greeting(socks.NoAuthentication)
	beginnings := [][]byte{
		nil,
		{socks.Version5},
		{socks.Version4},
		{socks.Version4, socks.Connect},
		greeting,
		slices.Concat(greeting, []byte{socks.Version5, byte(random.IntN(5))}),
		slices.Concat(greeting, []byte{socks.Version5, socks.Connect, 0, byte(random.IntN(6))}),
		slices.Concat(greeting, socks.Request5(socks.Connect, server)),
	}
	return slices.Concat(beginnings[random.IntN(len(beginnings))], text)
}

// properSession makes sure that the daemon still serves.
func properSession() error {
	targets, err := target.Listen(server)
	if err != nil {
		return err
	}
	defer targets.Close()
	all := makeTransfers(transfersJob{Count: 3, Seed: 1})
	clients, ends, err := establish(all, targets)
	if err != nil {
		return err
	}
	for i := range all {
		err = errors.Join(err, all[i].run(clients[i], ends[i]))
	}
	return err
}
