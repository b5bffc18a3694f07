package hostfacts

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"
)

// numeric reads the short and the old forms of IPv4 addresses that the C library's resolver takes for addresses and Go's
// takes for names: 127.1, 0x7f.1, 2130706433. The last part fills what is left of the address.
func numeric(name string) (netip.Addr, bool) {
	parts := strings.Split(name, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var value uint64
	for i, part := range parts {
		if strings.ContainsAny(part, "_+-bBoO") && !strings.HasPrefix(part, "0x") && !strings.HasPrefix(part, "0X") {
			return netip.Addr{}, false // Go's notations, not C's
		}
		n, err := strconv.ParseUint(part, 0, 32)
		if err != nil {
			return netip.Addr{}, false
		}
		bytes := 1
		if i == len(parts)-1 {
			bytes = 4 - i
		}
		if n >= 1<<(8*bytes) {
			return netip.Addr{}, false
		}
		value = value<<(8*bytes) | n
	}
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], uint32(value))
	return netip.AddrFrom4(b), true
}
