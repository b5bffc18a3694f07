package upstream

import (
	"net"
	"strconv"
	"strings"

	"github.com/rustsocks/rustsocks/pkg/logx"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// maxHeader bounds the answer of an HTTP proxy up to its empty line.
const maxHeader = 16 << 10

// http asks an HTTP proxy with the method CONNECT.
func (c *proxyTalk) http(q ProxyRequest) *ProxyError {
	host := q.Target.Name
	if !q.Target.IsName() {
		host = q.Target.IP.String()
	}
	if strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		// It would be another request than the client's.
		return refused(socks.GeneralFailure, "host name %q cannot be given to an http server", host)
	}
	// COMPAT: these are the bytes of Dante, whose name some proxies may ask for.
	if failed := c.send([]byte("CONNECT " + net.JoinHostPort(host, strconv.Itoa(int(q.Target.Port))) + " HTTP/1.0\r\n" +
		"User-agent: Dante/client v1.4.2\r\n\r\n")); failed != nil {
		return failed
	}
	status, failed := c.header()
	if failed != nil {
		return failed
	}
	version, rest, _ := strings.Cut(status, " ")
	digits, _, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
	code, err := strconv.ParseUint(digits, 10, 16)
	switch {
	case err != nil || !strings.HasPrefix(version, "HTTP/"):
		return refused(socks.ConnectionRefused, "unknown response from proxy server: \"%s\"", logx.Vis([]byte(status)))
	case code != 200:
		return refused(socks.ConnectionRefused, "response code %d from http server indicates failure: \"%s\"",
			code, logx.Vis([]byte(status)))
	}
	return nil
}

// header reads up to the empty line, byte by byte, and gives the first line. Lines may lack their CR.
func (c *proxyTalk) header() (status string, failed *ProxyError) {
	var line, first []byte
	b := make([]byte, 1)
	for lines := 0; ; {
		if _, err := c.Read(b); err != nil {
			if ended(err) {
				return "", refused(socks.ConnectionRefused,
					"could not read response from proxy server.  read(2) returned 0 after having read %d bytes", c.got)
			}
			return "", refused(socks.ConnectionRefused, "could not read response from proxy server: %s", reasonOf(err))
		}
		switch {
		case c.got > maxHeader:
			return "", refused(socks.ConnectionRefused, "response from proxy server has no end within %d bytes", maxHeader)
		case b[0] != '\n':
			line = append(line, b[0])
			continue
		}
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		if lines++; lines == 1 {
			first, line = line, nil
			continue
		}
		if len(line) == 0 {
			return string(first), nil
		}
		line = line[:0]
	}
}
