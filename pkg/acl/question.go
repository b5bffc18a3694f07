package acl

import (
	"net/netip"

	"github.com/rustsocks/rustsocks/pkg/auth"
)

// QuestionKind is what is asked.
type QuestionKind uint8

// The kinds of questions.
const (
	AskAddresses QuestionKind = iota + 1 // the addresses of host Name
	AskReverse                           // the name of address IP
	AskInterface                         // the addresses interface Name has now
	AskPassword                          // do the client's credentials verify for Method (and Service)
	AskMember                            // is the client's user a member of group Name
)

// Question is something the policy must know before it can decide. It is comparable and holds no secret: who the user
// is and what password came with it, only the asker's session knows.
type Question struct {
	Kind    QuestionKind
	Name    string
	IP      netip.Addr
	Method  auth.Method
	Service string

	Reachable bool // AskAddresses: only the families we can connect out from
}

// Answer is the answer to a Question. A lookup that failed is answered too, with Reason.
type Answer struct {
	Addrs   []netip.Addr // AskAddresses, AskInterface
	Name    string       // AskReverse
	Yes     bool         // AskPassword, AskMember
	Primary bool         // AskMember: by primary group
	Reason  string       // why the answer is empty or no, in the words of the log
	Failed  bool         // the lookup itself failed: unknown name, unknown group
}

// Note is something odd that a decision came across and that belongs in the log.
type Note struct {
	Kind   NoteKind
	Name   string
	Reason string
}

// NoteKind is what is odd.
type NoteKind uint8

// The kinds of notes.
const (
	NoteUnresolved   NoteKind = iota + 1 // host Name of a rule has no address
	NoteUnknownGroup                     // group Name of a rule does not exist
)
