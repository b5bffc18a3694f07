// Package wire encodes and decodes the messages of SOCKS4, SOCKS4A and SOCKS5 (RFC 1928), of the user name and
// password login (RFC 1929), and the header of SOCKS5 UDP datagrams. Encoders append to a slice; decoders take from
// a Reader, which never hands out a byte after the message, or from a datagram. What the texts of its errors say is
// what Dante logs.
//
// It is not for sockets, deadlines or decisions: whether a method is acceptable or an address allowed is for others.
package wire

import (
	"bytes"
	"errors"
	"io"
)

// bufferSize holds the longest greeting, login and request together, so that a client that sends everything at once
// costs one read.
const bufferSize = 1056

// ErrMore is what a source returns from Read when it has nothing now and does not wait. A decoder gives it too, has then
// taken nothing, and is to be called again when there is more.
var ErrMore = errors.New("the rest of the message has not come yet")

// FlagUseClientPort is a flag of an early draft of SOCKS5, in the reserved byte of requests for UDP and of answers.
const FlagUseClientPort = 0x04

// emptyReads is how often a source may return neither bytes nor an error before the Reader gives up.
const emptyReads = 100

// A Reader decodes messages from a stream. It reads ahead into a small fixed buffer, but the bytes behind the last
// message stay available from Buffered: they are early payload. It is not safe for use by several goroutines.
//
// The zero Reader is not usable, see NewReader.
type Reader struct {
	// SOCKS4A makes the SOCKS4 destinations 0.0.0.1 to 0.0.0.255 announce a host name behind the user id. Without it
	// they are addresses like any other, as they are for Dante.
	SOCKS4A bool

	// Reserved is the reserved byte of the last SOCKS5 request: FlagUseClientPort, or nothing that means anything.
	Reserved byte

	src        io.Reader
	start, end int // of the unread bytes in buf
	taken      int64
	message    struct { // where the message that is being decoded begins
		start int
		taken int64
	}
	request4 *partial4 // that has begun

	buf [bufferSize]byte
}

// NewReader gives a Reader of src, that takes SOCKS4A names.
func NewReader(src io.Reader) *Reader { return &Reader{SOCKS4A: true, src: src} }

// Buffered returns the bytes read from the source that no message has taken. They are valid until the next decode.
func (r *Reader) Buffered() []byte { return r.buf[r.start:r.end] }

// Taken is how many bytes the messages so far were long, with those of a message that was not complete: the N of
// Dante's "error after reading N bytes".
func (r *Reader) Taken() int64 { return r.taken }

// begin is called where a message begins.
func (r *Reader) begin() { r.message.start, r.message.taken = r.start, r.taken }

// take returns the next n bytes, valid until the next call. With fewer before the end of the source, all of them
// are taken and the error is ErrTruncated.
func (r *Reader) take(n int) ([]byte, error) {
	if n > bufferSize {
		panic("wire: a field longer than the buffer")
	}
	for r.end-r.start < n {
		if err := r.fill(); err == ErrMore {
			r.start, r.taken = r.message.start, r.message.taken
			return nil, err
		} else if err != nil {
			r.taken += int64(r.end - r.start)
			r.start = r.end
			return nil, err
		}
	}
	p := r.buf[r.start : r.start+n]
	r.start += n
	r.taken += int64(n)
	return p, nil
}

func (r *Reader) takeByte() (byte, error) {
	p, err := r.take(1)
	if err != nil {
		return 0, err
	}
	return p[0], nil
}

// takeString takes a field of one length byte and at most 255 bytes.
func (r *Reader) takeString() (string, error) {
	n, err := r.takeByte()
	if err != nil {
		return "", err
	}
	p, err := r.take(int(n))
	if err != nil {
		return "", err
	}
	return cString(p), nil
}

// takeSecret is takeString for what must not stay in the buffer.
func (r *Reader) takeSecret() ([]byte, error) {
	n, err := r.takeByte()
	if err != nil {
		return nil, err
	}
	p, err := r.take(int(n))
	if err != nil {
		return nil, err
	}
	if end := bytes.IndexByte(p, 0); end >= 0 {
		p = p[:end] // as cString
	}
	secret := bytes.Clone(p)
	clear(r.buf[:r.start])
	clear(r.buf[r.end:]) // what moving the buffer's content left behind
	return secret, nil
}

// cString ends a field at its first NUL.
//
// COMPAT: Dante keeps names and passwords as C strings.
func cString(p []byte) string {
	for i, c := range p {
		if c == 0 {
			return string(p[:i])
		}
	}
	return string(p)
}

// fill reads once from the source.
func (r *Reader) fill() error {
	if from := r.message.start; from > 0 {
		r.end = copy(r.buf[:], r.buf[from:r.end])
		r.start -= from
		r.message.start = 0
	}
	for range emptyReads {
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		switch {
		case n > 0:
			return nil // an error will come again
		case err == ErrMore:
			return err
		case errors.Is(err, io.EOF):
			return ErrTruncated
		case err != nil:
			return err
		}
	}
	return io.ErrNoProgress
}
