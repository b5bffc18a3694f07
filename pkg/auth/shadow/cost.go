package shadow

import (
	"errors"
	"strconv"
	"strings"
)

// A hash says itself how much work and memory checking it takes. Who may write the password file may choose any, but
// an auth helper that works on one for minutes, or until memory runs out, is of no use to anybody. The bounds are far
// above what systems use, about two seconds and 256 MiB.
const (
	maxRounds     = 2_000_000 // of SHA-256, SHA-512 (the default is 5000)
	maxSunRounds  = 200_000   // of Sun's MD5
	maxSHA1Rounds = 1_000_000
	maxBSDi       = 1_000_000
	maxBcrypt     = 14 // doublings (usual are 10 to 12)
	maxMemory     = 256 << 20
)

var errTooCostly = errors.New("the password hash takes more work than is accepted")

// affordable tells whether a hash may be checked. What is not understood is left to crypt, which has no other methods
// with a cost of their own.
func affordable(hash string) bool {
	if strings.HasPrefix(hash, "_") {
		return len(hash) < 5 || number64(hash[1:5]) <= maxBSDi
	}
	parts := strings.Split(hash, "$")
	if len(parts) < 3 || parts[0] != "" {
		return true
	}
	switch method, parameters := parts[1], parts[2]; method {
	case "y", "gy":
		return yescryptMemory(parameters) <= maxMemory
	case "7":
		return scryptMemory(parameters) <= maxMemory
	case "2", "2a", "2b", "2x", "2y":
		cost, err := strconv.Atoi(parameters)
		return err == nil && cost <= maxBcrypt
	case "5", "6":
		return rounds(parameters, "rounds=") <= maxRounds
	case "sha1":
		n, err := strconv.ParseUint(parameters, 10, 64)
		return err == nil && n <= maxSHA1Rounds
	case "md5":
		return rounds(parameters, "rounds=") <= maxSunRounds
	default:
		if after, ok := strings.CutPrefix(method, "md5,"); ok {
			return rounds(after, "rounds=") <= maxSunRounds
		}
	}
	return true
}

// rounds gives the number after the prefix: 0 without prefix, the largest when there is no number.
func rounds(parameters, prefix string) uint64 {
	text, ok := strings.CutPrefix(parameters, prefix)
	if !ok {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 1<<64 - 1
	}
	return n
}

const (
	digits64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	tooMuch  = 1 << 62
)

// yescryptMemory gives the bytes that yescrypt needs for parameters like "j9T": a flavour, the binary logarithm of N
// less one, r less one. Longer ones (more lanes, more time) are no system's default.
func yescryptMemory(parameters string) int {
	if len(parameters) != 3 {
		return tooMuch
	}
	n := strings.IndexByte(digits64, parameters[1]) + 1
	r := strings.IndexByte(digits64, parameters[2]) + 1
	// From 48 on, a digit says that more digits follow.
	if n < 1 || r < 1 || n > 48 || r > 48 {
		return tooMuch
	}
	return 128 * r << n
}

// scryptMemory gives the work of scrypt in bytes for parameters that begin with the binary logarithm of N, and five
// digits each of r and p, the least significant first.
func scryptMemory(parameters string) int {
	if len(parameters) < 11 {
		return tooMuch
	}
	n := strings.IndexByte(digits64, parameters[0])
	r, p := number64(parameters[1:6]), number64(parameters[6:11])
	if n < 0 || n > 40 || r < 0 || p < 0 || r > 1<<10 || p > 1<<10 {
		return tooMuch
	}
	return 128 * max(r, 1) * max(p, 1) << n
}

func number64(digits string) int {
	n := 0
	for i := range len(digits) {
		d := strings.IndexByte(digits64, digits[i])
		if d < 0 {
			return -1
		}
		n |= d << (6 * i)
	}
	return n
}
