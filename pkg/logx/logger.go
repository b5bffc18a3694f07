package logx

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Logger writes lines. All methods may be called from any goroutine. Use New.
type Logger struct {
	program atomic.Pointer[string]
	pid     int
	now     func() time.Time
	early   *os.File // where serious lines go while nothing is configured
	syslog  string   // where the syslog daemon listens

	debug   atomic.Int32
	ready   atomic.Bool
	lost    atomic.Uint64
	holds   atomic.Int64
	outputs atomic.Pointer[current]
	buffers sync.Pool
}

// New gives a Logger that prints program as its name and the pid of this process. Until Ready is called, lines of
// level warning or worse that no output takes go to standard error, as danted's do; others are lost.
func New(program string) *Logger {
	l := &Logger{pid: os.Getpid(), now: time.Now, early: os.Stderr, syslog: SyslogPath}
	l.buffers.New = func() any { b := make([]byte, 0, 512); return &b }
	l.SetProgram(program)
	l.SetOutputs(Outputs{})
	return l
}

// SetProgram changes the name that is printed.
func (l *Logger) SetProgram(name string) { l.program.Store(&name) }

// Ready ends the start: what no output takes is lost from now on.
func (l *Logger) Ready() { l.ready.Store(true) }

// SetDebug sets the debug level; at 0, debug lines are dropped.
func (l *Logger) SetDebug(level int) { l.debug.Store(int32(level)) }

// Debugging tells whether debug lines are written.
func (l *Logger) Debugging() bool { return l.debug.Load() > 0 }

// SetOutputs swaps the outputs. The Logger owns them; it closes the old ones after their last line was written.
func (l *Logger) SetOutputs(o Outputs) {
	c := newCurrent(o, l.gap)
	if old := l.outputs.Swap(c); old != nil {
		old.flush(l)
		old.release()
	}
}

// Lost tells how many lines could not be written to some output.
func (l *Logger) Lost() uint64 { return l.lost.Load() }

// Log writes one line. Control bytes in the text are made visible, so that one call is one line; an empty text is
// not logged.
func (l *Logger) Log(level Level, text string) {
	if text == "" || level == Debug && !l.Debugging() {
		return
	}
	c := l.acquire()
	defer c.release()

	buf := l.buffers.Get().(*[]byte)
	defer l.buffers.Put(buf)
	now := l.now()
	taken := false
	if level <= Warning {
		taken = l.write(buf, c.errors, now, level, text)
	}
	if l.write(buf, c.main, now, level, text) {
		taken = true
	}
	if !taken && level <= Warning && !l.ready.Load() {
		l.write(buf, []*device{{Output: Output{File: l.early}}}, now, level, text)
	}
	if cap(*buf) > 64<<10 {
		*buf = nil
	}
}

// Hold has lines to streams wait for Release, so that one write(2) does for many. It is for who comes back soon, and
// may be called by several.
func (l *Logger) Hold() { l.holds.Add(1) }

// Release writes what has waited since Hold, whoever logged it.
func (l *Logger) Release() {
	l.holds.Add(-1)
	c := l.acquire()
	defer c.release()
	c.flush(l)
}

// acquire gives the outputs with a reference held.
func (l *Logger) acquire() *current {
	for {
		c := l.outputs.Load()
		c.holders.Add(1)
		if l.outputs.Load() == c {
			return c
		}
		c.release()
	}
}

func (l *Logger) write(buf *[]byte, devices []*device, now time.Time, level Level, text string) (taken bool) {
	for _, d := range devices {
		switch d.Kind {
		case Stream:
			*buf = append(appendLine(l.appendPrefix((*buf)[:0], now, level), text), '\n')
			l.lost.Add(d.stream.add(d.File, *buf, l.holds.Load() > 0))
		case Syslog:
			*buf = appendLine(l.appendSyslogPrefix((*buf)[:0], now, level, d.Facility), text)
			if sendSyslog(d.File, l.syslog, *buf) != nil {
				l.lost.Add(1)
			}
		}
		taken = true
	}
	return taken
}

// gap is the line that stands for those that an output did not take.
func (l *Logger) gap(lost uint64) []byte {
	b := l.appendPrefix(nil, l.now(), Warning)
	return fmt.Appendf(b, "%d lines are missing here: this log took none for a while\n", lost)
}

// stampFormat is strftime's "%h %e %T" in the C locale.
const stampFormat = "Jan _2 15:04:05"

// appendPrefix appends what a stream's line begins with:
//
//	Nov 23 09:46:03 (1795427163.972212) danted[12255]: info:
func (l *Logger) appendPrefix(b []byte, now time.Time, level Level) []byte {
	b = now.AppendFormat(b, stampFormat)
	b = append(b, " ("...)
	b = strconv.AppendInt(b, now.Unix(), 10)
	b = append(b, '.')
	micro := now.Nanosecond() / 1000
	for unit := 100000; unit > 0; unit /= 10 {
		b = append(b, byte('0'+micro/unit%10))
	}
	b = append(b, ") "...)
	return l.appendOrigin(b, level)
}

// appendSyslogPrefix appends what a datagram begins with, as syslog(3) formats it:
//
//	<30>Nov 23 09:46:06 danted[12382]: info:
func (l *Logger) appendSyslogPrefix(b []byte, now time.Time, level Level, facility Facility) []byte {
	b = append(b, '<')
	b = strconv.AppendInt(b, int64(facility)<<3|int64(level), 10)
	b = append(b, '>')
	b = now.AppendFormat(b, stampFormat)
	b = append(b, ' ')
	return l.appendOrigin(b, level)
}

func (l *Logger) appendOrigin(b []byte, level Level) []byte {
	b = appendLine(b, *l.program.Load())
	b = append(b, '[')
	b = strconv.AppendInt(b, int64(l.pid), 10)
	b = append(b, "]: "...)
	b = append(b, level.String()...)
	return append(b, ": "...)
}

// Logf formats and logs.
func (l *Logger) Logf(level Level, format string, args ...any) {
	if level == Debug && !l.Debugging() {
		return
	}
	l.Log(level, fmt.Sprintf(format, args...))
}

// Debug logs at that level.
func (l *Logger) Debug(text string) { l.Log(Debug, text) }

// Info logs at that level.
func (l *Logger) Info(text string) { l.Log(Info, text) }

// Notice logs at that level.
func (l *Logger) Notice(text string) { l.Log(Notice, text) }

// Warning logs at that level.
func (l *Logger) Warning(text string) { l.Log(Warning, text) }

// Error logs at that level.
func (l *Logger) Error(text string) { l.Log(Error, text) }

// Alert logs at that level.
func (l *Logger) Alert(text string) { l.Log(Alert, text) }
