package privsep

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// maxFiles is how many descriptors the kernel takes in one packet (SCM_MAX_FD).
const maxFiles = 253

// socket is one end of a sequenced-packet pair.
type socket struct{ conn *net.UnixConn }

// NewPair makes two connected ends, for two children.
func NewPair() (one, other *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("socketpair", err)
	}
	return os.NewFile(uintptr(fds[0]), "pair"), os.NewFile(uintptr(fds[1]), "pair"), nil
}

// newPair makes two connected ends, the second for a child.
func newPair() (near *socket, far *os.File, err error) {
	own, far, err := NewPair()
	if err != nil {
		return nil, nil, err
	}
	if near, err = newSocket(own); err != nil {
		far.Close()
		return nil, nil, err
	}
	return near, far, nil
}

// newSocket takes over one end of a pair.
func newSocket(f *os.File) (*socket, error) {
	defer f.Close()
	kind, err := unix.GetsockoptInt(int(f.Fd()), unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil || kind != unix.SOCK_SEQPACKET {
		return nil, errors.New("not one end of a sequenced-packet pair")
	}
	c, err := net.FileConn(f)
	if err != nil {
		return nil, fmt.Errorf("taking over a socket: %w", err)
	}
	u, ok := c.(*net.UnixConn)
	if !ok {
		c.Close()
		return nil, errors.New("not a unix socket")
	}
	return &socket{u}, nil
}

func (s *socket) Close() error { return s.conn.Close() }

// send sends one packet, which the peer gets whole or not at all.
func (s *socket) send(b []byte, fs []*os.File) error {
	var rights []byte
	if len(fs) > 0 {
		fds := make([]int, len(fs))
		for i, f := range fs {
			c, err := f.SyscallConn()
			if err != nil {
				return err
			}
			// The file stays open until send returns: the caller holds it.
			if err := c.Control(func(fd uintptr) { fds[i] = int(fd) }); err != nil {
				return err
			}
		}
		rights = unix.UnixRights(fds...)
	}
	_, _, err := s.conn.WriteMsgUnix(b, rights, nil)
	return err
}

// receive gives one packet and the descriptors that came with it, which close on exec. The packet is in buf. On any
// error no descriptor is left open.
func (s *socket) receive(buf []byte) (packet []byte, fs []*os.File, err error) {
	oob := make([]byte, unix.CmsgSpace(4*maxFiles))
	n, oobn, flags, _, err := s.conn.ReadMsgUnix(buf, oob)
	fs, rightsErr := takeRights(oob[:oobn])
	switch {
	case err != nil:
	case n == 0:
		err = io.EOF
	case flags&unix.MSG_TRUNC != 0:
		err = fmt.Errorf("a packet of more than %d bytes", len(buf))
	case flags&unix.MSG_CTRUNC != 0:
		err = errors.New("more descriptors than there is room for")
	default:
		err = rightsErr
	}
	if err != nil {
		closeAll(fs)
		return nil, nil, err
	}
	return buf[:n], fs, nil
}

// takeRights gives the descriptors of control messages; also those before a mistake, so that they can be closed.
func takeRights(oob []byte) (fs []*os.File, err error) {
	messages, err := unix.ParseSocketControlMessage(oob)
	for _, m := range messages {
		fds, rightsErr := unix.ParseUnixRights(&m)
		if rightsErr != nil {
			err = errors.New("a control message that is no descriptors")
			continue
		}
		for _, fd := range fds {
			fs = append(fs, os.NewFile(uintptr(fd), "received"))
		}
	}
	return fs, err
}

func closeAll(fs []*os.File) {
	for _, f := range fs {
		f.Close()
	}
}

// gone tells whether an error means that the peer is not there any more.
func gone(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// patience is how long a peer may leave a packet of ours unread that the socket has no room for.
const patience = 10 * time.Second
