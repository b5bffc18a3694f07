package logx

import (
	"bytes"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// How much a stream keeps before it is written even if somebody holds it, and how much is written at once to what is
// no regular file: that much a pipe takes whole or not at all, so that the lines of several processes do not mix.
const (
	heldMost = 32 << 10
	pipeMost = 4 << 10
)

// streamPatience is how long a line waits for a stream that takes nothing. Who reads a log and does not go on must not
// stop the service for ever; until it goes on, lines are lost and counted.
const streamPatience = time.Second

// A stream is what is on its way to a file, pipe or terminal.
type stream struct {
	gap func(lost uint64) []byte // the line that says that so many were lost; nil says nothing

	mu      sync.Mutex
	pending []byte // whole lines
	looked  bool   // whether it is regular is known
	regular bool
	stuck   bool   // it took nothing for too long
	lost    uint64 // lines since
}

// add writes a line with its end, now or, when it is held, with others later. It returns how many lines were lost.
func (s *stream) add(f *os.File, line []byte, held bool) (lost uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = append(s.pending, line...)
	if held && len(s.pending) < heldMost {
		return 0
	}
	return s.write(f)
}

// flush writes what is pending.
func (s *stream) flush(f *os.File) (lost uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending) == 0 {
		return 0
	}
	return s.write(f)
}

// write writes all that is pending. The caller holds the lock.
func (s *stream) write(f *os.File) (lost uint64) {
	if !s.looked {
		info, err := f.Stat()
		s.looked, s.regular = true, err == nil && info.Mode().IsRegular()
	}
	for rest := s.pending; len(rest) > 0; {
		part := rest
		if !s.regular {
			part = wholeLines(rest, pipeMost)
		}
		rest = rest[len(part):]
		if !s.put(f, part) {
			n := uint64(bytes.Count(part, []byte{'\n'}))
			s.lost += n
			lost += n
		}
	}
	if cap(s.pending) > 2*heldMost {
		s.pending = nil
	}
	s.pending = s.pending[:0]
	return lost
}

// put writes a part, if the stream takes it in time.
func (s *stream) put(f *os.File, part []byte) bool {
	if !s.regular {
		patience := streamPatience
		if s.stuck {
			patience = 0
		}
		if s.stuck = !writable(f, patience); s.stuck {
			return false
		}
	}
	if s.lost > 0 && s.gap != nil {
		if _, err := f.Write(s.gap(s.lost)); err != nil {
			return false
		}
		s.lost = 0
	}
	_, err := f.Write(part)
	return err == nil
}

// wholeLines is the beginning of lines, as many as fit into most bytes, and at least one.
func wholeLines(lines []byte, most int) []byte {
	if len(lines) <= most {
		return lines
	}
	if end := bytes.LastIndexByte(lines[:most], '\n'); end >= 0 {
		return lines[:end+1]
	}
	return lines[:bytes.IndexByte(lines, '\n')+1]
}

// writable waits until a write to f need not wait. What cannot be asked is taken to be.
func writable(f *os.File, patience time.Duration) bool {
	raw, err := f.SyscallConn()
	if err != nil {
		return true
	}
	ok := true
	_ = raw.Control(func(fd uintptr) {
		deadline := time.Now().Add(patience)
		for {
			n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}, int(max(0, time.Until(deadline)).Milliseconds()))
			if err == unix.EINTR && time.Now().Before(deadline) {
				continue
			}
			ok = n > 0 || err != nil && err != unix.EINTR
			return
		}
	})
	return ok
}
