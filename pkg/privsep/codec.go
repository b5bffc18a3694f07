package privsep

import (
	"fmt"
	"math"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/rustsocks/rustsocks/pkg/logx"
)

// offer is a Config as it crosses: what is too long for a packet is in a memory file, and the listeners follow in
// packets of their own.
type offer struct {
	Config
	memory    *os.File
	listeners int
}

func (offer) kind() kind { return kindConfig }

// encode gives the packet of a message. A Config crosses as an offer.
func encode(m Message) (*writer, error) {
	row, ok := rowOf(m.kind())
	if !ok {
		return nil, fmt.Errorf("message of kind %d: unknown", m.kind())
	}
	w := &writer{}
	w.u8(uint8(m.kind()))
	w.u8(version)
	switch m := m.(type) {
	case offer:
		w.offer(m)
	case listeners:
		w.u8(uint8(len(m.files)))
		w.files = m.files
	case Commit:
		w.u64(m.Generation)
	case Abort:
		w.u64(m.Generation)
	case Logs:
		w.outputs(m.Logs)
	case Auth:
		w.u8(m.Slot)
		w.files = []*os.File{m.File}
	case Status:
		w.bool(m.Print)
	case Drain:
		w.u64(uint64(max(m.Limit, 0)))
	case Loaded:
		w.u64(m.Generation)
		w.b = append(w.b, m.Digest...)
		if !isDigest(m.Digest) {
			w.fail(fmt.Errorf("%q is no digest", m.Digest))
		}
	case Refused:
		w.u64(m.Generation)
		w.text(m.Text[:min(len(m.Text), maxText)], maxText, "text")
	case Committed:
		w.u64(m.Generation)
	case Alive:
		w.u32(m.Sessions)
		w.u64(m.Accepted)
		w.u64(m.Handled)
	case AuthStuck:
		w.u8(m.Slot)
	case Drained:
	case BindPort:
		w.u32(m.ID)
		w.short(m.At.Addr().AsSlice(), 16, "address")
		w.u16(m.At.Port())
		if !isLowPort(m.At) {
			w.fail(fmt.Errorf("%s is no low port", m.At))
		}
	case BoundPort:
		w.u32(m.ID)
		w.bool(m.File != nil)
		if m.File != nil {
			w.files = []*os.File{m.File}
		}
	default:
		w.fail(fmt.Errorf("%T is no packet", m))
	}
	if w.err == nil && (len(w.b) > row.size || len(w.files) > row.files) {
		w.fail(fmt.Errorf("%d bytes and %d descriptors, more than %d and %d", len(w.b), len(w.files), row.size, row.files))
	}
	if w.err != nil {
		return nil, fmt.Errorf("message %s: %w", row.name, w.err)
	}
	return w, nil
}

// decode gives the message of a packet that came to the worker or to the monitor. The descriptors are the message's
// on success only.
func decode(packet []byte, files []*os.File, toWorker bool) (Message, error) {
	if len(packet) < headerSize || packet[1] != version {
		return nil, fmt.Errorf("not a message of version %d", version)
	}
	row, ok := rowOf(kind(packet[0]))
	switch {
	case !ok:
		return nil, fmt.Errorf("message of kind %d: unknown", packet[0])
	case row.toWorker != toWorker:
		return nil, fmt.Errorf("message %s: wrong direction", row.name)
	case len(packet) > row.size:
		return nil, fmt.Errorf("message %s: %d bytes where %d are the most", row.name, len(packet), row.size)
	}
	r := &reader{b: packet[headerSize:], files: files}
	m := row.decode(r)
	if err := r.end(); err != nil {
		return nil, fmt.Errorf("message %s: %w", row.name, err)
	}
	return m, nil
}

func (w *writer) offer(m offer) {
	w.u64(m.Generation)
	w.text(m.Name, maxName, "file name")
	w.short([]byte(m.Program), maxProgram, "program name")
	w.bool(m.Debug != nil)
	debug := 0
	if m.Debug != nil {
		debug = *m.Debug
	}
	if debug < 0 || debug > math.MaxInt32 {
		w.fail(fmt.Errorf("debug level %d", debug))
	}
	w.u32(uint32(debug))
	w.bool(m.KeepAlive)
	w.u16(uint16(m.listeners))
	if m.listeners > MaxListeners {
		w.fail(fmt.Errorf("%d listeners, more than %d", m.listeners, MaxListeners))
	}
	w.files = []*os.File{m.memory}
	w.outputs(m.Logs)
}

func decodeConfig(r *reader) Message {
	var m offer
	m.Generation = r.u64()
	m.Name = r.text(maxName)
	m.Program = string(r.short(maxProgram))
	given, debug := r.bool(), r.u32()
	if debug > math.MaxInt32 || debug != 0 && !given {
		r.fail(fmt.Errorf("debug level %d", debug))
	}
	if given {
		level := int(debug)
		m.Debug = &level
	}
	m.KeepAlive = r.bool()
	m.listeners = int(r.u16())
	if m.listeners > MaxListeners {
		r.fail(fmt.Errorf("%d listeners, more than %d", m.listeners, MaxListeners))
	}
	m.memory = r.file()
	m.Logs = r.outputs()
	return m
}

// outputs writes both lists of log outputs and their descriptors.
func (w *writer) outputs(o logx.Outputs) {
	if len(o.Main)+len(o.Errors) > maxLogs {
		w.fail(fmt.Errorf("%d log outputs, more than %d", len(o.Main)+len(o.Errors), maxLogs))
		return
	}
	for _, list := range [][]logx.Output{o.Main, o.Errors} {
		w.u8(uint8(len(list)))
		for _, d := range list {
			w.u8(uint8(d.Kind))
			w.u8(uint8(d.Facility))
			w.files = append(w.files, d.File)
		}
	}
}

func (r *reader) outputs() (o logx.Outputs) {
	for _, list := range []*[]logx.Output{&o.Main, &o.Errors} {
		n := int(r.u8())
		for i := 0; i < n && r.err == nil; i++ {
			d := logx.Output{Kind: logx.Kind(r.u8()), Facility: logx.Facility(r.u8()), File: r.file()}
			if d.Kind > logx.Syslog || d.Facility > 23 {
				r.fail(fmt.Errorf("log output of kind %d, facility %d", d.Kind, d.Facility))
			}
			*list = append(*list, d)
		}
	}
	if len(o.Main)+len(o.Errors) > maxLogs {
		r.fail(fmt.Errorf("more than %d log outputs", maxLogs))
	}
	return o
}

func decodeListeners(r *reader) Message {
	n := int(r.u8())
	if n == 0 || n > maxListeners {
		r.fail(fmt.Errorf("%d listeners in a packet", n))
	}
	var m listeners
	for i := 0; i < n && r.err == nil; i++ {
		m.files = append(m.files, r.file())
	}
	return m
}

func decodeCommit(r *reader) Message    { return Commit{r.u64()} }
func decodeAbort(r *reader) Message     { return Abort{r.u64()} }
func decodeLogs(r *reader) Message      { return Logs{r.outputs()} }
func decodeStatus(r *reader) Message    { return Status{r.bool()} }
func decodeCommitted(r *reader) Message { return Committed{r.u64()} }
func decodeAuthStuck(r *reader) Message { return AuthStuck{r.u8()} }
func decodeDrained(*reader) Message     { return Drained{} }

func decodeBindPort(r *reader) Message {
	m := BindPort{ID: r.u32()}
	ip, _ := netip.AddrFromSlice(r.short(16))
	m.At = netip.AddrPortFrom(ip, r.u16())
	if !isLowPort(m.At) {
		r.fail(fmt.Errorf("%s is no low port", m.At))
	}
	return m
}

// isLowPort tells whether a is what BindPort is for. An IPv4 address has one form only.
func isLowPort(a netip.AddrPort) bool {
	return a.IsValid() && !a.Addr().Is4In6() && a.Addr().Zone() == "" && a.Port() > 0 && a.Port() < LowPorts
}

func decodeBoundPort(r *reader) Message {
	m := BoundPort{ID: r.u32()}
	if r.bool() {
		m.File = r.file()
	}
	return m
}

func decodeAuth(r *reader) Message {
	slot := r.u8()
	return Auth{Slot: slot, File: r.file()}
}

func decodeDrain(r *reader) Message {
	ns := r.u64()
	if ns > math.MaxInt64 {
		r.fail(fmt.Errorf("a limit of %d ns", ns))
	}
	return Drain{time.Duration(ns)}
}

func decodeLoaded(r *reader) Message {
	m := Loaded{Generation: r.u64(), Digest: string(r.take(digestSize))}
	if r.err == nil && !isDigest(m.Digest) {
		r.fail(fmt.Errorf("%q is no digest", m.Digest))
	}
	return m
}

func isDigest(s string) bool {
	return len(s) == digestSize && strings.Trim(s, "0123456789abcdef") == ""
}

func decodeRefused(r *reader) Message {
	return Refused{Generation: r.u64(), Text: r.text(maxText)}
}

func decodeAlive(r *reader) Message {
	return Alive{Sessions: r.u32(), Accepted: r.u64(), Handled: r.u64()}
}
