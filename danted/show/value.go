package show

import (
	"strconv"
	"strings"
	"time"

	"github.com/rustsocks/rustsocks/danted/config"
	"github.com/rustsocks/rustsocks/pkg/acl"
	"github.com/rustsocks/rustsocks/pkg/addr"
	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/plan"
)

// seconds gives a time in seconds. What could not be counted is more than the longest time, so it is rounded up.
func seconds(d time.Duration) string {
	n := int64(d / time.Second)
	if d%time.Second != 0 {
		n++
	}
	return strconv.FormatInt(n, 10)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// members gives the words of a set, whose bits they are named in order.
func members[S ~uint8](set S, words ...string) string {
	var all []string
	for i, w := range words {
		if set&(1<<i) != 0 {
			all = append(all, w)
		}
	}
	return strings.Join(all, " ")
}

func commands(s acl.CommandSet) string {
	return members(s, "bind", "connect", "udpassociate", "bindreply", "udpreply")
}

func protocols(s acl.ProtocolSet) string { return members(s, "tcp", "udp") }

func proxies(s acl.VersionSet) string { return members(s, "socks_v4", "socks_v5", "http", "upnp") }

func logs(s acl.LogSet) string {
	return members(s, "connect", "disconnect", "data", "error", "ioop", "tcpinfo")
}

func methods(l auth.Methods) string {
	var all []string
	for _, m := range l {
		all = append(all, m.String())
	}
	return strings.Join(all, " ")
}

func throttle(t plan.Throttle) string { return number(t.Sessions) + "/" + seconds(t.Every) }

var operators = map[addr.Op]string{
	addr.AnyPort: ":", addr.EQ: " =", addr.NE: " !=", addr.LE: " <=", addr.LT: " <", addr.GE: " >=", addr.GT: " >",
}

// address gives an address condition. COMPAT: a port behind a colon is no condition, and still there.
func address(c *config.Config, s addr.Spec) string {
	text := s.Name
	switch s.Kind {
	case addr.AnyIP:
		text = "0/0"
	case addr.Prefix:
		text = s.Prefix.String()
	}
	return text + ports(c, s.Ports)
}

// single gives the address of one host, which is written without a netmask.
func single(c *config.Config, s addr.Spec) string {
	if s.Kind == addr.Prefix {
		return s.Prefix.Addr().String() + ports(c, s.Ports)
	}
	return address(c, s)
}

func ports(c *config.Config, p addr.Ports) string {
	switch {
	case p == addr.Ports{}:
		return ""
	case p.Op == addr.Range:
		return " port " + number(int64(p.TCP)) + "-" + number(int64(p.End))
	}
	value := number(int64(p.TCP))
	if service, ok := c.Services[[2]uint16{p.TCP, p.UDP}]; ok {
		value = service
	}
	return " port" + operators[p.Op] + " " + value
}

// device gives a log device.
func device(d plan.LogOutput) string {
	switch d.Kind {
	case plan.LogStderr:
		return "stderr"
	case plan.LogStdout:
		return "stdout"
	case plan.LogSyslog:
		return "syslog/" + d.Facility
	}
	return d.Path
}
