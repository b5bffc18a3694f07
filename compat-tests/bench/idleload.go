package bench

import "github.com/rustsocks/rustsocks/compat-tests/internal/daemon"

const (
	idleMemory figure = "idle.memory" // KB a session
	idleCount  figure = "idle.count"
)

// idleLoad opens many sessions, sends one message through each, and sees how
// much memory the server has then, and had before.
func idleLoad(l *lab) (figures, error) {
	p, err := l.start(nil)
	if err != nil {
		return nil, err
	}
	count := min(l.sizes.Idle, l.server.Idle)
	if err := shared(count/10, l.sizes.AtOnce, func(int) error { return connection() }); err != nil {
		return nil, err
	}
	before, err := p.memoryAtRest()
	if err != nil {
		return nil, err
	}
	all, err := sessions(count, l.sizes.AtOnce, echoTarget)
	if err != nil {
		return nil, err
	}
	defer closeAll(all)
	after, err := p.memoryAtRest()
	if err != nil {
		return nil, err
	}
	return figures{
		idleMemory: float64(after-before) / 1024 / float64(count),
		idleCount:  float64(count),
	}, p.stop()
}

func (p *process) memoryAtRest() (int64, error) {
	if err := daemon.AwaitRest(); err != nil {
		return 0, err
	}
	return p.group.memory(logFile)
}
