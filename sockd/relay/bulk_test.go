package relay

import (
	"bytes"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// source sends total pseudo-random bytes in pieces of all sizes and returns their sum.
func source(t testing.TB, to io.Writer, total int, seed byte) uint32 {
	noise := rand.NewChaCha8([32]byte{seed})
	random := rand.New(noise)
	block := make([]byte, 1<<20)
	noise.Read(block)
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	for total > 0 {
		size := 1 + random.IntN(64)
		switch random.IntN(4) {
		case 0:
			size = 1 + random.IntN(4096)
		case 1:
			size = 1 + random.IntN(bufferSize*2)
		case 2:
			size = 1 + random.IntN(len(block))
		}
		size = min(size, total)
		at := random.IntN(len(block) - size + 1)
		sum.Write(block[at : at+size])
		if _, err := to.Write(block[at : at+size]); err != nil {
			t.Error(err)
			break
		}
		total -= size
	}
	return sum.Sum32()
}

// drain reads to the end and returns the sum.
func drain(t testing.TB, from io.Reader) (uint32, int64) {
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	n, err := io.CopyBuffer(sum, struct{ io.Reader }{from}, make([]byte, 128<<10))
	if err != nil {
		t.Error(err)
	}
	return sum.Sum32(), n
}

// transfer sends total bytes one way, with a half-close behind, and checks them.
func transfer(t testing.TB, from, to *net.TCPConn, total int, seed byte) {
	var wait sync.WaitGroup
	var sent uint32
	wait.Go(func() {
		sent = source(t, from, total, seed)
		from.CloseWrite()
	})
	got, n := drain(t, to)
	wait.Wait()
	if got != sent || n != int64(total) {
		t.Errorf("%d of %d bytes, sums %x and %x", n, total, got, sent)
	}
}

func TestBulkBothWays(t *testing.T) {
	for name, observe := range map[string]func(Side, []byte){"splice": nil, "observed": func(Side, []byte) {}} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, 2)
			const total = 80 << 20
			var all []*trial
			var wait sync.WaitGroup
			for i := range 2 {
				s := f.start(func(s *Session) { s.Observe = observe })
				all = append(all, s)
				wait.Go(func() { transfer(t, s.client, s.target, total, byte(2*i)) })
				wait.Go(func() { transfer(t, s.target, s.client, total, byte(2*i+1)) })
			}
			wait.Wait()
			for _, s := range all {
				r := s.end()
				if (r.Why != ClientClosed && r.Why != TargetClosed) || !r.Counts.is(total, total, total, total) {
					t.Errorf("%+v", r)
				}
			}
		})
	}
}

// With one way closed before anything is sent, megabytes arrive the other way.
func TestHalfClose(t *testing.T) {
	const total = 20 << 20
	f := newFixture(t, 1)
	s := f.start(nil)
	s.client.CloseWrite()
	if got := s.rest(s.target); got != "0, end" {
		t.Fatal(got)
	}
	transfer(t, s.target, s.client, total, 1)
	if r := s.over(); r.Why != ClientClosed || !r.Counts.is(total, 0, 0, total) {
		t.Errorf("%+v", r)
	}
	s = f.start(nil)
	s.target.CloseWrite()
	if got := s.rest(s.client); got != "0, end" {
		t.Fatal(got)
	}
	transfer(t, s.client, s.target, total, 1)
	if r := s.over(); r.Why != TargetClosed || !r.Counts.is(0, total, total, 0) {
		t.Errorf("%+v", r)
	}
}

// push writes until nothing more fits anywhere, and returns how many bytes of p, over and over, that took.
func push(s *trial, from *net.TCPConn, side Side, p []byte) int {
	raw, err := from.SyscallConn()
	if err != nil {
		s.Fatal(err)
	}
	total := 0
	var before Snapshot
	s.until("nothing moves any more", func() bool {
		moved := false
		raw.Write(func(fd uintptr) bool {
			for {
				n, err := unix.Write(int(fd), p[total%len(p):])
				if n <= 0 || err != nil {
					return true
				}
				total += n
				moved = true
			}
		})
		shot := s.snapshot()
		still := !moved && shot.Counts == before.Counts && shot.To == before.To && shot.To[side.other()].Unread > 0
		before = shot
		return still
	})
	return total
}

// A reader that does not read stops the sender, and what the relay holds has a bound.
func TestBackpressure(t *testing.T) {
	p := make([]byte, 1<<20)
	for i := range p {
		p[i] = byte(i * i >> 8)
	}
	for name, c := range map[string]struct {
		observe func(Side, []byte)
		bound   int
	}{
		"splice":   {nil, pipeSize + bufferSize},
		"observed": {func(Side, []byte) {}, bufferSize},
	} {
		for _, side := range []Side{Client, Target} {
			t.Run(name+[]string{" from client", " from target"}[side], func(t *testing.T) {
				f := newFixture(t, 1)
				s := f.start(func(s *Session) { s.Observe = c.observe })
				from, to := s.client, s.target
				if side == Target {
					from, to = to, from
				}
				total := push(s, from, side, p)
				shot := s.snapshot()
				held := shot.To[side.other()].Held
				if held == 0 || held > c.bound {
					t.Errorf("holds %d bytes", held)
				}
				t.Logf("%d bytes until all was full, %d of them in the relay", total, held)

				// The other way is free.
				s.send(to, "other way")
				s.expect(from, "other way")

				got := make([]byte, total)
				if _, err := io.ReadFull(to, got); err != nil {
					t.Fatal(err)
				}
				for at := 0; at < total; at += len(p) {
					if n := min(len(p), total-at); !bytes.Equal(got[at:at+n], p[:n]) {
						t.Fatalf("wrong bytes behind %d", at)
					}
				}
				s.send(from, "end")
				s.expect(to, "end")
				s.end()
			})
		}
	}
}

// A reset ends a session whose other direction is stuck, and is passed on.
func TestResetWhileStuck(t *testing.T) {
	f := newFixture(t, 1)
	s := f.start(nil)
	total := push(s, s.client, Client, make([]byte, 1<<20))
	reset(s.target)
	if got := s.rest(s.client); got != "0, connection reset by peer" {
		t.Error(got)
	}
	r := s.end()
	if r.Why != TargetError || r.Err != unix.ECONNRESET || r.Counts.ClientRead >= uint64(total) || r.Counts.TargetWritten >= r.Counts.ClientRead {
		t.Errorf("%d sent, %+v", total, r)
	}
}

// All that came before a reset is written, though the reader is slow; then comes the reset.
func TestResetBehindBacklog(t *testing.T) {
	f := newFixture(t, 1)
	s := f.start(nil)
	push(s, s.target, Target, make([]byte, 1<<20))
	before := s.snapshot()
	reset(s.target)
	n, err := io.Copy(io.Discard, s.client)
	if !errors.Is(err, unix.ECONNRESET) {
		t.Error(err)
	}
	r := s.over()
	if r.Why != TargetError || r.Err != unix.ECONNRESET {
		t.Errorf("%+v", r)
	}
	// How much of what was written arrives is the kernel's affair.
	if r.Counts.TargetRead < before.Counts.TargetRead+uint64(before.To[Client].Unread) ||
		r.Counts.ClientWritten != r.Counts.TargetRead || uint64(n) > r.Counts.ClientWritten {
		t.Errorf("%d bytes arrived, before %+v, after %+v", n, before, r)
	}
}

// More stuck bulk transfers than there are pipes.
func TestMoreBulkThanPipes(t *testing.T) {
	f := newFixture(t, 1)
	const total = 16 << 20
	var all []*trial
	var wait sync.WaitGroup
	for i := range allPipes + 8 {
		s := f.start(nil)
		all = append(all, s)
		wait.Go(func() {
			source(t, s.client, total, byte(i))
			s.client.CloseWrite()
		})
	}
	f.until("all are stuck", func() bool {
		for _, shot := range f.relay.Snapshots() {
			if shot.To[Target].Held == 0 {
				return false
			}
		}
		return true
	})
	if n := files(t) - f.files; n > 4*len(all)+2*allPipes+3 {
		t.Errorf("%d descriptors", n)
	}
	for i, s := range all {
		sum := source(t, io.Discard, total, byte(i))
		s.target.CloseWrite()
		if got, n := drain(t, s.target); got != sum || n != total {
			t.Errorf("session %d: %d bytes", i, n)
		}
		s.end()
	}
	wait.Wait()
	// Without transfers there are the spare pipes, the epoll instance and the eventfd.
	f.until("the pipes are given up", func() bool { return files(t)-f.files <= 2*sparePipes+2 })
}

// Urgent bytes arrive in line and in order, with splice too.
func TestUrgent(t *testing.T) {
	f := newFixture(t, 1)
	s := f.start(nil)
	urgent := func(c *net.TCPConn, b byte) {
		raw, err := c.SyscallConn()
		if err != nil {
			t.Fatal(err)
		}
		raw.Write(func(fd uintptr) bool {
			err = unix.Sendto(int(fd), []byte{b}, unix.MSG_OOB, nil)
			return err != unix.EAGAIN
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	release := f.hold()
	s.send(s.client, "abc")
	urgent(s.client, '!')
	s.send(s.client, "def")
	urgent(s.client, '?')
	s.send(s.client, "ghi")
	release()
	s.expect(s.target, "abc!def?ghi")

	block := bytes.Repeat([]byte("0123456789abcdef"), 16<<10)
	var want []byte
	for i := range 40 {
		want = append(append(want, block...), byte('A'+i))
	}
	go func() {
		for i := range 40 {
			s.client.Write(block)
			urgent(s.client, byte('A'+i))
		}
	}()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(s.target, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v, equal %v", err, bytes.Equal(got, want))
	}
	s.client.Close()
	if got := s.rest(s.target); got != "0, end" {
		t.Error(got)
	}
	s.end()
}
