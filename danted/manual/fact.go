package manual

import (
	"strings"

	"github.com/rustsocks/rustsocks/danted/keyword"
)

// fact is a line of an entry: all entries have the same ones, whatever they are printed as.
type fact struct{ label, text string }

func facts(e *Entry) []fact {
	all := []fact{{"Place", strings.Join(e.Where, ", ")}}
	add := func(label, text string) {
		if text != "" {
			all = append(all, fact{label, text})
		}
	}
	add("Default", e.Default)
	for _, s := range e.Old {
		text := s.Text
		if len(s.Where) != len(e.Where) {
			text += " in " + strings.Join(s.Where, ", ")
		}
		if s.Fate == fates[keyword.Renamed] {
			text += ", with a warning"
		}
		add("Old name", text)
	}
	if e.Since != "" {
		add("Since", "Dante "+e.Since)
	}
	switch e.Reload {
	case reloads[keyword.Live]:
		add("Change", "takes effect at once")
	case reloads[keyword.NewSessions]:
		add("Change", "takes effect for new sessions")
	case reloads[keyword.Restart]:
		add("Change", "takes effect after a restart")
	}
	add("Status", rowStatus(e.row))
	add("Example", e.Example)
	return all
}

// statusWords is how a status is said.
var statusWords = [...]string{
	keyword.Works: "works", keyword.Partial: "works in part", keyword.NotYet: "not yet", keyword.NoEffect: "no effect",
	keyword.Refused: "refused",
}

// rowStatus says what the program does with a keyword. If it works in part, it is the words that tell which part.
func rowStatus(r *keyword.Row) string {
	if r.Status != keyword.Partial {
		return status(r.Status, r.Note, r.Needs.String())
	}
	var missing []string
	for _, w := range r.Words {
		if w.Status == keyword.NotYet || w.Status == keyword.Refused {
			missing = append(missing, w.Text)
		}
	}
	if len(missing) == 0 {
		return status(r.Status, r.Note, "")
	}
	return statusWords[r.Status] + ": not with " + strings.Join(missing, ", ")
}

// status says what the program does with a keyword, and why.
func status(s keyword.Status, note, needs string) string {
	text := statusWords[s]
	if s == keyword.Works {
		return text
	}
	if needs != "" {
		note = strings.TrimPrefix(note+"; needs "+needs+", which is not there", "; ")
	}
	if note != "" {
		text += ": " + note
	}
	return text
}

// meaning is what a word means, and what the program does with it if it does not just do it.
func meaning(w keyword.Word) string {
	text := w.Doc
	var remarks []string
	if w.Status != keyword.Works && w.Status != keyword.Refused {
		remarks = append(remarks, statusWords[w.Status])
	}
	if w.Status == keyword.Refused {
		remarks = append(remarks, status(w.Status, "", w.Needs.String()))
	}
	if w.Since != "" {
		remarks = append(remarks, "since Dante "+w.Since)
	}
	if len(remarks) > 0 {
		text += " (" + strings.Join(remarks, "; ") + ")"
	}
	return text
}
