package chain

import (
	"bufio"
	"io"
	"net"
	"net/http"
)

// serveHTTP is a proxy for CONNECT. It knows no host but localhost, so that a name must have come to it.
func serveHTTP(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		go tunnel(conn)
	}
}

func tunnel(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	request, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 7)}}
	to, err := dialer.Dial("tcp4", request.Host)
	if err != nil {
		io.WriteString(conn, "HTTP/1.0 502 Bad Gateway\r\n\r\n")
		return
	}
	defer to.Close()
	io.WriteString(conn, "HTTP/1.0 200 Connection established\r\n\r\n")
	done := make(chan struct{})
	go func() {
		io.Copy(to, in)
		to.(*net.TCPConn).CloseWrite()
		close(done)
	}()
	io.Copy(conn, to)
	conn.(*net.TCPConn).CloseWrite()
	<-done
}
