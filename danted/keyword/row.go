// Package keyword is the vocabulary of sockd.conf as data: one Row for every keyword, with where it may stand, what
// value it takes, its default, its old spellings and what this server does with it. The lexer, the validator, the
// defaults, the documentation and the tests are readers of the table. It parses nothing and knows nothing of values.
package keyword

// ID names a row inside the program. The order of the constants is the order of the table.
type ID uint16

// Scope is a set of places where a keyword may stand.
type Scope uint8

// The scopes.
const (
	Global Scope = 1 << iota
	ClientRule
	HostidRule
	SocksRule
	Route
	Monitor

	AnyRule = ClientRule | HostidRule | SocksRule
)

var scopeWords = []struct {
	scope Scope
	word  string
}{
	{Global, "global option"},
	{ClientRule, "client-rule"},
	{HostidRule, "hostid-rule"},
	{SocksRule, "socks-rule"},
	{Route, "route"},
	{Monitor, "monitor"},
}

// String gives Dante's words for the scopes.
func (s Scope) String() string {
	text := ""
	for _, w := range scopeWords {
		if s&w.scope != 0 {
			if text != "" {
				text += ", "
			}
			text += w.word
		}
	}
	return text
}

// Each gives the single scopes of the set.
func (s Scope) Each() []Scope {
	var list []Scope
	for _, w := range scopeWords {
		if s&w.scope != 0 {
			list = append(list, w.scope)
		}
	}
	return list
}

// Many says what a second line of the same keyword does.
type Many uint8

// The possibilities.
const (
	Once     Many = iota // an error
	Append               // adds to the first
	LastWins             // replaces the first
)

// Status says what this server does with a keyword or word that Dante accepts.
type Status uint8

// The statuses.
const (
	Works    Status = iota
	Partial         // works for some values; the words have their own status
	NotYet          // understood and checked, but the daemon will not start with it
	NoEffect        // accepted; there is nothing for it to do here
	Refused         // an error
)

// Feature is something Dante must be built, licensed or supported by the system for.
type Feature uint8

// The features. What Debian's Dante has (libwrap, PAM) is not among them.
const (
	NoFeature Feature = iota
	GSSAPI
	LDAP
	BSDAuth
	HostID
	UPnP
)

var featureNames = [...]string{
	GSSAPI: "GSSAPI", LDAP: "LDAP", BSDAuth: "bsdauth", HostID: "hostid", UPnP: "upnp",
}

func (f Feature) String() string { return featureNames[f] }

// Follow is what must come behind a spelling for it to be the keyword.
type Follow uint8

// The possibilities. A Follow is looked at, not taken, except Rest.
const (
	Anything   Follow = iota
	Colon             // a colon, with any white space before it
	GluedColon        // a colon at once
	GluedDot          // a dot at once
	LevelDot          // one of the socket levels and a dot, at once
	AlarmDot          // "alarm.", at once
	Verdict           // spaces and pass or block
	Rest              // the rest of the line, in which there is a colon; the keyword takes all of it
)

// Fate is what becomes of an old spelling.
type Fate uint8

// The fates.
const (
	Alias   Fate = iota // the same, without a word
	Renamed             // the same, with a warning
)

// Spelling is another way to write a keyword.
type Spelling struct {
	Text  string
	Where Scope // 0: wherever the row is valid
	Fate  Fate
}

// Word is one word of a closed vocabulary.
type Word struct {
	Text   string
	Doc    string
	Status Status
	Needs  Feature
	Old    string // for an old spelling: what it stands for
	Since  string // the release that brought it; this server speaks 1.4.2
}

// Reload says when a change of the value takes effect.
type Reload uint8

// The possibilities.
const (
	NewSessions Reload = iota // for sessions that begin after the reload
	Live                      // at once
	Restart                   // not before the daemon is restarted
)

// Row is one keyword.
type Row struct {
	ID      ID
	Name    string
	Head    string // what the lexer takes as the keyword, when Name has parts that are lexed on their own
	Old     []Spelling
	Where   Scope
	Shape   Shape
	Follow  Follow
	Many    Many
	Words   []Word // closed vocabulary, nil when there is none
	Default string // as a user would write it; "" when there is none
	After   []ID   // these must not come behind this keyword
	Needs   Feature
	Status  Status
	Note    string // said to users verbatim unless Status is Works
	Reload  Reload
	Since   string // the release that brought it, when later than 1.4.2
	Doc     string
	Example string // a statement, as it stands in one of the places of Where
}

// Word gives the word of the row's vocabulary.
func (r *Row) Word(text string) (Word, bool) {
	for i := range r.Words {
		if r.Words[i].Text == text {
			return r.Words[i], true
		}
	}
	return Word{}, false
}

// Lexed gives what the lexer takes as the keyword.
func (r *Row) Lexed() string {
	if r.Head != "" {
		return r.Head
	}
	return r.Name
}
