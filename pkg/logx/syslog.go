package logx

import (
	"errors"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// SyslogPath is where the system's syslog daemon listens.
const SyslogPath = "/dev/log"

// datagramMax is what is sent of a line that the kernel refuses as too long for a datagram.
const datagramMax = 8 << 10

// sendSyslog sends one datagram. A syslog daemon that was restarted, or was not there yet, is connected to again;
// that repairs the socket for every process that shares it.
func sendSyslog(socket *os.File, path string, datagram []byte) error {
	conn, err := socket.SyscallConn()
	if err != nil {
		return err
	}
	err = sendDatagram(conn, datagram)
	if errors.Is(err, unix.EMSGSIZE) && len(datagram) > datagramMax {
		datagram = datagram[:datagramMax]
		err = sendDatagram(conn, datagram)
	}
	if !disconnected(err) {
		return err
	}
	if err := control(conn, func(fd int) error { return unix.Connect(fd, &unix.SockaddrUnix{Name: path}) }); err != nil {
		return err
	}
	return sendDatagram(conn, datagram)
}

func disconnected(err error) bool {
	return errors.Is(err, unix.ECONNREFUSED) || errors.Is(err, unix.ENOTCONN) ||
		errors.Is(err, unix.EDESTADDRREQ) || errors.Is(err, unix.ECONNRESET)
}

func sendDatagram(conn syscall.RawConn, datagram []byte) error {
	return control(conn, func(fd int) error { return unix.Send(fd, datagram, unix.MSG_NOSIGNAL) })
}

// control runs a system call on the descriptor, again if a signal came between.
func control(conn syscall.RawConn, call func(fd int) error) (err error) {
	ctlErr := conn.Control(func(fd uintptr) {
		for err = unix.EINTR; err == unix.EINTR; {
			err = call(int(fd))
		}
	})
	if ctlErr != nil {
		return ctlErr
	}
	return err
}
