package monitor

import (
	"net"
	"os"
	"testing"
)

// TestLowPorts has the worker ask for low ports: it gets free ones of external addresses, and only while the
// configuration in force says sameport.
func TestLowPorts(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("low ports need root")
	}
	taken, err := net.Listen("tcp", "127.0.0.5:879")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	config := simple + "external 127.0.0.5\nexternal ::1\n"
	s := serving(t, config+"sameport\n")
	ask := func(at, want string) {
		t.Helper()
		c := connect(t, s.addr)
		c.send("port " + at)
		if got := c.line(); got != "7 "+want {
			t.Errorf("%s: got %s, want %s", at, got, want)
		}
	}
	ask("127.0.0.5:878", "127.0.0.5:878")
	ask("127.0.0.5:878", "nothing") // it is in use
	ask("127.0.0.5:879", "nothing")
	ask("127.0.0.6:878", "nothing") // it is not external
	ask("[::1]:878", "[::1]:878")

	s.configure(config)
	s.signal(hup)
	s.expect(reloadEnds)
	ask("127.0.0.5:877", "nothing")
}
