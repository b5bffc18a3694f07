package corpus

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
	"github.com/rustsocks/rustsocks/danted"
	"github.com/rustsocks/rustsocks/danted/diag"
	"github.com/rustsocks/rustsocks/pkg/hostfacts"
)

// A judged is what both say about a file: the real danted, as a process, and
// ours, as the functions that our danted -V calls. Thousands of files are judged
// so; that the program says what the functions say is seen on the corpus.
type judged struct {
	Theirs said
	Ours   opinion
}

// An opinion is what ours says about a file.
type opinion struct {
	Accepts bool
	Lines   []int  // of all errors, 0 for those that have none
	Code    string // of the first error
	Text    string // all errors
	Panic   string
}

// judge is the role of a sandbox: one result for each file, in order.
func judge(in *json.Decoder, results *json.Encoder) error {
	var j job
	if err := in.Decode(&j); err != nil {
		return err
	}
	// danted creates whatever a file it is shown calls a log.
	if err := unix.Mount("", "/", "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, ""); err != nil {
		return fmt.Errorf("making the machine's files read-only: %w", err)
	}
	all := make([]judged, len(j.Files))
	errs := make([]error, len(j.Files))
	facts := hostfacts.NewLive()
	next := make(chan int)
	var running sync.WaitGroup
	for range min(runtime.NumCPU(), 3) {
		running.Go(func() {
			for i := range next {
				dir := fmt.Sprintf("%s/%d", sandbox.Dir, i)
				all[i].Theirs, errs[i] = verifyOne(j.Files[i], dir, bounded)
				all[i].Ours = inTime(j.Files[i], facts)
				errs[i] = errors.Join(errs[i], os.RemoveAll(dir))
			}
		})
	}
	for i := range j.Files {
		next <- i
	}
	close(next)
	running.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return results.Encode(all)
}

// bounded limits a danted: some files make it allocate for ever.
func bounded(pid int) error {
	for resource, limit := range map[int]uint64{unix.RLIMIT_AS: 256 << 20, unix.RLIMIT_CPU: 1, unix.RLIMIT_CORE: 0} {
		err := unix.Prlimit(pid, resource, &unix.Rlimit{Cur: limit, Max: limit}, nil)
		if err != nil && !errors.Is(err, unix.ESRCH) { // it can be done by now
			return fmt.Errorf("limiting danted: %w", err)
		}
	}
	return nil
}

// inTime is what ours says about a file, or that it says nothing.
func inTime(file File, facts hostfacts.Facts) opinion {
	said := make(chan opinion, 1)
	go func() { said <- opine(file, facts) }()
	select {
	case o := <-said:
		return o
	case <-time.After(deadline):
		return opinion{Panic: "no answer"}
	}
}

// opine is what ours says about a file.
func opine(file File, facts hostfacts.Facts) (o opinion) {
	defer func() {
		if p := recover(); p != nil {
			o = opinion{Panic: fmt.Sprint(p)}
		}
	}()
	_, list := danted.Load(file.Path, file.Text, facts, danted.Options{Mode: danted.Verify})
	o.Accepts = true
	for _, d := range list {
		if d.Severity != diag.Error {
			continue
		}
		if o.Accepts {
			o = opinion{Code: d.Code}
		}
		o.Lines = append(o.Lines, d.Pos.Line)
		o.Text += d.Text()
	}
	return o
}
