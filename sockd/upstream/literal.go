package upstream

import (
	"net/netip"
	"strconv"
	"strings"
)

// literal recognises what getaddrinfo(3) takes for an address without looking it up: IPv4 and IPv6 literals and the
// forms of inet_aton(3) (127.1, 0x7f000001, 0177.0.0.1). Rules must see the address that would be connected to.
func literal(s string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Unmap(), true
	}
	parts := strings.Split(s, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var v uint64
	for i, p := range parts {
		n, ok := number(p)
		if !ok {
			return netip.Addr{}, false
		}
		if i < len(parts)-1 {
			if n > 0xff {
				return netip.Addr{}, false
			}
			v = v<<8 | n
			continue
		}
		// The last part fills all bytes that are left.
		left := uint(8 * (5 - len(parts)))
		if n >= 1<<left {
			return netip.Addr{}, false
		}
		v = v<<left | n
	}
	return netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}), true
}

// number parses C's notation: 0x hexadecimal, leading 0 octal, else decimal.
func number(s string) (uint64, bool) {
	if s == "" || s[0] < '0' || s[0] > '9' {
		return 0, false
	}
	base := 10
	switch {
	case strings.HasPrefix(s, "0x"), strings.HasPrefix(s, "0X"):
		base, s = 16, s[2:]
	case len(s) > 1 && s[0] == '0':
		base, s = 8, s[1:]
	}
	n, err := strconv.ParseUint(s, base, 33)
	return n, err == nil
}
