package hostsaccess

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
)

// newNet reads NET/MASK. COMPAT: as libwrap's, it reads IPv4 networks as inet_addr(3) does, with octal and hexadecimal
// numbers, and numbers of bits as atoi(3), which stops at what is no digit. There is no /0, nor a mask
// 255.255.255.255; what is wrong matches nobody.
func newNet(network, mask string) hostPattern {
	if inner, ok := strings.CutPrefix(network, "["); ok {
		return newNet6(strings.TrimSuffix(inner, "]"), mask)
	}
	net, ok := dottedQuad(network)
	if !ok {
		return hostPattern{kind: nothing}
	}
	if m, ok := dottedQuad(mask); ok {
		return hostPattern{kind: net4, net: net, mask: m}
	}
	n := atoi(mask)
	if n < 1 || n > 32 {
		return hostPattern{kind: nothing}
	}
	return hostPattern{kind: net4, net: net, mask: ^uint32(0) << (32 - n)}
}

func newNet6(network, mask string) hostPattern {
	ip, err := netip.ParseAddr(network)
	n := atoi(mask)
	if err != nil || !ip.Is6() || ip.Zone() != "" || n < 0 || n > 128 {
		return hostPattern{kind: nothing}
	}
	return hostPattern{kind: net6, prefix: netip.PrefixFrom(ip, n).Masked()}
}

// covers tells whether an address is in the network. COMPAT: an IPv4 network with bits outside of its mask covers
// nothing.
func (p *hostPattern) covers(ip netip.Addr) bool {
	if p.kind == net6 {
		return p.prefix.Contains(ip)
	}
	if !ip.Is4() {
		return false
	}
	b := ip.As4()
	return binary.BigEndian.Uint32(b[:])&p.mask == p.net
}

// dottedQuad reads four numbers. The one address it cannot give is 255.255.255.255, which means an error to libwrap.
func dottedQuad(s string) (uint32, bool) {
	parts := strings.Split(s, ".")
	if len(parts) != 4 {
		return 0, false
	}
	var ip uint32
	for _, part := range parts {
		if part == "" || part[0] == '+' || part[0] == '-' || strings.Contains(part, "_") {
			return 0, false
		}
		base := 10
		digits := part
		switch {
		case len(part) > 1 && (part[:2] == "0x" || part[:2] == "0X"):
			base, digits = 16, part[2:]
		case part[0] == '0' && len(part) > 1:
			base, digits = 8, part[1:]
		}
		n, err := strconv.ParseUint(digits, base, 8)
		if err != nil {
			return 0, false
		}
		ip = ip<<8 | uint32(n)
	}
	return ip, bits.OnesCount32(ip) != 32
}

// atoi is the number that a text begins with.
func atoi(s string) int {
	end := 0
	if s != "" && (s[0] == '+' || s[0] == '-') {
		end = 1
	}
	for end < len(s) && s[end] >= '0' && s[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(s[:end])
	if err != nil && end > 1 {
		return -1
	}
	return n
}
