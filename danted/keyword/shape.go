package keyword

// Shape is the form of a keyword's value. It decides how the rest of the line is lexed: Dante's scanner is in a
// different condition behind each keyword, and only the words of that condition exist there.
type Shape uint8

// The shapes.
const (
	Address Shape = iota + 1 // host, prefix, interface or URL, with an optional port

	Number
	Ratio  // N/N
	Range  // N-N
	Switch // yes or no
	Choice // one of a few words
	Flags  // some of a few words; not bound to the line

	Methods // from here on words bound to the line
	Commands
	Protocols
	Families
	Resolver // one word of the protocols' condition
	Proxies
	Logs
	SourceChecks
	Encryptions

	Devices // greedy: whatever is neither blank nor colon is a word
	Users
	Groups
	User // one name
	File // one name
	Service
	Style
	GSSService
	Keytab
	Realm

	Line // the rest of the line

	LDAPText
	LDAPFile
	LDAPURL
	LDAPKeytab
	SignedNumber

	LogSpecial   // .LEVEL.error: SYMBOLS, .LEVEL.tcp.enabled: OPTIONS
	SocketOption // LEVEL.NAME: VALUE
	CPU          // .schedule.PROC: POLICY/N, .mask.PROC: N …
	RouteOption  // maxfail, badexpire
	StateKey
	HostIndex
	Redirection // from: ADDRESS, to: ADDRESS
	Bouncing    // to: ADDRESS
	DataAlarm   // BYTES in SECONDS
	CountAlarm  // COUNT/SESSIONS in SECONDS
	TestAlarm   // .mtu-error, no colon

	Ignored // the whole line is skipped
	Gone    // an error, whatever follows

	shapes
)

// Shapes gives every shape.
func Shapes() []Shape {
	var all []Shape
	for s := Address; s < shapes; s++ {
		all = append(all, s)
	}
	return all
}
