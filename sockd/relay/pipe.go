package relay

import "golang.org/x/sys/unix"

const (
	// pipeSize is how much a pipe is asked to hold. Where it is not granted a pipe holds what it does by default.
	pipeSize = 1 << 20
	// pipeFill is how much is put into it at once. A session with a slow reader holds no more than that: under 1 MB, with
	// all it has besides.
	pipeFill = 7 * pipeSize / 8
	// allPipes is how many pipes the loops of a relay may have together, at least two each. A user may have 16,384
	// pages in pipes by default, and gets useless ones beyond that: this is less.
	allPipes = 48
	// sparePipes is how many of them a loop keeps for the next bulk transfer.
	sparePipes = 4
)

// A pipe is what splice needs between two sockets.
type pipe struct{ in, out int32 }

func newPipe() (*pipe, error) {
	var fd [2]int
	if err := unix.Pipe2(fd[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		return nil, err
	}
	unix.FcntlInt(uintptr(fd[1]), unix.F_SETPIPE_SZ, pipeSize)
	return &pipe{in: int32(fd[1]), out: int32(fd[0])}, nil
}

func (p *pipe) close() {
	unix.Close(int(p.in))
	unix.Close(int(p.out))
}

// pipes are the pipes of a loop. A transfer has one while it is bulk and either moves or is stuck.
type pipes struct {
	spare []*pipe
	lent  int
	most  int // that may be lent
}

// lend gives a flow a pipe, if it has none and there is one.
func (p *pipes) lend(f *flow) bool {
	if f.pipe != nil {
		return true
	}
	if n := len(p.spare); n > 0 {
		f.pipe, p.spare = p.spare[n-1], p.spare[:n-1]
	} else if p.lent == p.most {
		return false
	} else if made, err := newPipe(); err == nil {
		f.pipe = made
	} else {
		return false
	}
	p.lent++
	return true
}

// giveBack takes the pipe of a flow, if it has one that is empty.
func (p *pipes) giveBack(f *flow) {
	if f.pipe != nil && f.inPipe == 0 {
		p.take(f)
	}
}

// take takes the pipe of a flow, if it has one. What is in it is lost.
func (p *pipes) take(f *flow) {
	if f.pipe == nil {
		return
	}
	if f.inPipe > 0 || len(p.spare) == sparePipes {
		f.pipe.close()
	} else {
		p.spare = append(p.spare, f.pipe)
	}
	f.pipe, f.inPipe = nil, 0
	p.lent--
}

func (p *pipes) close() {
	for _, spare := range p.spare {
		spare.close()
	}
	p.spare = nil
}
