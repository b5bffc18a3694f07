package monitor

import (
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/pkg/logx"
)

// backgroundVariable tells the process of -D that it is the one in the background, and where to say that the start has
// succeeded.
const backgroundVariable = "RUSTSOCKS_BACKGROUND_FD"

// background is -D. The process that was started starts itself again in a new session, and exits when that has started
// to serve or has failed to. (Go programs cannot fork.)
type background struct {
	inside bool
	null   *os.File // standard streams to be
	ready  *os.File // inside: says that the start has succeeded
}

func openBackground() (background, error) {
	var b background
	var err error
	if b.null, err = os.OpenFile(os.DevNull, os.O_RDWR, 0); err != nil {
		return b, err
	}
	text, ok := os.LookupEnv(backgroundVariable)
	if !ok {
		return b, nil
	}
	os.Unsetenv(backgroundVariable)
	fd, err := strconv.Atoi(text)
	if err != nil || fd < 3 {
		return b, fmt.Errorf("%s=%s makes no sense", backgroundVariable, text)
	}
	syscall.CloseOnExec(fd)
	b.ready = os.NewFile(uintptr(fd), "ready")
	b.inside = true
	return b, nil
}

// start starts the process in the background and gives our own exit status.
func (b background) start(log *logx.Logger) int {
	process, ready, err := b.launch()
	if err != nil {
		log.Error(fmt.Sprintf("daemon(): %s", err))
		log.Alert(shuttingDown)
		return 1
	}
	defer ready.Close()
	if n, _ := ready.Read(make([]byte, 1)); n == 1 {
		return 0
	}
	// It ended, and has said why.
	state, err := process.Wait()
	if err != nil || !state.Exited() || state.ExitCode() == 0 {
		return 1
	}
	return state.ExitCode()
}

func (b background) launch() (*os.Process, *os.File, error) {
	own, err := os.Executable()
	if err != nil {
		return nil, nil, err
	}
	ready, theirs, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer theirs.Close()
	process, err := os.StartProcess(own, os.Args, &os.ProcAttr{
		Env:   append(os.Environ(), backgroundVariable+"=3"),
		Files: []*os.File{b.null, os.Stdout, os.Stderr, theirs},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		ready.Close()
		return nil, nil, err
	}
	return process, ready, nil
}

// detach gives up the standard streams of whoever started us. What they were must not be kept open.
func (b background) detach() error {
	for fd := range 3 {
		if err := unix.Dup3(int(b.null.Fd()), fd, 0); err != nil {
			return fmt.Errorf("daemon(): detaching from the standard streams: %w", err)
		}
	}
	return nil
}

// succeeded lets the process in the foreground exit.
func (b background) succeeded() {
	if b.ready != nil {
		_, _ = b.ready.Write([]byte{1})
		b.ready.Close()
	}
}
