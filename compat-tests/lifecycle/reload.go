package lifecycle

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
)

// half is how much of a transfer has passed when the reload comes.
const half = 1 << 20

// reloaded is what one reload did.
type reloaded struct {
	Name     string
	Died     bool
	Exit     int
	Log      []string // of the reload
	Transfer string   // "" when the transfer in flight came to its end
	Open     string   // "" when port 80 is served afterwards
	Shut     string   // "" when port 81 is
	Second   string   // "" when the second listener of the good file serves
}

// broken are files that cannot be used, each in its way, and all of which would
// open port 81 if they were.
func broken() map[string]string {
	good := config("", "82")
	return map[string]string{
		"syntax error":              strings.Replace(good, "socks pass", "socks parse", 1),
		"unknown user":              strings.Replace(good, "user.unprivileged: nobody", "user.unprivileged: nosuchuser", 1),
		"address that is not ours":  strings.Replace(good, "internal: 127.0.0.1", "internal: 192.0.2.77 port = 1080\ninternal: 127.0.0.1", 1),
		"no external":               strings.Replace(good, "external: 127.0.0.1\n", "", 1),
		"empty":                     "",
		"comments only":             "# nothing\n",
		"not there yet":             good + "monitor { from: 0/0 to: 0/0 }\n",
		"one of several mistakes":   strings.Replace(good, "log: error", "log: eror", 2),
		"a word nobody knows":       "frobnicate: 1\n" + good,
		"privileged user is absent": strings.Replace(good, "user.privileged: root", "user.privileged: nosuchuser", 1),
	}
}

// reload plays one reload with a transfer in flight. Port 81 was blocked before.
func reload(name, conf string) func(*scene) (reloaded, error) {
	return func(s *scene) (reloaded, error) {
		r := reloaded{Name: name}
		near, far, end, err := s.session()
		if err != nil {
			return r, err
		}
		defer end()
		if err := pass(near, far, half); err != nil {
			return r, err
		}
		if err := s.AwaitRest(); err != nil {
			return r, err
		}
		before := len(s.Log())
		if err := s.Reload(conf); err != nil {
			return r, err
		}
		if err := daemon.Until(func() (bool, error) {
			log := s.Log()[before:]
			return !s.Alive() || strings.Contains(log, "SIGHUP ]:") || strings.Contains(log, "Continuing with the configuration in force"), nil
		}); err != nil {
			return r, err
		}
		if r.Died = !s.Alive(); r.Died {
			if r.Exit, err = s.AwaitExit(); err != nil {
				return r, err
			}
		}
		r.Log = strings.Split(strings.TrimSpace(s.Log()[before:]), "\n")
		if err := finish(near, far); err != nil {
			r.Transfer = err.Error()
		}
		r.Open, r.Shut, r.Second = s.serves(server, open), s.serves(server, shut), s.serves(second, open)
		return r, nil
	}
}

// pass sends n bytes from one end to the other.
func pass(from, to net.Conn, n int) error {
	data := bytes.Repeat([]byte("0123456789abcdef"), n/16)
	sent := make(chan error, 1)
	go func() {
		_, err := from.Write(data)
		sent <- err
	}()
	got := make([]byte, len(data))
	if _, err := io.ReadFull(to, got); err != nil {
		return fmt.Errorf("receiving: %w", err)
	}
	if !bytes.Equal(got, data) {
		return errors.New("other bytes arrived than were sent")
	}
	return <-sent
}

// finish moves the second half both ways and ends the session properly.
func finish(near, far *net.TCPConn) error {
	if err := pass(near, far, half); err != nil {
		return err
	}
	if err := pass(far, near, half); err != nil {
		return err
	}
	if err := near.CloseWrite(); err != nil {
		return err
	}
	if rest, err := io.ReadAll(far); err != nil || len(rest) > 0 {
		return fmt.Errorf("after the last byte: %d more, %v", len(rest), err)
	}
	far.Close()
	if rest, err := io.ReadAll(near); err != nil || len(rest) > 0 {
		return fmt.Errorf("after the last byte: %d more, %v", len(rest), err)
	}
	return nil
}
