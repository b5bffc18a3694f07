package differential

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
)

// A generator makes random trials. The same seed and trial number make the same
// trial, whatever was made before.
type generator struct {
	*rand.Rand
	text strings.Builder

	listen   []netip.AddrPort
	methods  []string // the global socksmethod list
	noSOCKS4 bool     // see clientRule

	ruleNames []string // host names in rules

	repliesChecked bool // srchost: checkreplyauth

	theme theme // what the trial is about more than others

	client, socks [][]string // the conditions of the rules
	global        []string

	files               map[string]string // of the trial
	allowFile, denyFile string            // of libwrap

	beyond bool // make also what only the real danted can do so far

	nextPort uint16
}

// A theme makes what is rare otherwise frequent in a trial: rules that all came
// in the same shares would mostly be passed over for the plain ones.
type theme uint8

const (
	anything theme = iota
	names
	groups
	interfaces
	ipv6
	binds
	accessFiles
)

// about is true in percent of all cases, if the trial is about the theme.
func (g *generator) about(t theme, percent int) bool { return g.theme == t && g.chance(percent) }

// portsEach is how many ports of its own a request may use.
const portsEach = 4

// NewTrial makes the trial of a number in a run of a seed. Its clients use the
// ports from firstPort on, portsEach for each request. With beyond it also
// uses keywords that ours refuses as not yet there.
func NewTrial(seed uint64, number, requests int, firstPort uint16, beyond bool) Trial {
	g := &generator{
		Rand:   rand.New(rand.NewPCG(seed, uint64(number))),
		beyond: beyond,
	}
	g.theme = pick(g, anything, anything, names, groups, interfaces, ipv6, binds, accessFiles)
	g.config()
	trial := Trial{Seed: seed, Number: number, Config: g.text.String(), Files: g.files, Client: g.client, Socks: g.socks, Global: g.global}
	for i := range requests {
		g.nextPort = firstPort + uint16(i*portsEach)
		trial.Requests = append(trial.Requests, g.request())
	}
	return trial
}

// chance is true in percent of all cases.
func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

// pick returns one of the choices.
func pick[T any](g *generator, choices ...T) T { return choices[g.IntN(len(choices))] }

// some returns a random non-empty selection of the choices, in random order.
func some[T any](g *generator, choices ...T) []T {
	g.Shuffle(len(choices), func(i, j int) { choices[i], choices[j] = choices[j], choices[i] })
	return choices[:1+g.IntN(len(choices))]
}

// bytes returns n random bytes.
func (g *generator) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	return b
}

func (g *generator) line(format string, args ...any) {
	fmt.Fprintf(&g.text, format, args...)
	if g.chance(5) {
		g.text.WriteString(" # a comment")
	}
	g.text.WriteByte('\n')
	if g.chance(3) {
		g.text.WriteString(pick(g, "\n", "# client pass {\n", "   \n"))
	}
}
