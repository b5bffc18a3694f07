package privsep

import (
	"bytes"
	"math"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/rustsocks/rustsocks/pkg/auth"
	"github.com/rustsocks/rustsocks/pkg/logx"
)

// allKinds gives every kind of the table.
func allKinds() (kinds []kind) {
	for k := range math.MaxUint8 + 1 {
		if _, ok := rowOf(kind(k)); ok {
			kinds = append(kinds, kind(k))
		}
	}
	return kinds
}

// largest gives the largest message of a kind.
func largest(k kind) Message {
	level := math.MaxInt32
	logs := logx.Outputs{Main: make([]logx.Output, maxLogs/2), Errors: make([]logx.Output, maxLogs-maxLogs/2)}
	switch k {
	case kindConfig:
		return offer{Config{
			Name: strings.Repeat("n", maxName), Program: strings.Repeat("p", maxProgram), Debug: &level, Logs: logs,
		}, nil, MaxListeners}
	case kindListeners:
		return listeners{make([]*os.File, maxListeners)}
	case kindCommit:
		return Commit{}
	case kindAbort:
		return Abort{}
	case kindLogs:
		return Logs{logs}
	case kindAuth:
		return Auth{}
	case kindStatus:
		return Status{}
	case kindDrain:
		return Drain{time.Duration(math.MaxInt64)}
	case kindLoaded:
		return Loaded{Digest: digest}
	case kindRefused:
		return Refused{Text: strings.Repeat("t", 2*maxText)}
	case kindCommitted:
		return Committed{}
	case kindAlive:
		return Alive{}
	case kindAuthStuck:
		return AuthStuck{}
	case kindDrained:
		return Drained{}
	case kindBindPort:
		return BindPort{At: netip.MustParseAddrPort("[2001:db8::1]:1023")}
	case kindBoundPort:
		return BoundPort{File: new(os.File)}
	}
	return nil
}

// TestTable holds each row to what its kind needs: the bounds fit the largest message exactly.
func TestTable(t *testing.T) {
	if n := len(allKinds()); n != 16 {
		t.Errorf("%d kinds, the test knows 16", n)
	}
	for _, k := range allKinds() {
		row, _ := rowOf(k)
		m := largest(k)
		if m == nil {
			t.Errorf("%s: no largest message", row.name)
			continue
		}
		w, err := encode(m)
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		if len(w.b) != row.size || len(w.files) != row.files {
			t.Errorf("%s: the largest has %d bytes and %d descriptors, the row says %d and %d",
				row.name, len(w.b), len(w.files), row.size, row.files)
		}
		if row.size > packetSize || row.files > maxFiles || row.phases == 0 || row.lives == 0 {
			t.Errorf("%s: row %+v", row.name, row)
		}
		if m.kind() != k {
			t.Errorf("%s: kind %d, not %d", row.name, m.kind(), k)
		}
	}
}

// FuzzDecode checks that a packet is refused or is exactly what its message encodes to.
func FuzzDecode(f *testing.F) {
	for _, k := range allKinds() {
		m := largest(k)
		w, err := encode(m)
		if err != nil {
			f.Fatal(err)
		}
		row, _ := rowOf(k)
		f.Add(w.b, uint8(len(w.files)), row.toWorker)
	}
	f.Fuzz(func(t *testing.T, packet []byte, n uint8, toWorker bool) {
		given := make([]*os.File, n)
		for i := range given {
			given[i] = new(os.File)
		}
		m, err := decode(packet, given, toWorker)
		if err != nil {
			return
		}
		w, err := encode(m)
		if err != nil {
			t.Fatalf("%+v was decoded and cannot be encoded: %v", m, err)
		}
		if !bytes.Equal(w.b, packet) || !reflect.DeepEqual(w.files, given) && n > 0 {
			t.Fatalf("%x became %+v, which is %x", packet, m, w.b)
		}
	})
}

// FuzzAuthRequest checks the same of requests to an auth helper.
func FuzzAuthRequest(f *testing.F) {
	for _, q := range []request{
		{verifyPassword, 1, "bob", []byte("secret")},
		{userExists, 1, "", nil},
		{inGroup, math.MaxUint32, strings.Repeat("u", auth.MaxField), bytes.Repeat([]byte("g"), auth.MaxField)},
	} {
		b, err := q.append(nil)
		if err != nil || len(b) > authPacketSize {
			f.Fatal(len(b), err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		q, err := decodeRequest(packet)
		if err != nil {
			return
		}
		b, err := q.append(nil)
		if err != nil || !bytes.Equal(b, packet) {
			t.Fatalf("%x became %+v, which is %x, %v", packet, q, b, err)
		}
	})
}

// FuzzAuthReply checks the same of an auth helper's replies.
func FuzzAuthReply(f *testing.F) {
	for _, p := range []reply{
		{},
		{id: 1, failure: auth.NoRecord, reason: "Permission denied"},
		{id: math.MaxUint32, yes: true, member: auth.PrimaryMember, reason: strings.Repeat("x", 300)},
	} {
		b, err := p.append(nil)
		if err != nil || len(b) > authPacketSize {
			f.Fatal(len(b), err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, packet []byte) {
		p, err := decodeReply(packet)
		if err != nil {
			return
		}
		b, err := p.append(nil)
		if err != nil || !bytes.Equal(b, packet) {
			t.Fatalf("%x became %+v, which is %x, %v", packet, p, b, err)
		}
	})
}

// TestEndsAgree lets both ends say anything at all in any order, with messages in flight in both directions: whatever
// one end's own check lets through, the other end accepts.
func TestEndsAgree(t *testing.T) {
	down := []func(g uint64) Message{
		func(g uint64) Message { return offer{Config: Config{Generation: g}} },
		func(g uint64) Message { return offer{Config: Config{Generation: g}, listeners: 2} },
		func(uint64) Message { return listeners{make([]*os.File, 1)} },
		func(g uint64) Message { return Commit{g} },
		func(g uint64) Message { return Abort{g} },
		func(uint64) Message { return Logs{} },
		func(uint64) Message { return Auth{} },
		func(uint64) Message { return Status{} },
		func(uint64) Message { return Drain{} },
	}
	up := []func(g uint64) Message{
		func(g uint64) Message { return Loaded{g, digest} },
		func(g uint64) Message { return Refused{Generation: g} },
		func(g uint64) Message { return Committed{g} },
		func(uint64) Message { return Alive{} },
		func(uint64) Message { return AuthStuck{} },
		func(uint64) Message { return Drained{} },
	}
	rapid.Check(t, func(t *rapid.T) {
		monitor, worker := newTalk(), newTalk()
		var toWorker, toMonitor []Message
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "action") {
			case 0:
				g := monitor.generation + uint64(rapid.IntRange(0, 1).Draw(t, "next"))
				m := rapid.SampledFrom(down).Draw(t, "down")(g)
				if monitor.step(m) == nil {
					toWorker = append(toWorker, m)
				}
			case 1:
				m := rapid.SampledFrom(up).Draw(t, "up")(worker.generation)
				if worker.step(m) == nil {
					toMonitor = append(toMonitor, m)
				}
			case 2:
				if len(toWorker) > 0 {
					if err := worker.step(toWorker[0]); err != nil {
						t.Fatalf("the worker refuses what the monitor may send: %v", err)
					}
					toWorker = toWorker[1:]
				}
			case 3:
				if len(toMonitor) > 0 {
					if err := monitor.step(toMonitor[0]); err != nil {
						t.Fatalf("the monitor refuses what the worker may send: %v", err)
					}
					toMonitor = toMonitor[1:]
				}
			}
		}
	})
}
