// Package soak holds the daemon to what its relay promises under stress: many
// idle sessions (idle.go), sessions of all kinds that end in all ways, with
// their bytes counted (mixed.go), ends of streams and slow readers (slow.go),
// and shared bandwidth (bandwidth.go). What it sees of the daemon is what it
// relays, what it logs, and what the kernel says of its process (worker.go). It
// is not a benchmark: figures are printed, and fail only where they break a
// promise.
package soak

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
)

// program is the name of the daemon in its sandbox.
const program = "daemon"

// Where the daemon listens and where it is sent to.
var (
	open   = netip.MustParseAddrPort("127.0.0.1:1080")
	server = netip.MustParseAddrPort("127.0.0.2:7000")
)

// config is the configuration of the daemon, with socks rules before the one
// that lets everything pass.
func config(rules string) string {
	return `
logoutput: stderr
internal: 127.0.0.1 port = 1080
external: 127.0.0.20
user.privileged: root
user.unprivileged: nobody
clientmethod: none
socksmethod: none
client pass {
	from: 0/0 to: 0/0
	log: error
}
` + rules + `
socks pass {
	from: 0/0 to: 0/0
	command: connect
	log: disconnect error
}
`
}

// descriptors is how many files a process may have open here: the daemon's
// worker, and this one with both ends of all sessions.
const descriptors = 20_000

// deadline is what one step of a session may take, with all others beside it.
const deadline = time.Minute

// scene is a running daemon with a target behind it.
type scene struct {
	*daemon.Daemon
	listener net.Listener
	next     atomic.Uint32
	waiting  sync.Map // the number of a session to the channel of its target
}

// start starts the daemon and the target.
func start(rules string) (*scene, error) {
	limit := unix.Rlimit{Cur: descriptors, Max: descriptors}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return nil, fmt.Errorf("limit of open files: %w", err)
	}
	d, err := daemon.Start(sandbox.Program(program), config(rules))
	if err != nil {
		return nil, err
	}
	s := &scene{Daemon: d}
	if s.listener, err = net.Listen("tcp4", server.String()); err != nil {
		return nil, err
	}
	go s.accept()
	return s, nil
}

// accept hands each connection at the target to who waits for its session,
// whose first four bytes are its number.
func (s *scene) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		go func() {
			var number [4]byte
			conn.SetDeadline(time.Now().Add(deadline))
			_, err := io.ReadFull(conn, number[:])
			to, known := s.waiting.LoadAndDelete(binary.BigEndian.Uint32(number[:]))
			if err != nil || !known {
				conn.Close()
				return
			}
			to.(chan *net.TCPConn) <- conn.(*net.TCPConn)
		}()
	}
}

// A session is one through the daemon, with both its ends.
type session struct {
	number         uint32
	from           string // the client's address, as the log writes it
	client, target *net.TCPConn
}

// numberSize is how many bytes tell a session's number, sent by the client.
const numberSize = 4

// open opens a session from an address.
func (s *scene) open(from string) (*session, error) {
	dialer := net.Dialer{Timeout: deadline, LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	conn, err := dialer.Dial("tcp4", open.String())
	if err != nil {
		return nil, err
	}
	n := &session{number: s.next.Add(1), client: conn.(*net.TCPConn)}
	n.from = strings.Replace(conn.LocalAddr().String(), ":", ".", 1)
	arrives := make(chan *net.TCPConn, 1)
	s.waiting.Store(n.number, arrives)
	conn.SetDeadline(time.Now().Add(deadline))
	if err = (socks.Session{Version: socks.Version5}).Connect(conn, server); err == nil {
		_, err = conn.Write(binary.BigEndian.AppendUint32(nil, n.number))
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("session %d: %w", n.number, err)
	}
	select {
	case n.target = <-arrives:
	case <-time.After(deadline):
		conn.Close()
		return nil, fmt.Errorf("session %d: granted, but no connection came to the target", n.number)
	}
	n.client.SetDeadline(time.Time{})
	n.target.SetDeadline(time.Time{})
	return n, nil
}

func (n *session) close() {
	n.client.Close()
	n.target.Close()
}

// ping sends a few bytes each way and waits for them.
func (n *session) ping() error {
	for _, way := range [][2]*net.TCPConn{{n.client, n.target}, {n.target, n.client}} {
		way[1].SetReadDeadline(time.Now().Add(deadline))
		want := fmt.Sprintf("ping %d", n.number)
		if _, err := io.WriteString(way[0], want); err != nil {
			return fmt.Errorf("session %d: %w", n.number, err)
		}
		got := make([]byte, len(want))
		if _, err := io.ReadFull(way[1], got); err != nil {
			return fmt.Errorf("session %d: %w", n.number, err)
		}
		if string(got) != want {
			return fmt.Errorf("session %d: sent %q, got %q", n.number, want, got)
		}
	}
	return nil
}

// each does something with all sessions, some at once.
func each(sessions []*session, do func(*session) error) error {
	const atOnce = 32
	var next atomic.Int64
	errs := make([]error, atOnce)
	var running sync.WaitGroup
	for i := range errs {
		running.Go(func() {
			for at := next.Add(1) - 1; at < int64(len(sessions)) && errs[i] == nil; at = next.Add(1) - 1 {
				errs[i] = do(sessions[at])
			}
		})
	}
	running.Wait()
	return errors.Join(errs...)
}
