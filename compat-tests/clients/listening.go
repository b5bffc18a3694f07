package clients

import (
	"fmt"
	"net/netip"
	"os"
	"strings"
)

// listening says whether something waits for clients at an address, without
// being one.
func listening(network string, at netip.AddrPort) (bool, error) {
	table, state := "/proc/net/"+network, "0A" // TCP_LISTEN
	if network == "udp" {
		state = "07" // TCP_CLOSE: not connected
	}
	if at.Addr().Is6() {
		table += "6"
	}
	text, err := os.ReadFile(table)
	if err != nil {
		return false, err
	}
	local := kernelAddress(at)
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line) // number, local address, remote address, state ...
		if len(fields) > 3 && fields[1] == local && fields[3] == state {
			return true, nil
		}
	}
	return false, nil
}

// kernelAddress writes an address as /proc/net does: words of four bytes in the
// order of the machine (all that Go and danted are at home on here are little
// endian), then the port.
func kernelAddress(at netip.AddrPort) string {
	var text strings.Builder
	bytes := at.Addr().AsSlice()
	for i := 0; i < len(bytes); i += 4 {
		fmt.Fprintf(&text, "%02X%02X%02X%02X", bytes[i+3], bytes[i+2], bytes[i+1], bytes[i])
	}
	fmt.Fprintf(&text, ":%04X", at.Port())
	return text.String()
}
