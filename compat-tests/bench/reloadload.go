package bench

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
)

const (
	reloadFew     figure = "reload.few" // ms
	reloadMany    figure = "reload.many"
	reloadDropped figure = "reload.dropped" // sessions
)

// reloadLoad has the server read new rules while sessions are open, and sees how
// long it takes until it decides by them.
func reloadLoad(l *lab) (figures, error) {
	measured := figures{}
	for name, count := range map[figure]int{reloadFew: l.sizes.FewRules, reloadMany: l.sizes.ManyRules} {
		taken, dropped, err := l.reload(count)
		if err != nil {
			return nil, err
		}
		measured[name] = taken.Seconds() * 1e3
		measured[reloadDropped] += float64(dropped)
	}
	return measured, nil
}

// reload starts the server with rules the last of which blocks a target, and
// takes that one away: from the signal to the first connection to the target is
// the time of the reload, end to end.
func (l *lab) reload(rules int) (taken time.Duration, dropped int, err error) {
	elsewhere := networksElsewhere(rules - 1)
	p, err := l.start(append(elsewhere, blockedTarget.Addr().String()+"/32"))
	if err != nil {
		return 0, 0, err
	}
	all, err := sessions(min(l.sizes.LiveSessions, l.server.Idle), l.sizes.AtOnce, echoTarget)
	if err != nil {
		return 0, 0, err
	}
	defer closeAll(all)
	if blocked, err := isBlocked(); err != nil || !blocked {
		return 0, 0, fmt.Errorf("the target of the last rule is not blocked before the reload: %w", err)
	}
	if err := daemon.AwaitRest(); err != nil {
		return 0, 0, err
	}

	if err := p.configure(elsewhere); err != nil {
		return 0, 0, err
	}
	begin := time.Now()
	if err := p.reload(); err != nil {
		return 0, 0, err
	}
	if err := awaitUnblocked(); err != nil {
		return 0, 0, fmt.Errorf("%w; the server printed:\n%s", err, p.printed())
	}
	taken = time.Since(begin)
	return taken, lost(all), p.stop()
}

// awaitUnblocked asks a thousand times a second.
func awaitUnblocked() error {
	deadline := time.Now().Add(daemon.Patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for time.Now().Before(deadline) {
		if blocked, err := isBlocked(); err == nil && !blocked {
			return nil
		}
		<-tick.C
	}
	return errors.New("the new rules are never used")
}

func isBlocked() (bool, error) {
	conn, err := session(blockedTarget)
	if errors.Is(err, socks.ErrRefused) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	defer conn.Close()
	return false, ping(conn)
}

// lost counts the sessions that do not work any more.
func lost(all []*net.TCPConn) int {
	count := 0
	for _, conn := range all {
		if ping(conn) != nil {
			count++
		}
	}
	return count
}
