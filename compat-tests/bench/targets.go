package bench

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Where the targets listen, all in the process of the load generator. The last
// is for rules that block it.
var (
	echoTarget    = netip.MustParseAddrPort("127.0.0.2:7000")
	bulkTarget    = netip.MustParseAddrPort("127.0.0.2:7001")
	udpTarget     = netip.MustParseAddrPort("127.0.0.2:7002")
	blockedTarget = netip.MustParseAddrPort("127.0.0.3:7000")
)

// messageSize is the size of what goes there and back.
const messageSize = 64

// chunk is what the targets and clients write and read at once in bulk.
const chunk = 256 << 10

// serveTargets starts all targets, for the life of the process.
func serveTargets() error {
	for address, serve := range map[netip.AddrPort]func(*net.TCPConn){
		echoTarget: echo, blockedTarget: echo, bulkTarget: bulk,
	} {
		listener, err := net.Listen("tcp4", address.String())
		if err != nil {
			return err
		}
		go accept(listener, serve)
	}
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(udpTarget))
	if err != nil {
		return err
	}
	go echoDatagrams(conn)
	return nil
}

func accept(listener net.Listener, serve func(*net.TCPConn)) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			serve(conn.(*net.TCPConn))
		}()
	}
}

// echo answers with what it gets.
func echo(conn *net.TCPConn) {
	var buffer [messageSize]byte
	for {
		n, err := conn.Read(buffer[:])
		if err != nil {
			return
		}
		if _, err := conn.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// echoDatagrams answers each datagram with itself.
func echoDatagrams(conn *net.UDPConn) {
	var buffer [2048]byte
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer[:])
		if err != nil {
			return
		}
		conn.WriteToUDPAddrPort(buffer[:n], from)
	}
}

// A bulkOrder is what a client sends first to the bulk target: a direction and
// a number of bytes.
type bulkOrder [9]byte

const (
	download = 'd' // the target sends the bytes
	upload   = 'u' // it gets them, and then sends one to say so
)

func makeOrder(direction byte, size int64) (order bulkOrder) {
	order[0] = direction
	binary.BigEndian.PutUint64(order[1:], uint64(size))
	return order
}

// bulk does what it is ordered to, again and again.
func bulk(conn *net.TCPConn) {
	var order bulkOrder
	for {
		if _, err := io.ReadFull(conn, order[:]); err != nil {
			return
		}
		size := int64(binary.BigEndian.Uint64(order[1:]))
		if order[0] == download {
			if pour(conn, size) != nil {
				return
			}
			continue
		}
		if drain(conn, size) != nil {
			return
		}
		if _, err := conn.Write(order[:1]); err != nil {
			return
		}
	}
}

// pour writes a number of bytes.
func pour(conn *net.TCPConn, size int64) error {
	buffer := make([]byte, chunk)
	for size > 0 {
		n, err := conn.Write(buffer[:min(size, chunk)])
		if err != nil {
			return err
		}
		size -= int64(n)
	}
	return nil
}

// drain takes a number of bytes. The kernel throws them away without copying
// them: the generator is to leave the processors to the server.
func drain(conn *net.TCPConn, size int64) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	nowhere := make([]byte, chunk)
	var result error
	err = raw.Read(func(fd uintptr) bool {
		for size > 0 {
			n, _, err := unix.Recvfrom(int(fd), nowhere[:min(size, chunk)], unix.MSG_TRUNC)
			switch {
			case err == unix.EAGAIN:
				return false
			case err == unix.EINTR:
			case err != nil || n == 0:
				result = err
				if err == nil {
					result = io.ErrUnexpectedEOF
				}
				return true
			default:
				size -= int64(n)
			}
		}
		return true
	})
	if err != nil {
		return err
	}
	return result
}
