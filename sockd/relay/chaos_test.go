package relay

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// period is no divisor of the size of any buffer.
const period = 1021

// pattern is what every side sends, from the first byte on. It repeats.
var pattern = func() []byte {
	p := make([]byte, period)
	rand.NewChaCha8([32]byte{1}).Read(p)
	return bytes.Repeat(p, 1<<20/period+2)
}()

// actor is one application. It sends and reads portions of random sizes, and at some point ends one way or the other.
func (s *trial) actor(c *net.TCPConn, random *rand.Rand, send int, how string) (got int, failed bool) {
	var wait sync.WaitGroup
	seed := rand.NewPCG(random.Uint64(), 0)
	wait.Go(func() {
		random := rand.New(seed)
		for at := 0; at < send; {
			n := min(1+random.IntN(1<<random.IntN(20)), send-at)
			start := at % period
			if _, err := c.Write(pattern[start : start+n]); err != nil {
				return
			}
			at += n
		}
		switch how {
		case "half-close":
			c.CloseWrite()
		case "reset":
			reset(c)
		}
	})
	buffer := make([]byte, 1<<20)
	for {
		n, err := c.Read(buffer[:1+random.IntN(1<<random.IntN(20))])
		start := got % period
		if !bytes.Equal(buffer[:n], pattern[start:start+n]) {
			s.Errorf("wrong bytes at %d", got)
			return got, true
		}
		got += n
		if err != nil {
			wait.Wait()
			c.Close()
			return got, err != io.EOF
		}
	}
}

// Whatever the two sides do, bytes arrive in order, all of them if nobody resets, and every session ends, once.
func TestChaos(t *testing.T) {
	f := newFixture(t, 2)
	var wait sync.WaitGroup
	for round := range 300 {
		random := rand.New(rand.NewPCG(uint64(round), 7))
		send := [2]int{1 << random.IntN(23), 1 << random.IntN(23)}
		how := [2]string{"half-close", "half-close"}
		if random.IntN(3) == 0 {
			how[random.IntN(2)] = "reset"
		}
		s := f.start(func(s *Session) {
			s.Idle, s.FinWait = time.Duration(random.IntN(2))*time.Hour, time.Duration(random.IntN(2))*time.Hour
			if random.IntN(4) == 0 {
				s.Observe = func(Side, []byte) {}
			}
		})
		wait.Go(func() {
			var side sync.WaitGroup
			var got [2]int
			var failed [2]bool
			for i, c := range []*net.TCPConn{s.client, s.target} {
				random := rand.New(rand.NewPCG(uint64(round), uint64(i)))
				side.Go(func() { got[i], failed[i] = s.actor(c, random, send[i], how[i]) })
			}
			side.Wait()
			r := <-s.result
			clean := !strings.Contains(how[0]+how[1], "reset")
			if clean && (got != [2]int{send[1], send[0]} || failed != [2]bool{} || (r.Why != ClientClosed && r.Why != TargetClosed) ||
				!r.Counts.is(uint64(send[1]), uint64(send[0]), uint64(send[0]), uint64(send[1]))) {
				t.Errorf("round %d: sent %v, got %v, failed %v: %+v", round, send, got, failed, r)
			}
			if r.Counts.ClientWritten > r.Counts.TargetRead || r.Counts.TargetWritten > r.Counts.ClientRead {
				t.Errorf("round %d: written before it was read: %+v", round, r)
			}
			if len(s.result) > 0 {
				t.Errorf("round %d: ended twice", round)
			}
		})
		if round%50 == 49 {
			wait.Wait()
		}
	}
	wait.Wait()
	f.until("all are gone", func() bool { return f.relay.Active() == 0 })
}
