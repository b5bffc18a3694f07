package sockopt

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

func socket(t *testing.T, family int) int {
	t.Helper()
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

func option(name string, level, number int, value int32) plan.SocketOption {
	return plan.SocketOption{
		Side: plan.External, Option: name, LevelNumber: level, OptionNumber: number, Int: value, Early: true,
		Protocols: acl.ProtoTCP | acl.ProtoUDP,
	}
}

func value(t *testing.T, fd, level, number int) int {
	t.Helper()
	v, err := unix.GetsockoptInt(fd, level, number)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func set(t *testing.T, fd int, options ...plan.SocketOption) (lines []string) {
	t.Helper()
	to := Target{FD: fd, Side: plan.External, Protocol: acl.ProtoTCP}
	to.Set(options, func(line string) { lines = append(lines, line) })
	return lines
}

func TestSetIsReadBack(t *testing.T) {
	for _, family := range []int{unix.AF_INET, unix.AF_INET6} {
		for _, tt := range []struct {
			option plan.SocketOption
			want   int
			want6  int // where it differs
		}{
			{option("so_keepalive", unix.SOL_SOCKET, unix.SO_KEEPALIVE, 1), 1, 1},
			{option("so_rcvbuf", unix.SOL_SOCKET, unix.SO_RCVBUF, 20000), 40000, 40000}, // the kernel doubles it
			{option("so_sndbuf", unix.SOL_SOCKET, unix.SO_SNDBUF, 30000), 60000, 60000},
			{option("tcp_nodelay", unix.IPPROTO_TCP, unix.TCP_NODELAY, 1), 1, 1},
			{option("tcp_keepidle", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 77), 77, 77},
			{option("", unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, 1234), 1234, 1234},
			{option("ip_ttl", unix.IPPROTO_IP, unix.IP_TTL, 33), 33, 64},
			{option("ip_tos.dscp", unix.IPPROTO_IP, unix.IP_TOS, 184), 184, 0},
			{option("", unix.IPPROTO_IP, unix.IP_RECVTOS, 1), 1, 1}, // numbers are tried on IPv6 too
		} {
			t.Run(fmt.Sprint(family, tt.option.Option, tt.option.OptionNumber), func(t *testing.T) {
				fd := socket(t, family)
				want := tt.want
				if family == unix.AF_INET6 {
					want = tt.want6
				}
				if said := set(t, fd, tt.option); said != nil {
					t.Error(said)
				}
				if got := value(t, fd, tt.option.LevelNumber, tt.option.OptionNumber); got != want {
					t.Errorf("is %d, not %d", got, want)
				}
			})
		}
	}
}

// danted hands the kernel an int for these, and the kernel refuses that.
func TestOptionsOfMoreThanAnInt(t *testing.T) {
	fd := socket(t, unix.AF_INET)
	if said := set(t, fd, option("so_linger", unix.SOL_SOCKET, unix.SO_LINGER, 7),
		option("so_rcvtimeo", unix.SOL_SOCKET, unix.SO_RCVTIMEO, 3),
		option("so_sndtimeo", unix.SOL_SOCKET, unix.SO_SNDTIMEO, 4)); said != nil {
		t.Error(said)
	}
	if l, err := unix.GetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER); err != nil || *l != (unix.Linger{Onoff: 1, Linger: 7}) {
		t.Error(l, err)
	}
	for number, seconds := range map[int]int64{unix.SO_RCVTIMEO: 3, unix.SO_SNDTIMEO: 4} {
		if v, err := unix.GetsockoptTimeval(fd, unix.SOL_SOCKET, number); err != nil || v.Sec != seconds {
			t.Error(number, v, err)
		}
	}
	set(t, fd, option("so_linger", unix.SOL_SOCKET, unix.SO_LINGER, 0))
	if l, err := unix.GetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER); err != nil || l.Onoff != 0 {
		t.Error(l, err)
	}
}

func TestOnlyWhatIsForTheSocketIsSet(t *testing.T) {
	idle := option("tcp_keepidle", unix.IPPROTO_TCP, unix.TCP_KEEPIDLE, 10)
	inside, datagrams, late, number := idle, idle, idle, idle
	inside.Side = plan.Internal
	datagrams.Protocols = acl.ProtoUDP
	late.Early = false
	number.Early, number.Option = false, ""
	for _, tt := range []struct {
		name   string
		option plan.SocketOption
		want   [3]bool // at each moment
	}{
		{"early", idle, [3]bool{true, false, false}},
		{"late", late, [3]bool{true, true, false}},
		{"number", number, [3]bool{true, true, true}},
		{"of the other side", inside, [3]bool{}},
		{"of UDP", datagrams, [3]bool{}},
	} {
		for _, m := range []Moment{Unconnected, Accepted, Established} {
			fd := socket(t, unix.AF_INET)
			to := Target{FD: fd, Side: plan.External, Protocol: acl.ProtoTCP, Moment: m}
			to.Set([]plan.SocketOption{tt.option}, func(line string) { t.Error(line) })
			if got := value(t, fd, unix.IPPROTO_TCP, unix.TCP_KEEPIDLE) == 10; got != tt.want[m] {
				t.Errorf("%s, moment %d: set is %v", tt.name, m, got)
			}
		}
	}
}

func TestTheLastOneStays(t *testing.T) {
	fd := socket(t, unix.AF_INET)
	set(t, fd, option("ip_tos.prec", 0, unix.IP_TOS, 96), option("ip_tos.tos", 0, unix.IP_TOS, 16))
	if got := value(t, fd, 0, unix.IP_TOS); got != 16 {
		t.Error(got)
	}
}

// The lines are danted's.
func TestFailuresAreWarnedOf(t *testing.T) {
	late := option("so_debug", unix.SOL_SOCKET, unix.SO_DEBUG, 1)
	late.Early = false
	number := option("", unix.IPPROTO_TCP, 9999, 5)
	number.Early = false
	want := []string{
		"setconfsockoption(): failed to set socket option ip_ttl (2), level ip (0), calltype 1, " +
			"external-side value: 4000 (int_val) of size 4: Invalid argument",
		"setconfsockoption(): failed to set socket option <unknown> (9999), level tcp (6), calltype -1, " +
			"<unknown>-side value: 5 (int_val) of size 4: Protocol not available",
		"setconfsockoption(): failed to set socket option udp_cork (1), level udp (17), calltype 1, " +
			"external-side value: 1 (int_val) of size 4: Protocol not available",
	}
	fd := socket(t, unix.AF_INET)
	got := set(t, fd, option("ip_ttl", 0, unix.IP_TTL, 4000), number, option("udp_cork", unix.IPPROTO_UDP, 1, 1),
		option("ip_ttl", 0, unix.IP_TTL, 9))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if value(t, fd, 0, unix.IP_TTL) != 9 {
		t.Error("a failure keeps the options after it from being set")
	}
	if got, want := warning(&late, unix.EACCES), "setconfsockoption(): failed to set socket option so_debug (1), "+
		"level socket (1), calltype 2, external-side value: 1 (int_val) of size 4: Permission denied"; got != want {
		t.Error(got)
	}
}

func TestTune(t *testing.T) {
	for _, keepAlive := range []bool{false, true} {
		fd := socket(t, unix.AF_INET)
		if err := Tune(fd, keepAlive); err != nil {
			t.Fatal(err)
		}
		got := []bool{
			value(t, fd, unix.IPPROTO_TCP, unix.TCP_NODELAY) == 1, value(t, fd, unix.SOL_SOCKET, unix.SO_OOBINLINE) == 1,
			value(t, fd, unix.SOL_SOCKET, unix.SO_KEEPALIVE) == 1,
		}
		if !slices.Equal(got, []bool{true, true, keepAlive}) {
			t.Error(got)
		}
	}
	if err := Tune(1<<20, true); !errors.Is(err, unix.EBADF) {
		t.Error(err)
	}
}

// With a peer that reads nothing, closing a socket that lingers takes as long as it lingers.
func TestUnlingeredSocketsCloseAtOnce(t *testing.T) {
	l := socket(t, unix.AF_INET)
	if err := errors.Join(unix.Bind(l, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(l, 1)); err != nil {
		t.Fatal(err)
	}
	at, err := unix.Getsockname(l)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Connect(fd, at); err != nil {
		t.Fatal(err)
	}
	if said := set(t, fd, option("so_linger", unix.SOL_SOCKET, unix.SO_LINGER, 60)); said != nil {
		t.Fatal(said)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	for { // more than fits
		if _, err := unix.Write(fd, make([]byte, 1<<20)); err == unix.EAGAIN {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	Unlinger(fd)
	closed := make(chan error)
	go func() { closed <- unix.Close(fd) }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("closing waits for the peer")
	}
}

func TestResetsAreNotUnlingered(t *testing.T) {
	fd := socket(t, unix.AF_INET)
	reset := unix.Linger{Onoff: 1}
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &reset); err != nil {
		t.Fatal(err)
	}
	Unlinger(fd)
	if l, err := unix.GetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER); err != nil || *l != reset {
		t.Error(l, err)
	}
}
