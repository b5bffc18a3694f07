package load

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
	"github.com/rustsocks/rustsocks/compat-tests/internal/target"
)

// largest is the size of the largest transfer in one direction.
const largest = 256 << 10

// transfersJob is how many transfers there are, all at the same time.
type transfersJob struct {
	Count int
	Seed  uint64
}

// transfersResult is what came of them.
type transfersResult struct {
	Finished int
	Bytes    int64
	Failures []string
	Seconds  float64
	Log      []string // of the daemon
}

// A transfer sends data through the daemon and gets other data back, both at
// once, each followed by its checksum and an end of file.
type transfer struct {
	number   int
	sessions socks.Session
	up, down []byte
}

// transfers is the role of a sandbox.
func transfers(in *json.Decoder, results *json.Encoder) error {
	var job transfersJob
	if err := in.Decode(&job); err != nil {
		return err
	}
	d, err := start("error")
	if err != nil {
		return err
	}
	targets, err := target.Listen(server)
	if err != nil {
		return err
	}
	defer targets.Close()

	all := makeTransfers(job)
	begin := time.Now()
	clients, ends, err := establish(all, targets)
	if err != nil {
		return fmt.Errorf("%w\nlog of the daemon:\n%s", err, strings.Join(d.Lines(), "\n"))
	}
	errs := make([]error, len(all))
	var running sync.WaitGroup
	for i := range all {
		running.Go(func() { errs[i] = all[i].run(clients[i], ends[i]) })
	}
	running.Wait()

	result := transfersResult{Seconds: time.Since(begin).Seconds()}
	for i, err := range errs {
		if err != nil {
			result.Failures = append(result.Failures, fmt.Sprintf("transfer %d: %v", i, err))
			continue
		}
		result.Finished++
		result.Bytes += int64(len(all[i].up) + len(all[i].down))
	}
	if err := d.AwaitRest(); err != nil {
		return err
	}
	result.Log = d.Lines()
	if err := results.Encode(result); err != nil {
		return err
	}
	return d.Stop()
}

// makeTransfers makes random transfers, the same for a seed.
func makeTransfers(job transfersJob) []transfer {
	random := rand.New(rand.NewPCG(job.Seed, 0))
	noise := rand.NewChaCha8([32]byte{byte(job.Seed)})
	data := func() []byte {
		b := make([]byte, random.IntN(largest+1))
		noise.Read(b)
		return b
	}
	kinds := []socks.Session{
		{Version: socks.Version5},
		{Version: socks.Version4},
		{Version: socks.Version5, User: "carol", Password: "carols-secret"},
	}
	all := make([]transfer, job.Count)
	for i := range all {
		all[i] = transfer{number: i, sessions: kinds[i%len(kinds)], up: data(), down: data()}
	}
	return all
}

// establish opens all sessions before the first byte of a transfer is sent, and
// pairs each client with its connection at the target.
func establish(all []transfer, targets *target.Servers) (clients, ends []*net.TCPConn, err error) {
	clients = make([]*net.TCPConn, len(all))
	ends = make([]*net.TCPConn, len(all))
	errs := make([]error, len(all))
	var running sync.WaitGroup
	for i := range all {
		running.Go(func() { clients[i], errs[i] = all[i].connect() })
	}
	running.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, nil, err
	}
	for range all {
		conn := targets.Next(deadline)
		if conn == nil {
			return nil, nil, errors.New("a session was granted but no connection came to the target")
		}
		conn.SetDeadline(time.Now().Add(deadline))
		var number [4]byte
		if _, err := io.ReadFull(conn, number[:]); err != nil {
			return nil, nil, fmt.Errorf("reading the number of a transfer: %w", err)
		}
		i := binary.BigEndian.Uint32(number[:])
		if int(i) >= len(ends) || ends[i] != nil {
			return nil, nil, fmt.Errorf("the target got a transfer number %d that is not, or not again, to come", i)
		}
		ends[i] = conn
	}
	return clients, ends, nil
}

// connect opens the session of a transfer and sends its number.
func (t transfer) connect() (*net.TCPConn, error) {
	to := open
	if t.sessions.User != "" {
		to = password
	}
	conn, err := dial(to)
	if err != nil {
		return nil, err
	}
	if err := t.sessions.Connect(conn, server); err != nil {
		return nil, fmt.Errorf("transfer %d: %w", t.number, err)
	}
	_, err = conn.Write(binary.BigEndian.AppendUint32(nil, uint32(t.number)))
	return conn, err
}

// run moves the data of a transfer both ways.
func (t transfer) run(client, end *net.TCPConn) error {
	defer client.Close()
	defer end.Close()
	var errs [4]error
	var running sync.WaitGroup
	running.Go(func() { errs[0] = send(client, t.up) })
	running.Go(func() { errs[1] = receive("up", end, t.up) })
	running.Go(func() { errs[2] = send(end, t.down) })
	running.Go(func() { errs[3] = receive("down", client, t.down) })
	running.Wait()
	return errors.Join(errs[:]...)
}

// send sends data, its checksum, and the end of file.
func send(conn *net.TCPConn, data []byte) error {
	sum := sha256.Sum256(data)
	if _, err := conn.Write(append(data[:len(data):len(data)], sum[:]...)); err != nil {
		return err
	}
	return conn.CloseWrite()
}

// receive reads to the end of file and checks everything.
func receive(direction string, conn *net.TCPConn, want []byte) error {
	got, err := io.ReadAll(conn)
	if err != nil {
		return fmt.Errorf("%s: after %d of %d bytes: %w", direction, len(got), len(want)+sha256.Size, err)
	}
	if len(got) != len(want)+sha256.Size {
		return fmt.Errorf("%s: %d bytes of %d", direction, len(got), len(want)+sha256.Size)
	}
	data, carried := got[:len(want)], got[len(want):]
	if sum := sha256.Sum256(data); !bytes.Equal(sum[:], carried) || !bytes.Equal(data, want) {
		return fmt.Errorf("%s: the bytes are not those that were sent", direction)
	}
	return nil
}
