package sockd

import (
	"io"
	"net"
	"os"
	"testing"

	"github.com/rustsocks/rustsocks/pkg/logx"
	"github.com/rustsocks/rustsocks/pkg/socks"
)

// BenchmarkConnection is a whole connection, the client's and the target's side included: connect, handshake, 64 bytes
// there and back, close. It is for profiles; what a connection costs the server alone, `make bench` tells.
func BenchmarkConnection(b *testing.B) {
	s := serveWith(b, nil)
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	s.log.SetOutputs(logx.Outputs{Main: []logx.Output{{Kind: logx.Stream, File: null}}})
	ask := ask5(b, socks.Connect, target(echo(b, "127.0.0.1")))
	var buf [64]byte
	b.ReportAllocs()
	for b.Loop() {
		c, err := net.Dial("tcp", s.at.String())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.Write(ask); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(c, buf[:12]); err != nil {
			b.Fatal(err)
		}
		if _, err := c.Write(buf[:]); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(c, buf[:]); err != nil {
			b.Fatal(err)
		}
		c.Close()
	}
}
