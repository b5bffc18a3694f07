package diag

import (
	"encoding/json"
	"fmt"
)

// Severity says what a diagnostic means for the file.
type Severity uint8

// The severities. Only an Error makes a file unusable.
const (
	Error Severity = iota
	Warning
	Note
)

var severityWords = [...]string{Error: "error", Warning: "warning", Note: "note"}

func (s Severity) String() string {
	if int(s) < len(severityWords) {
		return severityWords[s]
	}
	return fmt.Sprintf("severity(%d)", uint8(s))
}

// MarshalJSON gives the word.
func (s Severity) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// UnmarshalJSON reads the word.
func (s *Severity) UnmarshalJSON(b []byte) error {
	var word string
	if err := json.Unmarshal(b, &word); err != nil {
		return err
	}
	for i, w := range severityWords {
		if w == word {
			*s = Severity(i)
			return nil
		}
	}
	return fmt.Errorf("unknown severity %q", word)
}

// Diagnostic is one thing said about a file.
type Diagnostic struct {
	Code     string   `json:"code"` // stable, kebab-case; scripts and documentation rely on it
	Severity Severity `json:"severity"`
	Pos      Pos      `json:"pos"`
	Span     int      `json:"span"` // bytes it is about, from Pos on; 0 is a point
	Message  string   `json:"message"`
	Hint     string   `json:"hint,omitempty"` // how to mend it
	Source   string   `json:"-"`              // the line Pos is in, for the excerpt
}

// Line gives the diagnostic on one line, for logs: no excerpt, and nothing that a log reader would take for another
// line.
func (d Diagnostic) Line() string {
	s := d.head()
	if d.Hint != "" {
		s += " (" + printable(d.Hint) + ")"
	}
	return s
}

func (d Diagnostic) head() string {
	where := printable(d.Pos.String())
	if where != "" {
		where += ": "
	}
	return where + d.Severity.String() + ": " + printable(d.Message) + " [" + d.Code + "]"
}
