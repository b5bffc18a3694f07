package relay

import (
	"bytes"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/sockd/kernel"
)

const (
	// bufferSize is how much is read at once, and how much a direction keeps at most, pipes aside.
	bufferSize = 64 << 10
	// turn is how many bytes a direction may move before other sessions have theirs.
	turn = 1 << 20
)

// move carries what there is from one side to the other, and returns whether the session goes on.
func (l *loop) move(s *session, from Side) bool {
	f, to := &s.flow[from], from.other()
	for moved := 0; ; {
		if errno := l.flush(s, from); errno != 0 {
			return l.fail(s, to, errno)
		}
		// What cannot be written is not read.
		if f.held() > 0 || f.ended || !s.end[from].readable || !s.end[to].writable {
			return true
		}
		if moved >= turn {
			l.again(s)
			return true
		}

		most := l.allowed(s)
		if most == 0 {
			l.pipes.giveBack(f)
			return true
		}

		n, errno := 0, syscall.Errno(0)
		if f.bulk && most >= bufferSize && l.pipes.lend(f) {
			n, errno = l.fill(s, from, most)
		} else {
			n, errno = l.read(s, from, most)
		}
		switch {
		case errno == syscall.EAGAIN && f.bulk && s.end[from].urgent:
			f.bulk = false // splice stops before urgent data
		case errno == syscall.EAGAIN:
			s.end[from].readable = false
			s.end[from].urgent = false
			l.pipes.giveBack(f)
			return true
		case errno != 0:
			return l.fail(s, from, errno)
		case f.ended:
			return l.passEnd(s, from)
		}
		moved += n
		l.spent(s, from, n)
		if errno := l.flush(s, from); errno != 0 {
			return l.fail(s, to, errno)
		}
		if len(f.kept) > 0 {
			f.kept = bytes.Clone(f.kept) // it was in the loop's buffer
		}
	}
}

// read takes what fits into the loop's buffer, and no more than most.
func (l *loop) read(s *session, from Side, most int) (int, syscall.Errno) {
	f := &s.flow[from]
	buffer := l.buffer[:min(most, len(l.buffer))]
	n, errno := recv(s.fd[from], buffer)
	if errno != 0 {
		return 0, errno
	}
	if s.observe != nil {
		s.observe(from, l.buffer[:n])
	}
	s.last = l.now
	if n == 0 {
		f.ended = true
		return 0, 0
	}
	s.counters.read(from, n)
	f.kept = l.buffer[:n]
	f.bulk = n == len(l.buffer) && s.observe == nil
	if n < len(buffer) && !s.end[from].urgent {
		s.end[from].readable = false
	}
	return n, 0
}

// fill takes what fits into the pipe, and no more than most. As that goes by pages, taking less says nothing about what
// is left.
func (l *loop) fill(s *session, from Side, most int) (int, syscall.Errno) {
	f := &s.flow[from]
	n, errno := splice(s.fd[from], f.pipe.in, min(most, pipeFill))
	if errno != 0 {
		return 0, errno
	}
	if n == 0 {
		// The end, or the end behind urgent data. A read can tell.
		f.bulk = false
		return 0, 0
	}
	s.last = l.now
	s.counters.read(from, n)
	f.inPipe = int32(n)
	f.bulk = n >= bufferSize
	return n, 0
}

// flush writes what is held, as far as the socket takes it.
func (l *loop) flush(s *session, from Side) syscall.Errno {
	f, to := &s.flow[from], from.other()
	for f.held() > 0 && s.end[to].writable {
		n, errno := 0, syscall.Errno(0)
		if len(f.kept) > 0 {
			n, errno = kernel.Send(int(s.fd[to]), f.kept)
		} else {
			n, errno = splice(f.pipe.out, s.fd[to], int(f.inPipe))
		}
		if errno == syscall.EAGAIN {
			l.block(s, to)
			return 0
		}
		if errno != 0 {
			return errno
		}
		s.counters.written(to, n)
		s.last = l.now
		if len(f.kept) == 0 {
			f.inPipe -= int32(n)
		} else if f.kept = f.kept[n:]; len(f.kept) == 0 {
			f.kept = nil
		}
	}
	if !f.bulk {
		l.pipes.giveBack(f)
	}
	return 0
}

// passEnd tells the other side that nothing more will come.
func (l *loop) passEnd(s *session, from Side) bool {
	to := from.other()
	l.pipes.giveBack(&s.flow[from])
	if s.flow[to].ended {
		l.finish(s, Result{Why: closed(s.first)})
		return false
	}
	s.first = from
	if err := kernel.ShutdownWrite(int(s.fd[to])); err != nil {
		return l.fail(s, to, err.(syscall.Errno))
	}
	l.timers.arm(s)
	return true
}

// fail ends a session because of an error of a side. The other side is told with a reset, unless it has been told
// already that nothing more will come: then all that could be lost with the error has arrived.
func (l *loop) fail(s *session, side Side, errno syscall.Errno) bool {
	if !s.flow[side].ended {
		unix.SetsockoptLinger(int(s.fd[side.other()]), unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	}
	l.finish(s, Result{Why: failed(side), Err: errno})
	return false
}

func closed(first Side) Why {
	if first == Client {
		return ClientClosed
	}
	return TargetClosed
}

func failed(side Side) Why {
	if side == Client {
		return ClientError
	}
	return TargetError
}
