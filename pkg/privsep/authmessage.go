package privsep

import (
	"fmt"

	"github.com/rustsocks/rustsocks/pkg/auth"
)

// operation is what an auth helper is asked.
type operation uint8

const (
	verifyPassword operation = 1 + iota
	userExists
	inGroup
)

// maxReason is the longest text of an auth helper.
const maxReason = 255

// authPacketSize holds the longest packet between worker and auth helper.
const authPacketSize = 1024

// request is one question to an auth helper. Names and passwords are any bytes.
type request struct {
	operation operation
	id        uint32
	user      string
	secret    []byte // the password, or the group's name
}

// append encodes the request; b needs room for authPacketSize, so that the password is copied only once.
func (q request) append(b []byte) ([]byte, error) {
	w := writer{b: b}
	w.u8(uint8(q.operation))
	w.u8(version)
	w.u32(q.id)
	w.short([]byte(q.user), auth.MaxField, "user name")
	w.short(q.secret, auth.MaxField, "password or group name")
	return w.b, w.err
}

// decodeRequest decodes; the secret is the packet's own bytes.
func decodeRequest(packet []byte) (q request, err error) {
	r := reader{b: packet}
	q.operation = operation(r.u8())
	if v := r.u8(); v != version {
		r.fail(fmt.Errorf("version %d", v))
	}
	q.id = r.u32()
	q.user = string(r.short(auth.MaxField))
	q.secret = r.short(auth.MaxField)
	switch q.operation {
	case verifyPassword, inGroup:
	case userExists:
		if len(q.secret) > 0 {
			r.fail(fmt.Errorf("a password where none is asked for"))
		}
	default:
		r.fail(fmt.Errorf("operation %d: unknown", q.operation))
	}
	if err := r.end(); err != nil {
		return request{}, fmt.Errorf("auth request: %w", err)
	}
	return q, nil
}

// reply is the answer to a request. What of it has a meaning depends on the operation.
type reply struct {
	id      uint32
	failure auth.Failure // of verifyPassword
	yes     bool         // of userExists
	member  auth.Membership
	reason  string // the system's reason for a failure, "" when it has none
}

func (p reply) append(b []byte) ([]byte, error) {
	w := writer{b: b}
	w.u8(version)
	w.u32(p.id)
	w.u8(uint8(p.failure))
	w.bool(p.yes)
	w.u8(uint8(p.member))
	w.short([]byte(p.reason[:min(len(p.reason), maxReason)]), maxReason, "reason")
	return w.b, w.err
}

func decodeReply(packet []byte) (p reply, err error) {
	r := reader{b: packet}
	if v := r.u8(); v != version {
		r.fail(fmt.Errorf("version %d", v))
	}
	p.id = r.u32()
	p.failure = auth.Failure(r.u8())
	if p.failure > auth.Unavailable {
		r.fail(fmt.Errorf("failure %d: unknown", p.failure))
	}
	p.yes = r.bool()
	p.member = auth.Membership(r.u8())
	if p.member > auth.PrimaryMember {
		r.fail(fmt.Errorf("membership %d: unknown", p.member))
	}
	p.reason = string(r.short(maxReason))
	if err := r.end(); err != nil {
		return reply{}, fmt.Errorf("auth reply: %w", err)
	}
	return p, nil
}
