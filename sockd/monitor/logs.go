package monitor

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/logx"
	"github.com/rustsocks/rustsocks/pkg/plan"
	"github.com/rustsocks/rustsocks/pkg/privsep"
)

// logDevices are the log devices of a plan, opened.
type logDevices struct {
	outputs logx.Outputs
	paths   map[string]*os.File // of files, to go on with one that cannot be opened again
	said    []logLine           // what went wrong
}

// logLine is something to be logged once there is a log.
type logLine struct {
	level logx.Level
	text  string
}

// openLogs opens the log devices of a plan. Files that had to be created get the owner. One that cannot be opened is
// no reason not to serve, as in danted: when old has it open it is used on, and if nothing at all could be opened
// standard error is used.
func openLogs(p *plan.Plan, owner *privsep.User, old *logDevices) *logDevices {
	d := &logDevices{paths: map[string]*os.File{}}
	d.outputs.Main = d.openAll(p.LogOutput, owner, old)
	d.outputs.Errors = d.openAll(p.ErrorLog, owner, old)
	if len(d.said) > 0 && len(d.outputs.Main)+len(d.outputs.Errors) == 0 {
		if f, err := logx.OpenStandard(os.Stderr); err == nil {
			d.outputs.Main = []logx.Output{{File: f}}
		}
	}
	return d
}

func (d *logDevices) openAll(list []plan.LogOutput, owner *privsep.User, old *logDevices) (outputs []logx.Output) {
	for _, l := range list {
		f, err := d.open(l, owner)
		if err != nil {
			f = d.failed(l, err, old)
		}
		if f == nil {
			continue
		}
		o := logx.Output{File: f}
		switch l.Kind {
		case plan.LogSyslog:
			o.Kind, o.Facility = logx.Syslog, facility(l.Facility)
		case plan.LogFile:
			d.paths[l.Path] = f
		}
		outputs = append(outputs, o)
	}
	return outputs
}

func (d *logDevices) open(l plan.LogOutput, owner *privsep.User) (*os.File, error) {
	switch l.Kind {
	case plan.LogStderr:
		return logx.OpenStandard(os.Stderr)
	case plan.LogStdout:
		return logx.OpenStandard(os.Stdout)
	case plan.LogSyslog:
		return logx.OpenSyslog()
	}
	f, created, err := logx.OpenFile(l.Path)
	if err != nil {
		return nil, err
	}
	if created && owner != nil {
		if err := f.Chown(int(owner.UID), int(owner.GID)); err != nil {
			d.say(logx.Warning, fmt.Sprintf("could not give logfile %q to uid %d, gid %d: %s", l.Path, owner.UID, owner.GID, strerror(err)))
		}
	}
	return f, nil
}

// failed says so, and gives the descriptor to go on with, if there is one.
func (d *logDevices) failed(l plan.LogOutput, err error, old *logDevices) *os.File {
	name := l.Path
	if l.Kind != plan.LogFile {
		name = "standard stream or syslog"
	}
	d.say(logx.Warning, fmt.Sprintf("openlogfile(): could not open or create logfile %q for writing: %s", name, strerror(err)))
	end := "  "
	if old != nil {
		end = ".  Will continue using old logfiles"
	}
	d.say(logx.Alert, fmt.Sprintf("configparsing(): could not (re)open logfile %q: %s%s", name, strerror(err), end))
	if old == nil || old.paths[l.Path] == nil {
		return nil
	}
	fd, err := unix.FcntlInt(old.paths[l.Path].Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(fd), l.Path)
}

func (d *logDevices) say(level logx.Level, text string) {
	d.said = append(d.said, logLine{level, text})
}

// toStandard tells whether lines go to a standard stream.
func toStandard(p *plan.Plan) bool {
	for _, l := range p.LogOutput {
		if l.Kind == plan.LogStderr || l.Kind == plan.LogStdout {
			return true
		}
	}
	return false
}

func facility(name string) logx.Facility {
	if f, ok := logx.ParseFacility(name); ok {
		return f
	}
	return logx.FacilityDaemon
}
