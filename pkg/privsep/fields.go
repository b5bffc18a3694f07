package privsep

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
)

// writer appends fields to a packet. The first field that is out of bounds is kept as its error.
type writer struct {
	b     []byte
	files []*os.File
	err   error
}

func (w *writer) u8(v uint8)   { w.b = append(w.b, v) }
func (w *writer) u16(v uint16) { w.b = binary.BigEndian.AppendUint16(w.b, v) }
func (w *writer) u32(v uint32) { w.b = binary.BigEndian.AppendUint32(w.b, v) }
func (w *writer) u64(v uint64) { w.b = binary.BigEndian.AppendUint64(w.b, v) }

func (w *writer) bool(v bool) {
	if v {
		w.u8(1)
	} else {
		w.u8(0)
	}
}

// short writes up to 255 bytes, which take one byte more.
func (w *writer) short(v []byte, max int, what string) {
	if len(v) > min(max, 255) {
		w.fail(fmt.Errorf("%s has %d bytes, more than %d", what, len(v), max))
		return
	}
	w.u8(uint8(len(v)))
	w.b = append(w.b, v...)
}

// text writes up to 65535 bytes, which take two bytes more.
func (w *writer) text(v string, max int, what string) {
	if len(v) > max {
		w.fail(fmt.Errorf("%s has %d bytes, more than %d", what, len(v), max))
		return
	}
	w.u16(uint16(len(v)))
	w.b = append(w.b, v...)
}

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// reader takes fields off a packet. After the first mistake it gives zeros and keeps the error.
type reader struct {
	b     []byte
	files []*os.File
	err   error
}

func (r *reader) take(n int) []byte {
	if r.err != nil || n > len(r.b) {
		r.fail(errors.New("too short"))
		return make([]byte, n)
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *reader) u8() uint8   { return r.take(1)[0] }
func (r *reader) u16() uint16 { return binary.BigEndian.Uint16(r.take(2)) }
func (r *reader) u32() uint32 { return binary.BigEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64 { return binary.BigEndian.Uint64(r.take(8)) }

func (r *reader) bool() bool {
	v := r.u8()
	if v > 1 {
		r.fail(fmt.Errorf("%d is no truth value", v))
	}
	return v == 1
}

// short reads what writer.short wrote. The bytes are the packet's own.
func (r *reader) short(max int) []byte {
	n := int(r.u8())
	if n > max {
		r.fail(fmt.Errorf("%d bytes where %d are the most", n, max))
		return nil
	}
	return r.take(n)
}

func (r *reader) text(max int) string {
	n := int(r.u16())
	if n > max {
		r.fail(fmt.Errorf("%d bytes where %d are the most", n, max))
		return ""
	}
	return string(r.take(n))
}

// file takes the next descriptor.
func (r *reader) file() *os.File {
	if r.err != nil || len(r.files) == 0 {
		r.fail(errors.New("a descriptor is missing"))
		return nil
	}
	f := r.files[0]
	r.files = r.files[1:]
	return f
}

// end checks that nothing is left over.
func (r *reader) end() error {
	if r.err == nil && len(r.b) > 0 {
		r.fail(fmt.Errorf("%d bytes too many", len(r.b)))
	}
	if r.err == nil && len(r.files) > 0 {
		r.fail(fmt.Errorf("%d descriptors nobody asked for", len(r.files)))
	}
	return r.err
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}
