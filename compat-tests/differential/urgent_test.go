package differential

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rustsocks/rustsocks/compat-tests/internal/daemon"
	"github.com/rustsocks/rustsocks/compat-tests/internal/sandbox"
	"github.com/rustsocks/rustsocks/compat-tests/internal/socks"
)

// TestUrgent sends urgent bytes both ways, alone, in a row, and around others.
// Through the real danted they arrive as ordinary bytes in their places, with
// none lost (dante-reference 6.6); through ours too. The ends do not have urgent
// bytes put in line, so that one that stays urgent is missing.
func TestUrgent(t *testing.T) {
	var talk []Move
	var want []string
	for _, size := range []int{1, 2, 3, 11, 1000, 70_000, 200_000} {
		for _, end := range []End{Client, Target} {
			data := bytes.Repeat([]byte("0123456789abcdefghi"), size/19+1)[:size]
			talk = append(talk, Move{End: end, Do: Urge, Data: data}, Move{End: end, Do: Send, Data: data[:1]})
			want = append(want, fmt.Sprintf("%s urge: %d bytes", end, size), fmt.Sprintf("%s send: 1 bytes", end))
		}
	}
	last := []Move{{End: Target, Do: Urge, Data: Bytes("bye")}, {End: Target, Do: Close}}
	want = append(want, "target urge: 3 bytes", "target close: eof")
	trial := one(plain, 10000, Request{
		Title: "urgent bytes",
		Ask:   socks.Request4(socks.Connect, netip.MustParseAddrPort("127.0.0.2:80"), "alice"),
		Talk:  append(talk, last...),
	})
	var seen [2]Exchange
	for i, path := range []string{daemon.Oracle(t), daemon.Ours(t)} {
		result := sandbox.One[Result](t, roleSide, map[string]string{program: path}, Job{Trials: []Trial{trial}})
		if result.Failure != "" || len(result.Exchanges) != 1 {
			t.Fatalf("accepted: %v, %s %s", result.Accepted, result.Verdict, result.Failure)
		}
		seen[i] = result.Exchanges[0]
		seen[i].Seconds = 0
	}
	if diff := cmp.Diff(want, seen[0].Outcome[2:]); diff != "" {
		t.Errorf("the real danted: -expected +seen\n%s", diff)
	}
	if diff := cmp.Diff(seen[0], seen[1]); diff != "" {
		t.Errorf("-danted +ours\n%s", diff)
	}
}
