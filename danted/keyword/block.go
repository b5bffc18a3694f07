package keyword

// Block is a part of the file in braces.
type Block struct {
	Name      string
	Scope     Scope
	Follow    Follow
	LineStart bool // only at the start of a line
	Verdict   bool // "pass" or "block" follows
	Needs     Feature
	Status    Status
	Note      string
	Order     []ID // what it must have, each once, next to each other and in this order
	Doc       string
	Example   string
}

var blocks = []Block{
	{
		Name: "client", Scope: ClientRule, Follow: Verdict, LineStart: true, Verdict: true, Order: []ID{From, To},
		Doc:     "who may connect to the server at all",
		Example: "client pass { from: 10.0.0.0/8 to: 0/0 }",
	},
	{
		Name: "hostid", Scope: HostidRule, Follow: Verdict, LineStart: true, Verdict: true, Order: []ID{From, To},
		Needs: HostID, Status: Refused,
		Doc:     "like a client-rule, by the host ids of the connection",
		Example: "hostid pass { from: 10.0.0.0/8 to: 0/0 }",
	},
	{
		Name: "socks", Scope: SocksRule, Follow: Verdict, LineStart: true, Verdict: true, Order: []ID{From, To},
		Doc:     "what a client may request",
		Example: "socks pass { from: 10.0.0.0/8 to: 0/0 }",
	},
	{
		Name: "route", Scope: Route, Order: []ID{From, To, Via},
		Doc:     "which upstream proxy to use for what",
		Example: "route { from: 0/0 to: 10.0.0.0/8 via: direct }",
	},
	{
		Name: "monitor", Scope: Monitor, Order: []ID{From, To},
		Status: NotYet, Note: "alarms are not raised yet",
		Doc:     "when to raise an alarm",
		Example: "monitor { from: 0/0 to: 0/0 alarm.data: 10 in 5 }",
	},
}

// Blocks gives the kinds of blocks.
func Blocks() []Block { return blocks }

// OldSocksBlocks are the words that start a socks-rule in old files, without "socks" before them.
var OldSocksBlocks = []string{"pass", "block"}

// ByScope gives the block whose inside is the scope.
func ByScope(s Scope) (Block, bool) {
	for _, b := range blocks {
		if b.Scope == s {
			return b, true
		}
	}
	return Block{}, false
}
