// Package logline makes log lines of two runs of a daemon comparable: it takes
// away what must differ between them and nothing else.
package logline

import (
	"regexp"
	"strconv"
	"strings"
)

// Ephemeral ports are those the kernel picks. Tests use ports below for
// everything whose number matters.
const (
	FirstEphemeral = 32768
	LastEphemeral  = 60999
)

// AnyPort stands for an ephemeral port.
const AnyPort = "*"

// IsEphemeral says whether a port was the kernel's choice.
func IsEphemeral(port uint16) bool { return port >= FirstEphemeral && port <= LastEphemeral }

var (
	// "Nov 23 11:41:08 (1795434068.653651) danted[7]: "
	prefix   = regexp.MustCompile(`^[A-Z][a-z]{2} [ 0-3][0-9] [0-9:]{8} \([0-9]+\.[0-9]{6}\) [a-z]+\[[0-9]+\]: `)
	duration = regexp.MustCompile(`Session duration: [0-9]+s`)
	during   = regexp.MustCompile(`during the last [0-9]+s`)
	within   = regexp.MustCompile(`in [0-9]+ seconds?:`)
	address  = regexp.MustCompile(`([0-9]+\.[0-9]+\.[0-9]+\.[0-9]+|[0-9a-f]*:[0-9a-f:]+)\.([0-9]{1,5})\b`)
)

// NoPrefix marks a message that came without time, program and process.
const NoPrefix = "NO PREFIX: "

// Message is a line without its time, program and process: "level: text". A
// line without such a prefix is marked, because most lines should have one.
func Message(line string) string {
	head := prefix.FindString(line)
	if head == "" {
		return NoPrefix + line
	}
	return line[len(head):]
}

// Unprefixed is a line without its prefix, if it has one.
func Unprefixed(line string) string {
	return strings.TrimPrefix(line, prefix.FindString(line))
}

// Normal is a message without the times and the ports the kernel picked.
func Normal(message string) string {
	message = duration.ReplaceAllString(message, "Session duration: *s")
	message = during.ReplaceAllString(message, "during the last *s")
	message = within.ReplaceAllString(message, "in * seconds:")
	return address.ReplaceAllStringFunc(message, func(found string) string {
		dot := strings.LastIndexByte(found, '.')
		port, err := strconv.ParseUint(found[dot+1:], 10, 16)
		if err != nil || !IsEphemeral(uint16(port)) {
			return found
		}
		return found[:dot+1] + AnyPort
	})
}
