package privsep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rustsocks/rustsocks/pkg/auth"
)

// fakeChecker knows one password for all, and lets tests hold it up.
type fakeChecker struct {
	hold  chan struct{} // if set, user "slow" waits for it
	begun chan struct{} // if set, gets a value for each password check

	mu   sync.Mutex
	seen [][]byte // the buffers passwords came in
}

func (c *fakeChecker) Verify(user string, password []byte) (auth.Failure, string) {
	c.mu.Lock()
	c.seen = append(c.seen, password)
	c.mu.Unlock()
	if c.begun != nil {
		c.begun <- struct{}{}
	}
	switch {
	case user == "slow":
		<-c.hold
	case user == "nobody":
		return auth.NoRecord, "no system error"
	case string(password) != "secret":
		return auth.WrongPassword, ""
	}
	return auth.NoFailure, ""
}

func (c *fakeChecker) Exists(user string) (bool, error) { return user == "bob", nil }

func (c *fakeChecker) InGroup(user, group string) (auth.Membership, error) {
	switch group {
	case "broken":
		return auth.NotMember, errors.New("Input/output error")
	case "none":
		return auth.NoSuchGroup, nil
	case user + "s":
		return auth.PrimaryMember, nil
	}
	return auth.NotMember, nil
}

// helperFor starts a fake helper and gives what the monitor would send.
func helperFor(t *testing.T, c Checker, slot uint8) (m Auth, stop func()) {
	t.Helper()
	s, far, err := newPair()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		serveAuth(s, c)
	}()
	t.Cleanup(func() { s.Close(); <-done })
	return Auth{Slot: slot, File: far}, func() { s.Close() }
}

func client(t *testing.T, waiting int, limit time.Duration, stuck func(uint8)) *AuthClient {
	t.Helper()
	c := NewAuthClient(waiting, limit, stuck)
	t.Cleanup(c.Close)
	return c
}

func attach(t *testing.T, c *AuthClient, m Auth) {
	t.Helper()
	if err := c.Attach(m); err != nil {
		t.Fatal(err)
	}
}

func TestAuthAnswers(t *testing.T) {
	ctx := t.Context()
	checker := &fakeChecker{}
	c := client(t, 100, time.Minute, nil)
	for slot := range uint8(2) {
		m, _ := helperFor(t, checker, slot)
		attach(t, c, m)
	}
	password := []byte("secret")
	for _, v := range []struct {
		user, password string
		want           auth.Failure
		detail         string
	}{
		{"bob", "secret", auth.NoFailure, ""},
		{"bob", "wrong", auth.WrongPassword, ""},
		{"nobody", "secret", auth.NoRecord, "no system error"},
		{strings.Repeat("u", 255), strings.Repeat("p", 255), auth.WrongPassword, ""},
		{strings.Repeat("u", 256), "secret", auth.Unavailable, errTooLong.Error()},
		{"bob", strings.Repeat("p", 256), auth.Unavailable, errTooLong.Error()},
	} {
		if why, detail := c.Verify(ctx, v.user, []byte(v.password)); why != v.want || detail != v.detail {
			t.Errorf("%s: got %d %q", v.user, why, detail)
		}
	}
	if why, _ := c.Verify(ctx, "bob", password); why != auth.NoFailure || string(password) != "secret" {
		t.Errorf("failure %d, and the caller's password is now %q", why, password)
	}
	if yes, err := c.UserExists(ctx, "bob"); !yes || err != nil {
		t.Errorf("bob: %v %v", yes, err)
	}
	if yes, err := c.UserExists(ctx, "alice"); yes || err != nil {
		t.Errorf("alice: %v %v", yes, err)
	}
	for group, want := range map[string]auth.Membership{
		"bobs": auth.PrimaryMember, "others": auth.NotMember, "none": auth.NoSuchGroup,
	} {
		if got, err := c.InGroup(ctx, "bob", group); got != want || err != nil {
			t.Errorf("%s: %v %v", group, got, err)
		}
	}
	if _, err := c.InGroup(ctx, "bob", "broken"); err == nil || err.Error() != "Input/output error" {
		t.Errorf("got %v", err)
	}

	// Once the next answer is there, the buffer of the one before was wiped.
	checker.mu.Lock()
	defer checker.mu.Unlock()
	for _, b := range checker.seen[:len(checker.seen)-1] {
		if len(bytes.Trim(b, "\x00")) > 0 && bytes.Contains(b, []byte("secret")) {
			t.Errorf("a password is still in memory: %q", b)
		}
	}
}

// TestManyAsk has more questions at once than helpers; each must get its own answer.
func TestManyAsk(t *testing.T) {
	c := client(t, 1000, time.Minute, nil)
	for slot := range uint8(2) {
		m, _ := helperFor(t, &fakeChecker{}, slot)
		attach(t, c, m)
	}
	var wg sync.WaitGroup
	for i := range 500 {
		wg.Go(func() {
			user := fmt.Sprint("user", i)
			if m, err := c.InGroup(t.Context(), user, user+"s"); !m.Is() || err != nil {
				t.Errorf("%s: %v %v", user, m, err)
			}
			if m, err := c.InGroup(t.Context(), user, "x"); m.Is() || err != nil {
				t.Errorf("%s: %v %v", user, m, err)
			}
		})
	}
	wg.Wait()
}

// TestHelperDies has a helper that dies during a check: that attempt fails at once, the next one is served by the
// replacement.
func TestHelperDies(t *testing.T) {
	checker := &fakeChecker{hold: make(chan struct{}), begun: make(chan struct{}, 9)}
	defer close(checker.hold)
	c := client(t, 10, time.Minute, func(uint8) { t.Error("reported as stuck") })
	m, die := helperFor(t, checker, 0)
	attach(t, c, m)
	answer := make(chan string)
	go func() {
		_, detail := c.Verify(t.Context(), "slow", nil)
		answer <- detail
	}()
	<-checker.begun
	die()
	if detail := <-answer; detail != ErrAuthGone.Error() {
		t.Errorf("got %q", detail)
	}
	go func() {
		why, detail := c.Verify(t.Context(), "bob", []byte("secret"))
		answer <- fmt.Sprint(why, detail)
	}()
	m, _ = helperFor(t, &fakeChecker{}, 0)
	attach(t, c, m)
	if got := <-answer; got != "0" {
		t.Errorf("got %q after the replacement", got)
	}
}

func TestHelperHangs(t *testing.T) {
	checker := &fakeChecker{hold: make(chan struct{})}
	defer close(checker.hold)
	stuck := make(chan uint8, 1)
	c := client(t, 10, 50*time.Millisecond, func(slot uint8) { stuck <- slot })
	m, _ := helperFor(t, checker, 7)
	attach(t, c, m)
	if why, detail := c.Verify(t.Context(), "slow", nil); why != auth.Unavailable || detail != ErrAuthTimeout.Error() {
		t.Errorf("got %d %q", why, detail)
	}
	if slot := <-stuck; slot != 7 {
		t.Errorf("slot %d is stuck", slot)
	}
	m, _ = helperFor(t, checker, 7)
	attach(t, c, m)
	if why, _ := c.Verify(t.Context(), "bob", []byte("secret")); why != auth.NoFailure {
		t.Errorf("failure %d after the replacement", why)
	}
}

func TestQueueIsBounded(t *testing.T) {
	checker := &fakeChecker{hold: make(chan struct{}), begun: make(chan struct{}, 99)}
	c := client(t, 2, time.Minute, nil)
	m, _ := helperFor(t, checker, 0)
	attach(t, c, m)
	var wg sync.WaitGroup
	ask := func() {
		wg.Go(func() {
			if why, detail := c.Verify(t.Context(), "slow", nil); why != auth.NoFailure {
				t.Errorf("failure %d %q", why, detail)
			}
		})
	}
	ask()
	<-checker.begun
	ask()
	ask()
	for len(c.queue) < 2 {
		time.Sleep(time.Millisecond)
	}
	if why, detail := c.Verify(t.Context(), "bob", nil); why != auth.Unavailable || detail != ErrAuthBusy.Error() {
		t.Errorf("got %d %q", why, detail)
	}
	close(checker.hold)
	wg.Wait()
}

// TestAskerLeaves cancels a question that waits: it is never put to a helper.
func TestAskerLeaves(t *testing.T) {
	checker := &fakeChecker{begun: make(chan struct{}, 9)}
	c := client(t, 2, time.Minute, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if why, detail := c.Verify(ctx, "cancelled", []byte("x")); why != auth.Unavailable || detail != context.Canceled.Error() {
		t.Errorf("got %d %q", why, detail)
	}
	m, _ := helperFor(t, checker, 0)
	attach(t, c, m)
	if why, _ := c.Verify(t.Context(), "bob", []byte("secret")); why != auth.NoFailure {
		t.Errorf("failure %d", why)
	}
	checker.mu.Lock()
	defer checker.mu.Unlock()
	if n := len(checker.seen); n != 1 {
		t.Errorf("%d checks", n)
	}
}

func TestClosedClient(t *testing.T) {
	before := descriptors(t)
	c := NewAuthClient(2, time.Minute, nil)
	m, _ := helperFor(t, &fakeChecker{}, 0)
	attach(t, c, m)
	c.Close()
	if why, detail := c.Verify(t.Context(), "bob", nil); why != auth.Unavailable || detail != ErrAuthGone.Error() {
		t.Errorf("got %d %q", why, detail)
	}
	m, stop := helperFor(t, &fakeChecker{}, 0)
	stop()
	if err := c.Attach(m); err == nil {
		t.Error("a closed client takes a helper")
	}
	if after := descriptors(t); after > before+1 { // the first fake helper's may be closing yet
		t.Errorf("%d descriptors, %d before", after, before)
	}
}

// TestHelperSendsNonsense ends a helper that answers what nobody asked.
func TestHelperSendsNonsense(t *testing.T) {
	valid, err := reply{id: 1}.append(nil)
	if err != nil {
		t.Fatal(err)
	}
	file := tempFile(t, "x")
	for name, send := range map[string]func(*socket){
		"nonsense":         func(s *socket) { raw(t, s, []byte("nonsense")) },
		"another question": func(s *socket) { b := append([]byte(nil), valid...); b[1] = 9; raw(t, s, b) },
		"a descriptor":     func(s *socket) { raw(t, s, valid, file) },
	} {
		t.Run(name, func(t *testing.T) {
			c := client(t, 2, time.Minute, nil)
			s, far, err := newPair()
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			attach(t, c, Auth{File: far})
			go func() {
				if _, _, err := s.receive(make([]byte, authPacketSize)); err == nil {
					send(s)
				}
			}()
			why, detail := c.Verify(t.Context(), "bob", []byte("x"))
			if why != auth.Unavailable || !strings.HasPrefix(detail, ErrAuthGone.Error()) {
				t.Errorf("got %d %q", why, detail)
			}
		})
	}
}

// TestServerRefuses has a worker that was taken over: the helper ends.
func TestServerRefuses(t *testing.T) {
	file := tempFile(t, "x")
	request, err := request{operation: userExists, user: "bob"}.append(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, send := range map[string]func(*socket){
		"nonsense":     func(s *socket) { raw(t, s, []byte("nonsense")) },
		"too long":     func(s *socket) { raw(t, s, make([]byte, authPacketSize+1)) },
		"a descriptor": func(s *socket) { raw(t, s, request, []*os.File{file}...) },
	} {
		near, far, err := newPair()
		if err != nil {
			t.Fatal(err)
		}
		s, err := newSocket(far)
		if err != nil {
			t.Fatal(err)
		}
		send(near)
		if err := serveAuth(s, &fakeChecker{}); err == nil {
			t.Errorf("%s: the helper ended as if nothing had happened", name)
		}
		near.Close()
	}
}
