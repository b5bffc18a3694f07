// Package sockopt sets the options of the sockets of sessions and of those that clients connect to: what they all have,
// and what the configuration wants. It opens, binds and closes nothing, and it does not read the configuration: values
// come from the plan.
package sockopt

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

// Moment is how far a socket is when its options are set.
type Moment uint8

// The moments. Options of which only the number is known are set at each of them.
const (
	Unconnected Moment = iota // it listens, or will connect: all options are set
	Accepted                  // it is a client's. COMPAT: an option that should have come earlier is not set any more
	Established               // it was Unconnected before and is connected now
)

func (m Moment) wants(o plan.SocketOption) bool {
	switch m {
	case Accepted:
		return !o.Early
	case Established:
		return o.Option == ""
	}
	return true
}

// A Target is a socket whose options are to be set.
type Target struct {
	FD       int
	Side     plan.Side
	Protocol acl.ProtocolSet
	Moment   Moment
}

// Set sets those of the options that are for the socket, in order, and hands warn a line about each that the kernel
// does not take.
func (t Target) Set(options []plan.SocketOption, warn func(line string)) {
	for i := range options {
		o := &options[i]
		if o.Side != t.Side || o.Protocols&t.Protocol == 0 || !t.Moment.wants(*o) {
			continue
		}
		if o.Option != "" && o.LevelNumber == unix.IPPROTO_IP && isIPv6(t.FD) {
			continue // COMPAT: IPv6 sockets do without, and nothing is said
		}
		if err := setOne(t.FD, o); err != nil {
			warn(warning(o, err))
		}
	}
}

func isIPv6(fd int) bool {
	family, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	return err == nil && family == unix.AF_INET6
}

// setOne gives the kernel the option in the form it wants. danted always gives an int.
func setOne(fd int, o *plan.SocketOption) error {
	if o.LevelNumber == unix.SOL_SOCKET {
		switch o.OptionNumber {
		case unix.SO_LINGER:
			l := unix.Linger{Linger: o.Int}
			if o.Int != 0 { // 0 is "off", as with other options, not "reset the connection"
				l.Onoff = 1
			}
			return unix.SetsockoptLinger(fd, o.LevelNumber, o.OptionNumber, &l)
		case unix.SO_RCVTIMEO, unix.SO_SNDTIMEO:
			return unix.SetsockoptTimeval(fd, o.LevelNumber, o.OptionNumber, &unix.Timeval{Sec: int64(o.Int)})
		}
	}
	return unix.SetsockoptInt(fd, o.LevelNumber, o.OptionNumber, int(o.Int))
}

// How Dante numbers the moments that an option can be set at.
const (
	anytime      = -1
	beforehand   = 1
	onceAccepted = 2
)

var levelNames = map[int]string{
	unix.IPPROTO_IP: "ip", unix.SOL_SOCKET: "socket", unix.IPPROTO_TCP: "tcp", unix.IPPROTO_UDP: "udp",
}

// warning is danted's line about an option that could not be set.
func warning(o *plan.SocketOption, err error) string {
	name, side, moment := o.Option, o.Side.String(), onceAccepted
	switch {
	case name == "":
		name, side, moment = "<unknown>", "<unknown>", anytime
	case o.Early:
		moment = beforehand
	}
	return fmt.Sprintf("setconfsockoption(): failed to set socket option %s (%d), level %s (%d), calltype %d, "+
		"%s-side value: %d (int_val) of size 4: %s",
		name, o.OptionNumber, levelNames[o.LevelNumber], o.LevelNumber, moment, side, o.Int, reason(err))
}

// reason is the C library's text of the error.
func reason(err error) string {
	var e unix.Errno
	if !errors.As(err, &e) {
		return err.Error()
	}
	text := e.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}
