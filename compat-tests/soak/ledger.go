package soak

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// A ledger holds what the ends of each session have counted against what the
// daemon's log says of it.
type ledger struct {
	mu       sync.Mutex
	accounts map[string]*account // by the client's address, "127.0.0.1.40000"
}

// An account is of the sessions from one address, one after the other.
type account struct {
	address string
	counted []count
	logged  []entry

	unnoticed int // sessions of which one end has not learned that the other is gone
}

// A count is what the two ends of a session say.
type count struct {
	name                    string
	quiet                   bool
	sent, arrived           int64 // from the client to the target
	returned, came          int64 // from the target to the client
	bothEnded, wrong, stuck bool
}

// An entry is what the log says: bytes written to and read from the client, and
// the target.
type entry struct {
	toClient, fromClient, toTarget, fromTarget int64
	reason                                     string
}

func newLedger() *ledger { return &ledger{accounts: map[string]*account{}} }

func (b *ledger) account(address string) *account {
	a := b.accounts[address]
	if a == nil {
		a = &account{address: address}
		b.accounts[address] = a
	}
	return a
}

// book notes what the ends of a session that is over have counted.
func (b *ledger) book(l *life) {
	c := count{
		name: fmt.Sprintf("session %d (%s, %s)", l.number, l.kind.name, l.end), quiet: l.quiet(),
		sent: l.client.sent.Load(), arrived: l.target.got.Load(),
		returned: l.target.sent.Load(), came: l.client.got.Load(),
		bothEnded: l.client.ended.Load() && l.target.ended.Load(),
		wrong:     l.client.wrong.Load() || l.target.wrong.Load(),
		stuck:     l.client.stuck.Load() || l.target.stuck.Load(),
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	a := b.account(l.from)
	a.counted = append(a.counted, c)
}

// endLine is the line of a socks rule about the end of a session:
//
//	pass(1): tcp/connect ]: 8 -> CLIENT US -> 10, 10 -> US TARGET -> 8: local client closed.  Session duration: 0s
var endLine = regexp.MustCompile(`pass\(1\): tcp/connect \]: (\d+) -> (\S+) \S+ -> (\d+), (\d+) -> \S+ \S+ -> (\d+): (.*)\.  Session duration: `)

// read takes the entries from a log, and tells how many there were.
func (b *ledger) read(log string) (lines int, err error) {
	for line := range strings.Lines(log) {
		if !strings.Contains(line, "tcp/connect ]: ") {
			continue
		}
		m := endLine.FindStringSubmatch(line)
		if m == nil {
			return lines, fmt.Errorf("a line that cannot be read: %s", line)
		}
		e := entry{reason: m[6]}
		for to, text := range map[*int64]string{
			&e.toClient: m[1], &e.fromClient: m[3], &e.toTarget: m[4], &e.fromTarget: m[5],
		} {
			if *to, err = strconv.ParseInt(text, 10, 64); err != nil {
				return lines, err
			}
		}
		lines++
		a := b.account(m[2])
		a.logged = append(a.logged, e)
	}
	return lines, nil
}

// check compares the sessions of an account with the log, and tells how many of
// them agree to the byte because they must.
func (a *account) check() (exact int, errs []error) {
	if len(a.counted) > len(a.logged) { // how many, is checked elsewhere
		a.unnoticed += len(a.counted) - len(a.logged)
		return 0, nil
	}
	if len(a.counted) < len(a.logged) {
		return 0, []error{fmt.Errorf("%s: %d sessions, %d lines", a.address, len(a.counted), len(a.logged))}
	}
	for i, c := range a.counted {
		if err := c.check(a.logged[i]); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w; counted %+v, logged %+v", c.name, err, c, a.logged[i]))
		} else if c.quiet {
			exact++
		} else if c.stuck {
			a.unnoticed++
		}
	}
	return exact, errs
}

// check holds a count against its entry. What a session that was cut off has
// lost is not known: only that nothing can come out that has not gone in.
func (c count) check(e entry) error {
	switch {
	case c.wrong:
		return fmt.Errorf("other bytes have arrived than were sent")
	case c.quiet && c.stuck:
		return fmt.Errorf("nothing has come for %v", deadline)
	case c.quiet && !c.bothEnded:
		return fmt.Errorf("no end of the stream")
	case c.quiet && !(c.sent == c.arrived && c.returned == c.came):
		return fmt.Errorf("not all that was sent has arrived")
	case c.quiet && !(e.fromClient == c.sent && e.toTarget == c.sent && e.fromTarget == c.returned && e.toClient == c.returned):
		return fmt.Errorf("the log has other numbers of bytes")
	case c.quiet && !strings.HasSuffix(e.reason, " closed"):
		return fmt.Errorf("ended for another reason")
	case !ascending(c.arrived, e.toTarget, e.fromClient, c.sent) || !ascending(c.came, e.toClient, e.fromTarget, c.returned):
		return fmt.Errorf("more has come out than went in")
	}
	return nil
}

func ascending(numbers ...int64) bool {
	for i := range numbers[1:] {
		if numbers[i] > numbers[i+1] {
			return false
		}
	}
	return true
}
