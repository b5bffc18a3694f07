package udp

import (
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	largest  = 1<<16 - 1 // more than fits into a datagram
	headroom = 32        // before a datagram, for the header of a reply
	// How many datagrams are taken at once. One that is taken of two tells that there is no more.
	fewestAtOnce = 2
	mostAtOnce   = 32
	// mostRounds is for how many batches an association may have its turn.
	mostRounds = 4
	// mostHeld bounds what of a batch is kept while a handler has to find out something. The rest is dropped, as the
	// kernel drops what finds no room.
	mostHeld = 128 << 10
)

// A batch is datagrams that are taken from the kernel or given to it in one call.
type batch struct {
	messages [mostAtOnce]message
	vectors  [mostAtOnce]unix.Iovec
	names    [mostAtOnce]rawAddress
	buffers  []byte
	size     int // how many are collected

	// Of a batch that is collected.
	fd      int32  // where it leaves
	from    Socket // where it came from
	account Socket // the target socket it counts for
}

// makeRoom makes it one that datagrams are taken into. Of the memory, the kernel gives only what is written to.
func (b *batch) makeRoom() {
	b.buffers = make([]byte, mostAtOnce*(headroom+largest))
	for i := range b.messages {
		h := &b.messages[i].header
		b.vectors[i].Base = &b.buffer(i)[headroom]
		b.vectors[i].SetLen(largest)
		h.Iov = &b.vectors[i]
		h.SetIovlen(1)
		h.Name = &b.names[i].bytes[0]
	}
}

func (b *batch) buffer(i int) []byte {
	return b.buffers[i*(headroom+largest) : (i+1)*(headroom+largest)]
}

// take takes up to n datagrams from a socket.
func (b *batch) take(fd int32, n int) (int, syscall.Errno) {
	for i := range n {
		b.messages[i].header.Namelen = uint32(len(b.names[i].bytes))
	}
	got, errno := receiveMany(fd, b.messages[:n])
	for i := range got {
		b.names[i].size = b.messages[i].header.Namelen
	}
	return got, errno
}

// datagram is one that was taken, with room before it.
func (b *batch) datagram(i int) (whole, p []byte) {
	whole = b.buffer(i)
	return whole, whole[headroom : headroom+int(b.messages[i].size)]
}

// add collects one that is to be sent, to an address or, without, to whom the socket is connected to. Its bytes and
// the address must stay until it is sent.
func (b *batch) add(p []byte, to *rawAddress) {
	i := b.size
	b.size++
	v, h := &b.vectors[i], &b.messages[i].header
	v.Base = unsafe.SliceData(p)
	v.SetLen(len(p))
	h.Iov = v
	h.SetIovlen(1)
	h.Name, h.Namelen = nil, 0
	if to != nil {
		h.Name, h.Namelen = &to.bytes[0], to.size
	}
}

// receive takes datagrams that have come to a socket, and sends on those for which a way is set; the handler sees the
// others.
func (l *loop) receive(a *Association, s Socket) {
	if l.in.buffers == nil { // who has no associations needs none
		l.in.makeRoom()
	}
	for range mostRounds {
		if l.pause(a) {
			return
		}
		depth := max(a.depth[s], fewestAtOnce)
		n, errno := l.in.take(a.fd[s], depth)
		switch errno {
		case 0:
		case unix.EAGAIN:
			a.readable[s], a.depth[s] = false, 0
			return
		default:
			a.last = l.now
			if s != Client {
				a.reported = a.traffic[s]
			}
			a.Handler.Delayed(a, s, errno)
			if a.over || a.waiting {
				return
			}
			continue
		}
		a.last = l.now
		l.in.spend(a.bandwidth, n)
		if s == Client {
			l.fromClient(a, n)
		} else {
			l.fromTarget(a, s, n)
		}
		if a.over {
			return
		}
		if n < depth {
			a.readable[s], a.depth[s] = false, 0
			return
		}
		a.depth[s] = min(2*depth, mostAtOnce)
		if a.waiting {
			return
		}
	}
	l.again(a)
}

// fromClient passes on n datagrams of the batch.
func (l *loop) fromClient(a *Association, n int) {
	f := &a.forward
	for i := range n {
		_, p := l.in.datagram(i)
		if f.set && !a.waiting && len(p) >= len(f.header) && string(p[:len(f.header)]) == string(f.header) {
			a.traffic[f.socket].ClientRead.add(len(p))
			to := &f.to
			if f.connected {
				to = nil
			}
			l.collect(a, Client, f.socket, p[len(f.header):], to, f.socket)
			continue
		}
		l.flush(a)
		if a.waiting {
			a.hold(Client, l.in.names[i].get(), p)
			continue
		}
		l.datagram(a, l.in.names[i].get(), p)
		if a.over {
			return
		}
	}
	l.flush(a)
}

// fromTarget passes on n replies of the batch.
func (l *loop) fromTarget(a *Association, s Socket, n int) {
	b, t := &a.back[s], &a.traffic[s]
	for i := range n {
		whole, p := l.in.datagram(i)
		if b.set && !a.waiting && (b.any || b.from.same(&l.in.names[i])) {
			t.TargetRead.add(len(p))
			begin := headroom - b.size
			copy(whole[begin:], b.header[:b.size])
			l.collect(a, s, Client, whole[begin:headroom+len(p)], nil, s)
			continue
		}
		l.flush(a)
		if a.waiting {
			a.hold(s, l.in.names[i].get(), p)
			continue
		}
		l.reply(a, s, l.in.names[i].get(), p)
		if a.over {
			return
		}
	}
	l.flush(a)
}

// datagram shows the handler a datagram of the client. The way of those before ends with it.
func (l *loop) datagram(a *Association, from netip.AddrPort, p []byte) {
	a.forward.set = false
	a.Handler.Datagram(a, from, p)
}

// reply shows the handler a reply.
func (l *loop) reply(a *Association, s Socket, from netip.AddrPort, p []byte) {
	t := &a.traffic[s]
	a.reported = *t
	t.TargetRead.add(len(p))
	a.Handler.Reply(a, s, from, p)
}

// hold keeps a datagram, if there is room.
func (a *Association) hold(s Socket, from netip.AddrPort, p []byte) {
	if a.keeping+len(p) > mostHeld {
		return
	}
	a.keeping += len(p)
	a.held = append(a.held, held{at: s, from: from, data: append([]byte(nil), p...)})
}

// release shows the handler what was held.
func (l *loop) release(a *Association) {
	for len(a.held) > 0 && !a.waiting && !a.over {
		h := a.held[0]
		a.held[0] = held{}
		a.held = a.held[1:]
		a.keeping -= len(h.data)
		if h.at == Client {
			l.datagram(a, h.from, h.data)
		} else {
			l.reply(a, h.at, h.from, h.data)
		}
	}
	if len(a.held) == 0 {
		a.held = nil
	}
}

// collect adds a datagram to those that leave by one socket with the next call.
func (l *loop) collect(a *Association, from, to Socket, p []byte, address *rawAddress, account Socket) {
	o := &l.out
	if o.size > 0 && o.fd != a.fd[to] {
		l.flush(a)
	}
	o.fd, o.from, o.account = a.fd[to], from, account
	o.add(p, address)
}

// flush sends what was collected.
func (l *loop) flush(a *Association) {
	o := &l.out
	n := o.size
	o.size = 0
	for at := 0; at < n && !a.over; {
		sent, errno := 1, syscall.Errno(0)
		if n-at == 1 {
			errno = sendMessage(o.fd, &o.messages[at])
		} else {
			sent, errno = sendMany(o.fd, o.messages[at:n])
		}
		if errno != 0 {
			// It is about the first.
			if o.from != Client {
				a.reported = a.traffic[o.account]
			}
			a.Handler.Unsent(a, o.from, int(o.vectors[at].Len), errno)
			at++
			continue
		}
		for ; sent > 0; sent-- {
			l.count(a, int(o.vectors[at].Len))
			at++
		}
	}
}

// count counts a datagram that was sent.
func (l *loop) count(a *Association, size int) {
	if l.out.from == Client {
		a.sent(l.out.account, l.out.account, size)
		return
	}
	a.reported = a.traffic[l.out.account]
	a.sent(Client, l.out.account, size)
}
