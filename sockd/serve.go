package sockd

import (
	"context"
	"runtime/debug"

	"github.com/rustsocks/rustsocks/pkg/logx"
)

// serve takes one client through the stages, each of which needs the result of the one before:
//
//	accepted → admitted → negotiated → identified → requested → authorized → connected → relay
func (w *Worker) serve(ctx context.Context, a accepted) {
	defer func() {
		// A mistake in the code costs this one client its session, not everybody theirs.
		if p := recover(); p != nil {
			w.log.Logf(logx.Critical, "session of %s ended by a panic: %v: %s", a.client, p, debug.Stack())
			a.conn.Close()
			w.table.remove(a.session)
			w.leave(a.session)
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w.table.add(a.session, cancel)
	c, f := w.stages(ctx, a)
	w.table.remove(a.session)
	switch {
	case f == nil:
		w.relay(c)
	case ctx.Err() != nil:
		w.fail(a.session, &failure{kind: stopping})
	default:
		w.fail(a.session, f)
	}
}

func (w *Worker) stages(ctx context.Context, a accepted) (connected, *failure) {
	admitted, f := w.admit(ctx, a)
	if f != nil {
		return connected{}, f
	}
	negotiated, f := w.greet(admitted)
	if f != nil {
		return connected{}, f
	}
	identified, f := w.identify(ctx, negotiated)
	if f != nil {
		return connected{}, f
	}
	requested, f := w.request(ctx, identified)
	if f != nil {
		return connected{}, f
	}
	authorized, f := w.authorize(ctx, requested)
	if f != nil {
		return connected{}, f
	}
	return w.connect(ctx, authorized)
}
