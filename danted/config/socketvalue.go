package config

import (
	"slices"
	"strconv"
	"strings"
)

// tosShift is where the parts of the type-of-service byte are. COMPAT: each is set for itself and clears the others.
var tosShift = map[string]int{"ip_tos.dscp": 2, "ip_tos.prec": 5, "ip_tos.tos": 1}

// precedences are the values of ip_tos.prec, in order (RFC 791).
var precedences = []string{"routine", "priority", "immediate", "flash", "flashoverride", "critic_ecp", "internetcontrol", "netcontrol"}

// serviceTypes are the values of ip_tos.tos (RFC 1349).
var serviceTypes = map[string]int64{"lowdelay": 8, "throughput": 4, "reliability": 2}

// socketSymbol gives the number of a symbolic value.
func socketSymbol(option, symbol string) int64 {
	switch option {
	case "ip_tos.prec":
		return int64(slices.Index(precedences, symbol))
	case "ip_tos.tos":
		return serviceTypes[symbol]
	}
	return codePoint(symbol)
}

// codePoint gives the number of a DSCP name (RFC 2474, RFC 2597, RFC 3246).
func codePoint(name string) int64 {
	if name == "ef" {
		return 46
	}
	digits := strings.TrimLeft(name, "acfs")
	n, _ := strconv.ParseInt(digits, 10, 64) // the name is one of the option's symbols
	if strings.HasPrefix(name, "af") {
		return n/10<<3 | n%10<<1
	}
	return n << 3
}

// levelNumbers are those of setsockopt(2).
var levelNumbers = map[string]int{"ip": 0, "socket": 1, "tcp": 6, "udp": 17}
