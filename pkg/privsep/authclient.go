package privsep

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rustsocks/rustsocks/pkg/auth"
)

// The ways in which an auth helper could not be asked.
var (
	ErrAuthBusy    = errors.New("too many authentication requests are waiting")
	ErrAuthTimeout = errors.New("no answer from the authentication helper in time")
	ErrAuthGone    = errors.New("the authentication helper has gone away")
	errTooLong     = fmt.Errorf("a name or password of more than %d bytes", auth.MaxField)
)

// AuthClient asks auth helpers, each of which answers one question at a time. Questions wait in one bounded queue.
type AuthClient struct {
	queue chan *question
	limit time.Duration
	stuck func(slot uint8)

	mu      sync.Mutex
	closed  bool
	helpers map[uint8]*helper
	running sync.WaitGroup
	lastID  atomic.Uint32
}

// question is a request on its way. Who asks waits for done, or leaves it alone; the answer's goroutine owns the
// secret and wipes it.
type question struct {
	request
	deadline time.Time
	done     chan struct{} // closed when reply and err are there
	reply    reply
	err      error
	left     atomic.Bool // nobody waits any more
}

func (q *question) finish(p reply, err error) {
	clear(q.secret)
	q.reply, q.err = p, err
	close(q.done)
}

// NewAuthClient gives a client that lets at most waiting questions wait. Who asks waits for at most limit in all; a
// helper that takes longer than that for one question is given up, and stuck is called with its slot.
func NewAuthClient(waiting int, limit time.Duration, stuck func(slot uint8)) *AuthClient {
	return &AuthClient{queue: make(chan *question, waiting), limit: limit, stuck: stuck, helpers: map[uint8]*helper{}}
}

// Attach starts to use the helper of an Auth message, in place of the slot's earlier one.
func (c *AuthClient) Attach(m Auth) error {
	s, err := newSocket(m.File)
	if err != nil {
		return fmt.Errorf("socket of an auth helper: %w", err)
	}
	h := &helper{slot: m.Slot, socket: s, replies: make(chan reply), gone: make(chan struct{}), quit: make(chan struct{})}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		s.Close()
		return ErrAuthGone
	}
	if old := c.helpers[m.Slot]; old != nil {
		old.retire()
	}
	c.helpers[m.Slot] = h
	c.running.Go(h.receive)
	c.running.Go(func() { c.serve(h) })
	return nil
}

// Close gives up all helpers and answers all waiting questions with ErrAuthGone.
func (c *AuthClient) Close() {
	c.mu.Lock()
	c.closed = true
	for _, h := range c.helpers {
		h.retire()
	}
	c.mu.Unlock()
	c.running.Wait()
	for {
		select {
		case q := <-c.queue:
			q.finish(reply{}, ErrAuthGone)
		default:
			return
		}
	}
}

// Verify tells why a user's password is not accepted. The detail is the system's reason for NoRecord, ours for
// Unavailable. The password stays the caller's; no copy of it outlives the check.
func (c *AuthClient) Verify(ctx context.Context, user string, password []byte) (why auth.Failure, detail string) {
	p, err := c.ask(ctx, verifyPassword, user, password)
	if err != nil {
		return auth.Unavailable, err.Error()
	}
	return p.failure, p.reason
}

// UserExists tells whether the system has such a user.
func (c *AuthClient) UserExists(ctx context.Context, user string) (bool, error) {
	p, err := c.ask(ctx, userExists, user, nil)
	return p.yes, errors.Join(err, p.unavailable())
}

// InGroup tells whether a user is a member of a group.
func (c *AuthClient) InGroup(ctx context.Context, user, group string) (auth.Membership, error) {
	p, err := c.ask(ctx, inGroup, user, []byte(group))
	return p.member, errors.Join(err, p.unavailable())
}

func (p reply) unavailable() error {
	if p.failure == auth.Unavailable {
		return errors.New(p.reason)
	}
	return nil
}

func (c *AuthClient) ask(ctx context.Context, op operation, user string, secret []byte) (reply, error) {
	if len(user) > auth.MaxField || len(secret) > auth.MaxField {
		return reply{}, errTooLong
	}
	q := &question{
		request:  request{operation: op, id: c.lastID.Add(1), user: user, secret: append([]byte(nil), secret...)},
		deadline: time.Now().Add(c.limit),
		done:     make(chan struct{}),
	}
	if err := c.enqueue(q); err != nil {
		clear(q.secret)
		return reply{}, err
	}
	timer := time.NewTimer(c.limit)
	defer timer.Stop()
	select {
	case <-q.done:
		return q.reply, q.err
	case <-ctx.Done():
		q.left.Store(true)
		return reply{}, ctx.Err()
	case <-timer.C:
		q.left.Store(true)
		return reply{}, ErrAuthTimeout
	}
}

func (c *AuthClient) enqueue(q *question) error {
	c.mu.Lock() // Close answers what is in the queue: nothing may come after
	defer c.mu.Unlock()
	if c.closed {
		return ErrAuthGone
	}
	select {
	case c.queue <- q:
		return nil
	default:
		return ErrAuthBusy
	}
}

// serve hands questions to one helper until it is gone, retired, or stuck.
func (c *AuthClient) serve(h *helper) {
	defer h.retire()
	buf := make([]byte, 0, authPacketSize)
	for {
		select { // a helper that is known to be gone must not take a question
		case <-h.gone:
			return
		case <-h.quit:
			return
		default:
		}
		select {
		case <-h.gone:
			return
		case <-h.quit:
			return
		case q := <-c.queue:
			if q.left.Load() || !time.Now().Before(q.deadline) {
				q.finish(reply{}, ErrAuthTimeout)
				continue
			}
			// The helper gets the whole limit, however long the question waited: it is not its fault.
			p, err := h.ask(q, buf, c.limit)
			clear(buf[:authPacketSize])
			if errors.Is(err, errNotAsked) && c.putBack(q) {
				return
			}
			q.finish(p, err)
			if errors.Is(err, ErrAuthTimeout) && c.stuck != nil {
				c.stuck(h.slot)
			}
			if err != nil {
				return
			}
		}
	}
}

// putBack leaves a question to another helper.
func (c *AuthClient) putBack(q *question) bool {
	return c.enqueue(q) == nil
}

// errNotAsked means that the helper was gone before it got the question.
var errNotAsked = fmt.Errorf("%w before the question", ErrAuthGone)

// helper is one auth helper process as the worker sees it.
type helper struct {
	slot    uint8
	socket  *socket
	replies chan reply
	gone    chan struct{} // closed when its end is closed, or it sent nonsense
	quit    chan struct{} // closed when it must not be used any more
	once    sync.Once
}

func (h *helper) retire() {
	h.once.Do(func() {
		close(h.quit)
		h.socket.Close()
	})
}

// receive passes replies on until the helper is gone.
func (h *helper) receive() {
	defer close(h.gone)
	buf := make([]byte, authPacketSize)
	for {
		packet, files, err := h.socket.receive(buf)
		closeAll(files)
		if err != nil || len(files) > 0 {
			return
		}
		p, err := decodeReply(packet)
		if err != nil {
			return
		}
		select {
		case h.replies <- p:
		case <-h.quit:
			return
		}
	}
}

// ask sends one question and waits for its answer.
func (h *helper) ask(q *question, buf []byte, limit time.Duration) (reply, error) {
	packet, err := q.append(buf)
	if err != nil {
		return reply{}, err
	}
	if err := h.socket.conn.SetWriteDeadline(time.Now().Add(limit)); err != nil {
		return reply{}, errNotAsked
	}
	if err := h.socket.send(packet, nil); err != nil {
		return reply{}, errNotAsked
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case p := <-h.replies:
		if p.id != q.id {
			return reply{}, fmt.Errorf("%w: it answered another question", ErrAuthGone)
		}
		return p, nil
	case <-h.gone:
		return reply{}, ErrAuthGone
	case <-h.quit:
		return reply{}, ErrAuthGone
	case <-timer.C:
		return reply{}, ErrAuthTimeout
	}
}
